import { Webhook } from "standardwebhooks";
import * as v from "valibot";
import type { Answered } from "../../outgoing/post.ts";
import { channelKind, type Judgement, judgeByStatus, type Request } from "../channel-kind.ts";
import type { Telling } from "../telling.ts";
import { BODY_LIMIT_BYTES, webhookBody } from "./payload.ts";
import { faultOfTemplate, fillTemplate } from "./template.ts";

/** So long the old secret signs beside a new one. */
export const ROTATION_MS = 24 * 3_600_000;

const settings = v.object({
  url: v.pipe(v.string("expected an address"), v.trim(), v.minLength(1, "expected an address")),
  /** JSON with placeholders, or empty: the payload of docs/webhooks.md. */
  template: v.optional(
    v.pipe(
      v.string(),
      v.trim(),
      v.rawCheck(({ dataset, addIssue }) => {
        const fault = dataset.typed && dataset.value !== "" ? faultOfTemplate(dataset.value) : null;
        if (fault !== null) addIssue({ message: fault });
      }),
    ),
    "",
  ),
  /** `whsec_…` */
  secret: v.pipe(v.string(), v.startsWith("whsec_")),
  /** The secret of before, while it signs too. */
  previous: v.optional(v.nullable(v.object({ secret: v.string(), untilMs: v.number() })), null),
});
type Settings = v.InferOutput<typeof settings>;

/** Any receiver of JSON, signed as Standard Webhooks says (standardwebhooks.com). */
export const webhook = channelKind<Settings>({
  name: "webhook",
  label: "Webhook",
  about: "Any address that takes JSON; signed as Standard Webhooks says.",
  settings,
  secrets: ["secret", "previous"],
  fields: [
    { name: "url", label: "Address", type: "url", required: true, placeholder: "https://example.com/hook" },
    {
      ...{
        name: "template",
        label: "Template, if the receiver wants a form of its own",
        type: "textarea",
        required: false,
      },
      ...{
        placeholder: '{ "text": "{{title}}: {{cause}} {{link}}" }',
        help: "JSON with placeholders; may be left empty.",
      },
    },
  ],
  signing: {
    make: () => ({ secret: freshSecret() }),
    rotate: (old, nowMs) => ({
      ...old,
      secret: freshSecret(),
      previous: { secret: old.secret, untilMs: nowMs + ROTATION_MS },
    }),
    secretOf: ({ secret }) => secret,
  },
  whereOf: ({ url }) => url,
  requestOf,
  judge,
});

function requestOf(telling: Telling, own: Settings, nowMs: number): Request {
  const filled = own.template === "" ? null : fillTemplate(own.template, telling);
  // A template that grows past what receivers must take says less, but arrives.
  const tooLong = filled !== null && new TextEncoder().encode(filled).length >= BODY_LIMIT_BYTES;
  const body = filled === null || tooLong ? webhookBody(telling) : filled;
  const headers = {
    "webhook-id": telling.message.id,
    "webhook-timestamp": String(Math.floor(nowMs / 1000)),
    "webhook-signature": signaturesOf(own, telling.message.id, nowMs, body),
  };
  return { via: "post", post: { url: own.url, headers, body } };
}

/** One of each secret that is in force, separated by spaces; a receiver looks for one that it can verify. */
function signaturesOf({ secret, previous }: Settings, id: string, nowMs: number, body: string): string {
  const old = previous !== null && nowMs < previous.untilMs ? [previous.secret] : [];
  return [secret, ...old].map((each) => new Webhook(each).sign(id, new Date(nowMs), body)).join(" ");
}

/** 410 says that it wants no more (Standard Webhooks, "Webhook consumers"); all else may be well again later. */
function judge(answer: Answered): Judgement {
  if (answer.status !== 410) return judgeByStatus(answer);
  return {
    kind: "refused",
    why: "answered 410, Gone: it wants nothing any more. Remove this channel, or write another address",
  };
}

function freshSecret(): string {
  return `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;
}
