import { env } from "cloudflare:workers";
import { Webhook } from "standardwebhooks";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MESSAGE_PHASES } from "../src/alerts/core/alert-types.ts";
import type { OpenSettings, Request } from "../src/channels/channel-kind.ts";
import { kindOf, KINDS } from "../src/channels/kinds.ts";
import { fillTemplate } from "../src/channels/webhook/template.ts";
import { cut, type Telling } from "../src/channels/telling.ts";
import { sendMail } from "../src/outgoing/mail/send-mail.ts";
import type { Mail } from "../src/outgoing/mail/mail.ts";
import type { Answered } from "../src/outgoing/post.ts";
import published from "../../docs/webhook.schema.json" with { type: "json" };
import { MESSAGES, telling } from "./channel-messages.ts";
import { WEBHOOK_FORMAT, webhookJsonSchema } from "./webhook-format.ts";

/** What each kind makes of every message, against the format that its service publishes. */

const NOW = Date.parse("2026-11-24T13:58:03Z");

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW });
});
afterEach(() => {
  vi.useRealTimers();
});

const SECRET = `whsec_${btoa("a secret of the tests")}`;
const SETTINGS: Record<string, object> = {
  webhook: { url: "https://example.com/hook", secret: SECRET },
  slack: { url: "https://hooks.slack.com/services/T/B/x" },
  pagerduty: { routingKey: "0123456789abcdef0123456789abcdef", url: "https://events.pagerduty.com/v2/enqueue" },
  email: { to: "oncall@example.com" },
};

function settingsOf(kind: string, more: object = {}): OpenSettings {
  const opened = kindOf(kind)?.open({ ...SETTINGS[kind], ...more }) ?? null;
  if (opened === null) throw new Error(`the settings of ${kind} do not fit`);
  return opened;
}

function postOf(kind: string, of: Telling, more: object = {}) {
  const request: Request = settingsOf(kind, more).requestOf(of, NOW);
  if (request.via !== "post") throw new Error("expected a post");
  return { ...request.post, json: JSON.parse(request.post.body) };
}

function mailOf(of: Telling): Mail {
  const request = settingsOf("email").requestOf(of, NOW);
  if (request.via !== "mail") throw new Error("expected a mail");
  return request.mail;
}

function answered(status: number, head = "", more: Partial<Answered> = {}): Answered {
  return { kind: "answered", protocol: "http", status, head, retryAfterMs: null, location: null, tookMs: 1, ...more };
}

const bytes = (text: string) => new TextEncoder().encode(text).length;
const text = (limit: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(limit));

/** What a reader acts on instead of showing it: control characters, turns of the writing direction. */
// oxlint-disable-next-line no-control-regex -- these are what is meant.
const UNSHOWN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/;

function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

describe("every kind", () => {
  it.each(MESSAGES)("shows of %s nothing that turns the writing or is no character at all", (_, of) => {
    const said = [mailOf(of), ...["slack", "pagerduty", "webhook"].map((kind) => postOf(kind, of).json)];
    for (const text of said.flatMap(textsOf)) {
      expect(UNSHOWN.test(text), text.slice(0, 80)).toBe(false);
      expect(text.isWellFormed(), text.slice(0, 80)).toBe(true);
    }
  });

  it.each(KINDS)(
    "$name: says what it is, has a field for all that is typed, and shows nothing that is secret",
    (kind) => {
      const settings = settingsOf(kind.name);
      expect(kind.about).toMatch(/\.$/);
      expect(kind.fields.length).toBeGreaterThan(0);
      for (const secret of kind.secrets) {
        const value = settings.values[secret];
        if (typeof value === "string") expect(settings.where).not.toContain(value);
      }
      expect(Object.keys(kind.faultsOf({}))).not.toEqual([]);
    },
  );

  it.each(KINDS)("$name: hears 2xx, asks again later after 429 and 5xx and when the answer says", (kind) => {
    expect(kind.judge(answered(202))).toEqual({ kind: "heard" });
    for (const status of [429, 500, 502, 503]) {
      expect(kind.judge(answered(status, "", { retryAfterMs: 7000 })), `${status}`).toMatchObject({
        kind: "retry",
        afterMs: 7000,
      });
    }
  });
});

/** docs.slack.dev/reference/block-kit/blocks (header, section, context) and docs.slack.dev/messaging/sending-messages-using-incoming-webhooks */
const mrkdwn = (limit: number) => v.strictObject({ type: v.literal("mrkdwn"), text: text(limit) });
const SLACK_FORMAT = v.strictObject({
  text: text(40_000),
  unfurl_links: v.literal(false),
  unfurl_media: v.literal(false),
  blocks: v.pipe(
    v.array(
      v.variant("type", [
        v.strictObject({
          type: v.literal("header"),
          text: v.strictObject({ type: v.literal("plain_text"), text: text(150), emoji: v.boolean() }),
        }),
        v.strictObject({ type: v.literal("section"), text: mrkdwn(3000) }),
        v.strictObject({ type: v.literal("context"), elements: v.pipe(v.array(mrkdwn(3000)), v.maxLength(10)) }),
      ]),
    ),
    v.minLength(1),
    v.maxLength(50),
  ),
});

describe("Slack", () => {
  it.each(MESSAGES)("of %s: a message as Block Kit has it", (_, of) => {
    const { json } = postOf("slack", of);
    expect(v.safeParse(SLACK_FORMAT, json).issues).toBeUndefined();
    // All blocks together: slackapi/bolt-js issue 2509 found 13,172 characters to be too many.
    expect(JSON.stringify(json.blocks).length).toBeLessThan(13_000);
    const read = JSON.stringify([json.text, json.blocks.filter(({ type }: { type: string }) => type !== "header")]);
    expect(read).not.toContain("<!channel>");
    expect(read).not.toContain("<https://evil.example");
  });

  it("shows the newest lines whole, in a block of code that ends, however they grow when they are escaped", () => {
    const lastLines = Array.from({ length: 8 }, (_, i) => `${i} ${"<".repeat(250)} end`);
    const { blocks } = v.parse(SLACK_FORMAT, postOf("slack", telling({ lastLines })).json);
    const [code = ""] = blocks.flatMap((block) =>
      "text" in block && block.text.text.startsWith("```") ? block.text.text : [],
    );
    expect(code).toMatch(/7 (&lt;){250} end\n```$/);
    expect(code).not.toMatch(/&(?!(amp|lt|gt);)/);
  });

  it.each(MESSAGES)("cuts nothing of %s through the middle of what it escaped", (_, of) => {
    const { text, blocks } = v.parse(SLACK_FORMAT, postOf("slack", of).json);
    const marked = blocks.filter(({ type }) => type !== "header");
    for (const said of [text, ...textsOf(marked)]) expect(said).not.toMatch(/&(?!amp;|lt;|gt;)/);
  });

  it("names what, why, the last lines, what happens next and where to look", () => {
    const { json } = postOf("slack", telling());
    const shown = JSON.stringify(json.blocks);
    for (const part of [
      "worker-2 / ingest",
      "4 restarts in 38 s",
      "ENOENT",
      "tries again",
      "|Acknowledge>",
      "|Open>",
    ]) {
      expect(shown).toContain(part);
    }
  });

  it.each([
    [404, "no_service", "make another"],
    [404, "channel_not_found", "deleted"],
    [410, "channel_is_archived", "unarchive"],
    [403, "action_prohibited", "admin"],
    [400, "invalid_payload", "report it"],
    [404, "<html>", "make another"],
  ])("%i %s is for good, and says what mends it", (status, head, mend) => {
    const judged = kindOf("slack")?.judge(answered(status, head));
    expect(judged).toMatchObject({ kind: "refused" });
    expect(JSON.stringify(judged)).toContain(mend);
  });
});

/** PagerDuty/api-schema, reference/events-v2/openapiv3.json; lengths by developer.pagerduty.com/docs/events-api-v2/trigger-events */
const PAGERDUTY_THREAD = { routing_key: v.pipe(v.string(), v.length(32)), dedup_key: text(255) };
const PAGERDUTY_FORMAT = v.variant("event_action", [
  v.strictObject({ ...PAGERDUTY_THREAD, event_action: v.picklist(["acknowledge", "resolve"]) }),
  v.strictObject({
    ...PAGERDUTY_THREAD,
    event_action: v.literal("trigger"),
    client: v.string(),
    client_url: v.optional(v.pipe(v.string(), v.url())),
    links: v.array(v.strictObject({ href: v.pipe(v.string(), v.url()), text: v.string() })),
    payload: v.strictObject({
      ...{ summary: text(1024), source: text(255), severity: v.picklist(["critical", "error", "warning", "info"]) },
      timestamp: v.pipe(v.string(), v.isoTimestamp()),
      ...{ component: v.optional(v.string()), group: v.optional(v.string()), class: v.optional(v.string()) },
      custom_details: v.record(v.string(), v.unknown()),
    }),
  }),
]);

describe("PagerDuty", () => {
  it.each(MESSAGES)("of %s: an event of its API v2, below 512 KB", (_, of) => {
    const { json, body } = postOf("pagerduty", of);
    expect(v.safeParse(PAGERDUTY_FORMAT, json).issues).toBeUndefined();
    expect(bytes(body)).toBeLessThan(512 * 1024);
    expect(json.dedup_key).toBe(of.message.alertId);
  });

  it("triggers, acknowledges and resolves one incident by the alert's id; what came late and is over triggers nothing", () => {
    const actions = MESSAGES.slice(0, MESSAGE_PHASES.length).map(([phase, of]) => [
      phase,
      postOf("pagerduty", of).json.event_action,
    ]);
    expect(Object.fromEntries(actions)).toEqual({
      ...{ opened: "trigger", noted: "resolve", updated: "trigger", reminder: "trigger", escalated: "trigger" },
      ...{ acknowledged: "acknowledge", closed: "resolve", late: "resolve" },
    });
  });

  it("says what is wrong with a key, before it is used and after", () => {
    expect(kindOf("pagerduty")?.faultsOf({ ...SETTINGS["pagerduty"], routingKey: "abc" })).toEqual({
      routingKey: expect.stringContaining("32 letters and digits"),
    });
    // As the service answers (v2.developer.pagerduty.com/docs/send-an-event-events-api-v2).
    const said = `{"status":"invalid event","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}`;
    expect(kindOf("pagerduty")?.judge(answered(400, said))).toMatchObject({
      kind: "refused",
      why: expect.stringContaining("copy the integration key again"),
    });
  });
});

describe("a webhook", () => {
  it.each(MESSAGES)("of %s: below 20 KB, and signed as Standard Webhooks says", (_, of) => {
    const { headers, body } = postOf("webhook", of);
    expect(bytes(body)).toBeLessThan(20_000);
    expect(v.safeParse(WEBHOOK_FORMAT, JSON.parse(body)).issues).toBeUndefined();
    const read = new Webhook(SECRET).verify(body, headers);
    expect(read).toMatchObject({
      type: of.isTest ? "test" : `incident.${of.message.phase === "late" ? "closed" : of.message.phase}`,
    });
    expect(headers["webhook-id"]).toBe(of.message.id);
  });

  it("has the format that is published: after a change, run `pnpm --filter @afloat/worker schema`", () => {
    expect(published).toEqual(webhookJsonSchema());
  });

  it("with a fresh secret is signed by the old one too, for 24 hours", () => {
    const rotated = settingsOf("webhook").rotated(NOW);
    const fresh = String(rotated["secret"]);
    expect(fresh).not.toBe(SECRET);
    const settings = kindOf("webhook")?.open(rotated);
    const verifies = (secret: string, atMs: number) => {
      const request = settings?.requestOf(telling(), atMs);
      if (request?.via !== "post") throw new Error("expected a post");
      vi.setSystemTime(atMs);
      try {
        new Webhook(secret).verify(request.post.body, request.post.headers);
        return true;
      } catch {
        return false;
      }
    };
    const DAY = 24 * 3_600_000;
    expect([verifies(fresh, NOW), verifies(SECRET, NOW)]).toEqual([true, true]);
    expect([verifies(fresh, NOW + DAY - 1), verifies(SECRET, NOW + DAY - 1)]).toEqual([true, true]);
    expect([verifies(fresh, NOW + DAY), verifies(SECRET, NOW + DAY)]).toEqual([true, false]);
  });

  it("that answers 410 wants no more; any other answer may be another later", () => {
    const judge = kindOf("webhook")?.judge;
    expect(judge?.(answered(410))).toMatchObject({ kind: "refused" });
    for (const status of [400, 401, 403, 404, 408, 409, 422, 500]) {
      expect(judge?.(answered(status, "no")), `${status}`).toMatchObject({
        kind: "retry",
        why: `answered ${status}: no`,
      });
    }
  });
});

describe("a webhook's template", () => {
  const fault = (template: string) =>
    kindOf("webhook")?.faultsOf({ ...SETTINGS["webhook"], template })["template"] ?? null;

  it("is JSON with names that there are, in its strings alone", () => {
    expect(fault("")).toBeNull();
    expect(fault('{ "text": "{{title}}: {{ cause }}", "n": 1 }')).toBeNull();
    expect(fault('{ "text": {{title}} }')).toContain("JSON");
    expect(fault("{{title}}")).toContain("JSON");
    expect(fault('"{{title}}"')).toContain("object or list");
    expect(fault('{ "text": "{{secret}}" }')).toContain("there is no {{secret}}; there are {{type}}");
    expect(fault('{ "text": "{{}}" }')).toContain("there is no {{}}");
    expect(fault(`{ "text": "${"a".repeat(4000)}" }`)).toContain("4000 characters");
  });

  it("is filled so that nothing told becomes anything but text", () => {
    const nasty = telling({ title: 'a" , "admin": true, "x": "{{cause}}\n\\' });
    const filled = fillTemplate('{"a":["{{title}}"],"{{title}}":"{{host}}","n":5}', nasty);
    expect(JSON.parse(filled)).toEqual({ a: [nasty.message.title], "{{title}}": "worker-2", n: 5 });
  });

  it("has of many last lines the newest", () => {
    const lastLines = Array.from({ length: 8 }, (_, i) => `${i} ${"x".repeat(290)}`);
    const [filled = ""] = textsOf(JSON.parse(fillTemplate('{"text":"{{lastLines}}"}', telling({ lastLines }))));
    expect(filled).toMatch(/^3 x+\n4 x+\n5 x+\n6 x+\n7 x+$/);
  });

  it("that would grow past 20 KB is left out for the payload that fits", () => {
    const many = `{${Array.from({ length: 30 }, (_, i) => `"k${i}":"{{lastLines}}"`).join(",")}}`;
    const [, huge = telling()] = MESSAGES.at(-1) ?? [];
    expect(postOf("webhook", huge, { template: many }).json).toHaveProperty("data.alert");
    expect(postOf("webhook", telling(), { template: many }).json).toHaveProperty("k29");
  });
});

describe("a mail", () => {
  it.each(MESSAGES)("of %s: text and HTML with the same words, no line of which can begin a header", (_, of) => {
    const mail = mailOf(of);
    expect(mail.subject).not.toMatch(/[\r\n]/);
    expect(mail.subject.length).toBeLessThanOrEqual(150);
    expect(bytes(mail.text) + bytes(mail.html ?? "")).toBeLessThan(200_000);
    expect(mail.html).not.toContain("<script");
    // Nothing is fetched by opening it.
    expect(mail.html).not.toMatch(/<img|<link|url\(|src=/);
    for (const line of of.message.lines.slice(0, 3)) {
      expect(mail.text).toContain(cut(line, 1000).slice(0, 900));
    }
  });

  it("has the id of what is sent to this channel: by the message's own the mail service would take two channels for one", () => {
    expect(mailOf(telling({}, { sendId: "notice-1.channel-2" })).id).toBe("notice-1.channel-2");
  });

  it("is in one thread with the other mails of its alert, and answers to nobody's holiday", () => {
    const [opened, closed] = [mailOf(telling()), mailOf(telling({ id: "notice-2", phase: "closed" }))];
    expect(opened.headers["References"]).toBe(closed.headers["References"]);
    expect(opened.headers).toMatchObject({ "Auto-Submitted": "auto-generated", Importance: "high" });
    expect(mailOf(telling({ isQuiet: true })).headers).not.toHaveProperty("Importance");
  });

  it("that a server refuses for good is refused; what its operator must mend is tried again", () => {
    const judge = kindOf("email")?.judge;
    const smtp = (status: number) => judge?.(answered(status, "no", { protocol: "smtp" }));
    expect([smtp(250), smtp(451), smtp(550)].map((judged) => judged?.kind)).toEqual(["heard", "retry", "refused"]);
    // postmarkapp.com/developer/api/overview#error-codes, resend.com/docs/api-reference/errors
    expect(judge?.(answered(422, '{"ErrorCode":406,"Message":"inactive recipient"}'))).toMatchObject({
      kind: "refused",
    });
    expect(judge?.(answered(422, '{"ErrorCode":405,"Message":"not allowed to send"}'))).toMatchObject({
      kind: "retry",
    });
    // postmarkapp.com/support/article/1100-what-are-the-postmark-api-error-codes: these are the sender's, not the mail's.
    for (const of of ['400,"Message":"no signature"', "401", "412", "413", `300,"Message":"Invalid 'From' address"`]) {
      expect(judge?.(answered(422, `{"ErrorCode":${of}}`)), of).toMatchObject({ kind: "retry" });
    }
    expect(judge?.(answered(422, `{"ErrorCode":300,"Message":"Invalid 'To' address"}`))).toMatchObject({
      kind: "refused",
    });
    expect(judge?.(answered(422, '{"name":"invalid_from_address"}'))).toMatchObject({ kind: "retry" });
    expect(judge?.(answered(401, "bad token"))).toMatchObject({
      kind: "retry",
      why: expect.stringContaining("MAIL_URL"),
    });
    expect(judge?.(answered(403, "domain is not verified"))).toMatchObject({ kind: "retry" });
    expect(judge?.(answered(400, '{"message":"API key is invalid"}'))).toMatchObject({ kind: "retry" });
    expect(judge?.(answered(409, '{"name":"concurrent_idempotent_requests"}'))).toMatchObject({ kind: "retry" });
    expect(judge?.(answered(409, '{"name":"invalid_idempotent_request"}'))).toEqual({ kind: "heard" });
  });

  it("goes by the platform's binding where there is one and no MAIL_URL, and what that refuses is told apart", async () => {
    const sent: object[] = [];
    const platform = (answer: () => Promise<unknown>) =>
      sendMail(
        {
          ...env,
          EMAIL_FROM: "Afloat <alerts@example.com>",
          EMAIL: {
            send: async (mail: object) => {
              sent.push(mail);
              await answer();
              return { messageId: "m1" };
            },
          },
        },
        mailOf(telling()),
      );
    const failing = (code: string) => () => Promise.reject(Object.assign(new Error("no"), { code }));
    expect(await platform(() => Promise.resolve())).toMatchObject({ kind: "answered", status: 250 });
    expect(sent).toMatchObject([{ from: "Afloat <alerts@example.com>", to: "oncall@example.com" }]);
    expect(await platform(failing("E_RECIPIENT_SUPPRESSED"))).toMatchObject({ forbidden: true });
    expect(await platform(failing("E_DAILY_LIMIT_EXCEEDED"))).toMatchObject({
      ...{ kind: "unanswered", forbidden: false },
      why: "the platform refuses the mail: E_DAILY_LIMIT_EXCEEDED no",
    });
  });

  it("is not sent where the server cannot, and that is said to its operator", async () => {
    for (const [more, words] of [
      [{}, "who runs it sets MAIL_URL"],
      [{ MAIL_URL: "ftp://x", EMAIL_FROM: "a@b.example" }, "expected MAIL_URL to begin with"],
      [{ MAIL_URL: "resend://api.resend.com", EMAIL_FROM: "a@b.example" }, "resend://KEY@api.resend.com"],
      [
        { MAIL_URL: "smtp://mail.example.com?tls=off", EMAIL_FROM: "a@b.example", ALLOW_PRIVATE: "" },
        "a relay in a network of your own",
      ],
      [{ MAIL_URL: "smtp://metadata.google.internal", EMAIL_FROM: "a@b.example" }, "nothing is sent to"],
    ] as const) {
      const answer = await sendMail({ ...env, ...more }, mailOf(telling()));
      expect(answer).toMatchObject({ kind: "unanswered", forbidden: false, why: expect.stringContaining(words) });
    }
  });
});
