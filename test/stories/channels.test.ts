import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { House } from "./house/house.ts";
import type { Member } from "./house/member.ts";
import { until } from "./house/until.ts";
import { type Answering, bareListener, type Came, saying, Unruly, UNRULY } from "./house/unruly.ts";

/** One contract for every kind of channel: real receivers that behave badly, asked by the test button of the page. */

interface KindStory {
  kind: string;
  fields: (url: string) => Record<string, string>;
  heard: Answering;
  /** An answer that stays what it is, and what the page says of it. */
  refusal: { answer: Answering; words: string };
  /** So many requests one test makes when it is heard. */
  requests: number;
  /** That a message is a genuine one of this service. */
  look: (came: Came) => void;
}

let house: House;
let another: Member;
/** Takes mails as Resend does. */
const mailApi = new Unruly(saying(200, '{"id":"m1"}'));

const KINDS: KindStory[] = [
  {
    kind: "webhook",
    fields: (url) => ({ url: `${url}/hook` }),
    heard: saying(204),
    refusal: { answer: saying(410, "gone"), words: "it wants nothing any more" },
    requests: 1,
    look: ({ body }) =>
      expect(JSON.parse(body)).toMatchObject({ type: "test", data: { incident: { service: "example" } } }),
  },
  {
    kind: "slack",
    fields: (url) => ({ url: `${url}/services/T/B/secret-part` }),
    heard: saying(200, "ok"),
    refusal: { answer: saying(404, "channel_not_found"), words: "the Slack channel was deleted" },
    requests: 1,
    look: ({ path, body }) => {
      expect(path).toBe("/services/T/B/secret-part");
      expect(JSON.parse(body).blocks[0].text.text).toContain("Test: web-1 / example");
    },
  },
  {
    kind: "pagerduty",
    fields: (url) => ({ url: `${url}/v2/enqueue`, routingKey: "0123456789abcdef0123456789abcdef" }),
    heard: saying(202, '{"status":"success"}'),
    refusal: { answer: saying(400, '{"errors":["Invalid routing key"]}'), words: "copy the integration key again" },
    requests: 2,
    look: ({ body }) => expect(JSON.parse(body)).toMatchObject({ routing_key: "0123456789abcdef0123456789abcdef" }),
  },
  {
    kind: "email",
    fields: () => ({ to: "oncall@example.com" }),
    heard: saying(200, '{"id":"m1"}'),
    refusal: { answer: saying(422, '{"name":"validation_error"}'), words: "validation_error" },
    requests: 1,
    look: ({ path, headers, body }) => {
      expect(path).toBe("/emails");
      expect(headers).toMatchObject({
        authorization: "Bearer re_key",
        "idempotency-key": expect.stringMatching(/^test-/),
      });
      expect(JSON.parse(body)).toMatchObject({ from: "Afloat <alerts@example.com>", to: ["oncall@example.com"] });
    },
  },
];

beforeAll(async () => {
  await mailApi.listen();
  const mail = { url: `resend+http://re_key@${new URL(mailApi.url).host}`, from: "Afloat <alerts@example.com>" };
  house = await House.build({ mail });
  another = await house.found("another");
});

afterAll(async () => {
  mailApi.close();
  await house.end();
});

/** Adds a channel as a browser without JavaScript does, and answers its page. */
async function add(owner: Member, kind: string, fields: Record<string, string>): Promise<{ id: string; page: string }> {
  const answer = await owner.submit("/app/channels", { kind, name: `${kind} of the story`, ...fields });
  const page = await answer.text();
  expect(answer.status, page).toBe(200);
  const id = /\/app\/channels\/([a-z0-9]{24})\//.exec(page)?.[1] ?? "";
  return { id, page };
}

/** Follows the link of the mail that asks, as whoever reads it. */
async function agree(): Promise<void> {
  const asked = mailApi.came.at(-1);
  const link = /https?:\S+\/alerts-by-mail\/\S+/.exec(JSON.parse(asked?.body ?? "{}").text)?.[0] ?? "";
  expect((await fetch(link)).status).toBe(200);
  expect(await (await fetch(link, { method: "POST" })).text()).toContain("Agreed");
}

describe.each(KINDS)("a channel of the kind $kind", ({ kind, fields, heard, refusal, requests, look }) => {
  let owner: Member;
  let receiver: Unruly;
  let id: string;

  beforeAll(async () => {
    owner = await house.found(`by-${kind}`);
    receiver = kind === "email" ? mailApi : await new Unruly(heard).listen();
    const made = await add(owner, kind, fields(receiver.url));
    id = made.id;
    if (kind === "email") await agree();
  });

  afterAll(() => {
    if (kind !== "email") receiver.close();
  });

  const test = async (answer?: Answering) => {
    if (answer !== undefined) receiver.next.push(answer);
    const before = receiver.came.length;
    const page = await (await owner.submit(`/app/channels/${id}/test`, {})).text();
    return { page: page.replaceAll("&#39;", "'"), came: receiver.came.slice(before) };
  };

  it("is heard: the page shows the answer, its status and how long it took", async () => {
    const { page, came } = await test();
    expect(came).toHaveLength(requests);
    came.forEach(look);
    expect(page).toMatch(/● Test: heard<\/b> answered 20\d after \d/);
  });

  it("is not heard, and the page says why, by a receiver that fails, wants peace, hangs up, or answers nonsense", async () => {
    expect((await test(saying(500, "the disk is full"))).page).toContain("answered 500: the disk is full");
    const busy = await test(saying(429, "slow down", { "retry-after": "7" }));
    expect(busy.page).toContain("It asks to wait 7 s");
    const date = new Date(Date.now() + 90_000).toUTCString();
    expect((await test(saying(503, "", { "retry-after": date }))).page).toMatch(/It asks to wait 1 min/);
    expect((await test(UNRULY.resets)).page).toContain("could not be reached");
    expect((await test(UNRULY.garbage)).page).toContain("could not be reached");
  });

  it("follows no redirect, also not to where it may go", async () => {
    const inside = await bareListener((socket) => socket.end());
    const { page, came } = await test(saying(307, "", { location: `http://127.0.0.1:${inside.port}/secret` }));
    // Where who knows the address can post, it may lead on by the same path.
    const path = kind === "slack" ? "…" : "secret";
    expect(page).toContain(`a redirect to http://127.0.0.1:${inside.port}/${path}, which is not followed`);
    expect([came.length, inside.visits()]).toEqual([1, 0]);
    inside.close();
  });

  it("is bounded: an endless answer is read to its first bytes, a silent one waited for 10 s", async () => {
    let closed = false;
    const endless = await test((response) => {
      response.on("close", () => (closed = true));
      UNRULY.endless(response);
    });
    expect(endless.page).toContain("answered 500: xxxx");
    await until("the receiver to be hung up on", () => closed);
    expect((await test(UNRULY.silent)).page).toContain("no answer within 10 s");
  });

  it("is told for good that it is wrong, with what mends it", async () => {
    const { page } = await test(refusal.answer);
    expect(page).toContain(refusal.words);
    expect(page).toContain("would not be tried again");
  });

  it("shows nothing that is secret, in no list and in no form", async () => {
    for (const path of ["/app/channels", `/app/channels/${id}`]) {
      const page = await (await owner.get(path)).text();
      expect(page).toContain(`${kind} of the story`);
      for (const secret of ["secret-part", "0123456789abcdef", "whsec_", "re_key"]) expect(page).not.toContain(secret);
    }
  });

  it("is switched off, on, edited and removed; who did it stands in the audit log", async () => {
    await owner.submit(`/app/channels/${id}/disable`, {});
    expect(await (await owner.get("/app/channels")).text()).toContain("○ off");
    await owner.submit(`/app/channels/${id}/enable`, {});
    const { to, url } = fields(receiver.url);
    const edited = await owner.submit(`/app/channels/${id}`, {
      name: "Renamed",
      ...(to === undefined ? {} : { to }),
      ...(url === undefined || kind === "slack" ? {} : { url }),
    });
    expect(edited.status).toBe(303);
    expect((await owner.submit(`/app/channels/${id}/remove`, {})).status).toBe(303);
    expect((await owner.get(`/app/channels/${id}`)).status).toBe(404);
    const done = (await house.auditLines(`by-${kind}`)).map(({ action }) => action);
    for (const action of ["added", "tested", "disabled", "enabled", "edited", "removed"]) {
      expect(done).toContain(`channel.${action}`);
    }
  });
});

describe("a webhook's secret", () => {
  it("is shown once, made anew on the page, and the old one verifies for a day more", async () => {
    const owner = another;
    const receiver = await new Unruly(saying(204)).listen();
    const { id, page } = await add(owner, "webhook", { url: receiver.url });
    const old = /whsec_[\w+/=]+/.exec(page)?.[0] ?? "";
    const rotated = await (await owner.submit(`/app/channels/${id}/rotate`, {})).text();
    const fresh = /whsec_[\w+/=]+/.exec(rotated)?.[0] ?? "";
    expect(fresh).not.toBe(old);
    await owner.submit(`/app/channels/${id}/test`, {});
    const [came] = receiver.came;
    const headers = Object.fromEntries(
      Object.entries(came?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    for (const secret of [old, fresh])
      expect(() => new Webhook(secret).verify(came?.body ?? "", headers)).not.toThrow();
    receiver.close();
  });
});

describe("a server without private addresses", () => {
  it("takes no channel that leads into its own network, and says who may allow it", async () => {
    const closed = await House.build({ allowPrivate: false });
    try {
      const owner = await closed.found("aurora");
      for (const url of [
        "http://127.0.0.1:9/",
        "https://localhost/",
        "https://169.254.169.254/",
        "https://[::ffff:10.0.0.1]/",
      ]) {
        const answer = await owner.submit("/app/channels", { kind: "webhook", name: "Inside", url });
        expect(answer.status, url).toBe(400);
        expect(await answer.text()).toMatch(/expected https|expected a public address|nothing is sent/);
      }
      const mail = await owner.get("/app/channels/new/email");
      expect(await mail.text()).toContain("This server cannot send mail yet");
    } finally {
      await closed.end();
    }
  });
});

describe("an address of e-mail", () => {
  it("is told nothing before it agreed, nor once it stopped; opening a link does nothing", async () => {
    const owner = another;
    const before = mailApi.came.length;
    const { id, page } = await add(owner, "email", { to: "someone@example.com" });
    expect(page).toContain("A mail went to someone@example.com");
    expect(page).toContain("◐ not agreed yet");
    expect(mailApi.came).toHaveLength(before + 1);
    expect((await owner.submit(`/app/channels/${id}/test`, {})).status).toBe(409);
    expect((await owner.submit(`/app/channels/${id}/enable`, {})).status).toBe(409);
    const link = /https?:\S+\/alerts-by-mail\/\S+/.exec(JSON.parse(mailApi.came.at(-1)?.body ?? "{}").text)?.[0] ?? "";
    expect(await (await fetch(link)).text()).toContain("Yes, send them");
    expect(await (await owner.get(`/app/channels/${id}`)).text()).toContain("◐ not agreed yet");
    for (const forged of [link.replace(/.$/, (last) => (last === "A" ? "B" : "A")), link.replace("agree.", "stop.")]) {
      expect((await fetch(forged, { method: "POST" })).status).toBe(404);
    }
    await agree();
    await owner.submit(`/app/channels/${id}/test`, {});
    const told = JSON.parse(mailApi.came.at(-1)?.body ?? "{}");
    const stop = String(told.headers["List-Unsubscribe"]).slice(1, -1);
    expect(told.text).toContain(stop);
    expect(await (await fetch(stop)).text()).toContain("Stop them");
    expect(await (await fetch(stop, { method: "POST", body: "List-Unsubscribe=One-Click" })).text()).toContain(
      "Stopped",
    );
    expect((await owner.submit(`/app/channels/${id}/test`, {})).status).toBe(409);
    // Another address has agreed to nothing, and the old link is worth nothing for it.
    const other = await owner.submit(`/app/channels/${id}`, { name: "Other", to: "other@example.com" });
    expect(await other.text()).toContain("A mail went to");
    expect(JSON.parse(mailApi.came.at(-1)?.body ?? "{}")).toMatchObject({ to: ["other@example.com"] });
    expect((await fetch(link, { method: "POST" })).status).toBe(404);
  });
});

// Crashes while the file `broken` is there, then stays up: one loop with a beginning and an end.
const SERVICES = `services:
  ingest:
    command: sh -c "if [ -e broken ]; then echo 'cannot open rules.json'; exit 3; fi; exec sleep 1000"
    backoff: { min: 50ms, max: 200ms, stable_after: 1s }
`;

describe("a restart loop", () => {
  it("is told by every kind, once each and in order, though each fails at first; and taken back", async () => {
    const owner = another;
    const receiver = await new Unruly(saying(200, "ok")).listen();
    const { page } = await add(owner, "webhook", { url: `${receiver.url}/hook` });
    const secret = /whsec_[\w+/=]+/.exec(page)?.[0] ?? "";
    await add(owner, "slack", { url: `${receiver.url}/services/x` });
    await add(owner, "pagerduty", {
      url: `${receiver.url}/v2/enqueue`,
      routingKey: "0123456789abcdef0123456789abcdef",
    });
    for (const to of ["night@example.com", "day@example.com"]) {
      await add(owner, "email", { to });
      await agree();
    }
    const host = await house.addHost("another", "worker-2", SERVICES);
    await host.see("ingest", ({ verdict }) => verdict === "healthy", "is up");
    const mailsBefore = mailApi.came.length;
    receiver.next.push(saying(500), saying(429, "", { "retry-after": "1" }), UNRULY.resets);
    mailApi.next.push(saying(503));
    host.run(["pause", "ingest"]);
    host.write("broken", "");
    host.run(["resume", "ingest"], {}, "may fail");
    const told = (path: string) => receiver.came.filter((came) => came.path === path);
    const mails = () => mailApi.came.slice(mailsBefore);
    const mailsTo = (to: string) => mails().filter(({ body }) => JSON.parse(body).to[0] === to);
    // The first three of its paths fail once; so does the first mail.
    await until("all to hear of it", () => receiver.came.length >= 6 && mails().length >= 3);
    host.remove("broken");
    await until("all to hear that it is over", () => receiver.came.length >= 9 && mails().length >= 5);
    const [hooks, slacks, events] = ["/hook", "/services/x", "/v2/enqueue"].map(told);
    for (const { headers, body } of hooks ?? []) {
      const signed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
      expect(() => new Webhook(secret).verify(body, signed)).not.toThrow();
    }
    expect(hooks?.map(({ body }) => JSON.parse(body).type)).toEqual([
      ...["incident.opened", "incident.opened", "incident.closed"],
    ]);
    expect(hooks?.[0]?.headers["webhook-id"], "the same message, the same id").toBe(hooks?.[1]?.headers["webhook-id"]);
    const titles = slacks?.map(({ body }) => JSON.parse(body).blocks[0].text.text);
    expect(titles?.[1]).toContain("worker-2 / ingest is restarting in a loop");
    expect(titles).toEqual([titles?.[0], titles?.[0], expect.stringContaining("Over")]);
    const actions = events?.map(({ body }) => JSON.parse(body));
    expect(actions?.map(({ event_action }) => event_action)).toEqual(["trigger", "trigger", "resolve"]);
    expect(new Set(actions?.map(({ dedup_key }) => dedup_key)).size).toBe(1);
    const letters = mails().map(({ body }) => JSON.parse(body));
    expect(new Set(letters.map(({ headers }) => headers.References)).size).toBe(1);
    for (const to of ["night@example.com", "day@example.com"]) {
      const [first, ...others] = mailsTo(to).map(({ body }) => JSON.parse(body));
      expect(first.text).toContain("cannot open rules.json");
      expect(others.at(-1).subject).toContain("Over");
    }
    // The service sends one of each key: each address has its own, and an attempt that failed is made by the same.
    const keys = mails().map(({ headers, body }) => `${JSON.parse(body).to[0]} ${String(headers["idempotency-key"])}`);
    expect(new Set(keys).size).toBe(4);
    expect(new Set(keys.map((key) => key.split(" ")[1])).size).toBe(4);
    receiver.close();
  });
});
