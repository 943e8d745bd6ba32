import * as v from "valibot";
import type { Answered } from "../../outgoing/post.ts";
import { answeredWords, channelKind, type Judgement, judgeByStatus, type Request } from "../channel-kind.ts";
import type { Telling } from "../telling.ts";
import { pagerdutyEvent } from "./event.ts";

const settings = v.object({
  routingKey: v.pipe(
    v.string("expected an integration key"),
    v.trim(),
    v.regex(
      /^[A-Za-z0-9]{32}$/,
      "expected an integration key of 32 letters and digits, as PagerDuty shows it for Events API v2",
    ),
  ),
  url: v.pipe(v.string("expected an address"), v.trim(), v.minLength(1, "expected an address")),
});
type Settings = v.InferOutput<typeof settings>;

/** PagerDuty by its Events API v2 (developer.pagerduty.com/docs/events-api-v2-overview). */
export const pagerduty = channelKind<Settings>({
  name: "pagerduty",
  label: "PagerDuty",
  about: "A service of PagerDuty, by an integration of the kind Events API v2.",
  settings,
  secrets: ["routingKey"],
  fields: [
    {
      name: "routingKey",
      label: "Integration key",
      type: "text",
      required: true,
      placeholder: "32 letters and digits",
    },
    {
      ...{ name: "url", label: "Address of the Events API", type: "url", required: true },
      initial: "https://events.pagerduty.com/v2/enqueue",
      help: "For an account in the EU: https://events.eu.pagerduty.com/v2/enqueue",
    },
  ],
  whereOf: ({ url }) => (URL.canParse(url) ? new URL(url).hostname : "PagerDuty"),
  staysOpen: true,
  requestOf: (telling: Telling, { url, routingKey }): Request => ({
    via: "post",
    post: { url, headers: {}, body: JSON.stringify(pagerdutyEvent(telling, routingKey)) },
  }),
  judge,
});

/** 202 is heard, 429 and 5xx are to be asked again, 400 is wrong for good (PagerDuty/api-schema, reference/events-v2/openapiv3.json). */
function judge(answer: Answered): Judgement {
  const { status, head } = answer;
  if (status === 400) {
    const isKey = head.includes("routing_key") || head.includes("Invalid routing key");
    const mend = isKey ? "copy the integration key again" : "this is a fault of ours, please report it";
    return { kind: "refused", why: `PagerDuty ${answeredWords(status, head)}: ${mend}` };
  }
  if (status === 401 || status === 403 || status === 404) {
    return {
      kind: "refused",
      why: `PagerDuty ${answeredWords(status, head)}: look at the integration key and the address`,
    };
  }
  return judgeByStatus(answer);
}
