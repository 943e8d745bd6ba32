import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { Hono } from "hono";
import { beforeEach, describe, expect, it } from "vitest";
import { freshId } from "../src/auth/ids.ts";
import { silence } from "../src/db/alert-schema.ts";
import { host as hostTable, incident } from "../src/db/schema.ts";
import { type ChannelLine, ChannelsPage } from "../src/pages/channels-page.tsx";
import { readSetup } from "../src/rules/read-setup.ts";
import { Records } from "../src/tenancy/records.ts";
import { db, makeChannel, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";

let host: TestHost;
let channelId: string;
let owner: string;

const setup = () => readSetup(env.DB, host.organizationId, Date.now());
const actions = async () =>
  (await new Records(env.DB, host.organizationId).auditLines(20)).map(({ action }) => action).reverse();
const html = async (path: string, cookie = owner) => (await as(cookie, "GET", path)).text();

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
  channelId = await makeChannel(host.organizationId);
  await db()
    .update(hostTable)
    .set({ tags: ["db"] })
    .where(eq(hostTable.id, host.id));
  owner = await signIn(host.organizationId, "owner");
});

describe("a silence on its page", () => {
  const form = (said: Record<string, string> = {}) =>
    new URLSearchParams({ reason: "A <new> disk", lasts: "2h", hosts: "web-1", services: "", tags: "", ...said });
  const begin = (said: Record<string, string> = {}, cookie = owner) => as(cookie, "POST", "/app/silences", form(said));

  it("holds from now until its end, with why and by whom, and is ended before its time", async () => {
    expect((await begin()).headers.get("location")).toBe("/app/silences");
    const [held] = (await setup()).silences;
    expect(held).toMatchObject({ match: { hosts: [host.id] }, reason: "A <new> disk", byName: "owner" });
    const page = await html("/app/silences");
    for (const words of ["<h1>Silenced: on web-1</h1>", "A &lt;new&gt; disk", 'data-holds="yes"']) {
      expect(page).toContain(words);
    }
    const responder = await signIn(host.organizationId, "responder");
    await as(responder, "POST", `/app/silences/${held?.id}/end`, new URLSearchParams());
    expect((await as(responder, "POST", `/app/silences/${held?.id}/end`)).status, "once").toBe(404);
    const over = (await setup()).silences.filter(({ untilMs }) => untilMs > Date.now());
    expect(over).toEqual([]);
    expect(await html("/app/silences")).toContain("Nothing is silenced");
    expect(await actions()).toEqual(["silence.begun", "silence.ended"]);
  });

  it("is filled in from an incident", async () => {
    const id = freshId();
    const evidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
    const of = { id, organizationId: host.organizationId, hostId: host.id, subjectId: `${host.id}.web` };
    await db()
      .insert(incident)
      .values({
        ...{
          ...of,
          serviceName: "web",
          kind: "restart-loop",
          title: "web-1 / web is restarting in a loop",
          cause: "c",
        },
        ...{ openedMs: Date.now(), evidence },
      });
    expect(await html(`/app/incident/${id}`)).toContain(`href="/app/silences?incident=${id}#silence"`);
    const page = await html(`/app/silences?incident=${id}`);
    expect(page).toContain("Silence: web-1 / web is restarting in a loop");
    expect(page).toMatch(/value="restart-loop" checked/);
    expect(page).toMatch(/<textarea id="hosts"[^>]*>web-1<\/textarea>/);
    expect(page).toMatch(/<textarea id="services"[^>]*>web<\/textarea>/);
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    expect(await html(`/app/silences?incident=${id}`, stranger)).not.toContain("web-1");
  });

  it("with mistakes in it loses nothing that was typed, and says of each what to write instead", async () => {
    const answer = await begin({ reason: " ", lasts: "soon", hosts: "web-9" });
    expect(answer.status).toBe(400);
    const page = await answer.text();
    for (const name of ["reason", "lasts", "hosts"]) expect(page).toContain(`data-fault="${name}"`);
    for (const kept of ["soon", "web-9"]) expect(page).toContain(kept);
    const json = await as(owner, "POST", "/app/silences", { reason: "x", lasts: "2h" });
    expect(await json.json()).toMatchObject({ error: { fields: { everything: expect.any(String) } } });
    expect((await setup()).silences).toEqual([]);
  });

  it("is asked for as JSON just as well, and of another organization nobody sees or ends it", async () => {
    const made = await as(owner, "POST", "/app/silences", {
      reason: "x",
      lasts: "1d",
      tags: ["db"],
      kinds: ["host-offline"],
    });
    expect(made.status).toBe(201);
    const { id } = await made.json<{ id: string }>();
    const list = await (await as(owner, "GET", "/app/silences.json")).json();
    expect(list).toMatchObject({ silences: [{ id, about: { tags: "db", kinds: ["host-offline"] }, holds: true }] });
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    expect(await html("/app/silences.json", stranger)).toBe('{"silences":[]}');
    expect((await as(stranger, "POST", `/app/silences/${id}/end`)).status).toBe(404);
    const [row] = await db().select().from(silence).where(eq(silence.id, id));
    expect(row?.endedMs).toBeNull();
  });
});

describe("rules on their page", () => {
  const form = (said: Record<string, string> = {}) =>
    new URLSearchParams([
      ...Object.entries({ name: "Databases wake Berta", tags: "db", severity: "critical", after1: "15m", ...said }),
      ["kinds", "restart-loop"],
      ["kinds", "service-down"],
      ["channels0", channelId],
      ["channels1", "all"],
    ]);
  const add = (said: Record<string, string> = {}) => as(owner, "POST", "/app/rules", form(said));
  const names = async () => (await setup()).rules.map(({ name }) => name);

  it("are added, changed, moved and removed; what they say is what alerting goes by", async () => {
    expect((await add()).headers.get("location")).toBe("/app/rules");
    await add({ name: "Second" });
    await add({ name: "Third" });
    const [first, second] = (await setup()).rules;
    expect(first).toMatchObject({
      ...{ match: { kinds: ["restart-loop", "service-down"], tags: ["db"] }, severity: "critical" },
      tell: {
        steps: [
          { afterMs: 0, channelIds: [channelId] },
          { afterMs: 900_000, channelIds: "all" },
        ],
      },
    });
    expect(await html("/app/rules")).toContain("tells On call, after 15 min every channel");
    await as(owner, "POST", `/app/rules/${second?.id}/move`, new URLSearchParams({ to: "up" }));
    expect(await names()).toEqual(["Second", "Databases wake Berta", "Third"]);
    await as(owner, "POST", `/app/rules/${second?.id}/move`, new URLSearchParams({ to: "up" }));
    expect(await names(), "the first stays the first").toEqual(["Second", "Databases wake Berta", "Third"]);
    const path = `/app/rules/${first?.id}`;
    expect(await html(path)).toContain('value="Databases wake Berta"');
    await as(owner, "POST", path, form({ name: "Berta alone", tell: "nobody" }));
    expect((await setup()).rules[1]).toMatchObject({ name: "Berta alone", tell: { steps: [] } });
    await as(owner, "POST", `${path}/remove`, new URLSearchParams());
    expect(await names()).toEqual(["Second", "Third"]);
    expect((await as(owner, "POST", path, form())).status).toBe(404);
    expect(await actions()).toEqual([
      ...["rule.added", "rule.added", "rule.added", "rule.moved", "rule.moved", "rule.changed", "rule.removed"],
    ]);
  });

  it("with mistakes in them lose nothing that was typed, and say of each what to write instead", async () => {
    const answer = await add({ name: "", after1: "soon", confirm: "2h" });
    expect(answer.status).toBe(400);
    const page = await answer.text();
    for (const name of ["name", "after1", "confirm"]) expect(page).toContain(`data-fault="${name}"`);
    expect(page).toContain('value="soon"');
    expect((await setup()).rules).toEqual([]);
  });

  it("answer who would be told, by the rule that decides, and what keeps it quiet just now", async () => {
    await add();
    const ask = (query: string) => html(`/app/rules?${query}`);
    const fits = await ask("kind=restart-loop&host=web-1&service=web");
    expect(fits).toContain("The rule “Databases wake Berta” decides: critical.");
    expect(fits).toContain("After 15 min, if nobody acknowledged it: ");
    expect(await ask("kind=host-offline&host=web-1")).toContain("No rule fits, so the defaults hold: critical.");
    expect(await ask("kind=host-offline&host=nope")).toContain("there is no host `nope`");
    await as(owner, "POST", "/app/silences", { reason: "A disk", lasts: "1h", hosts: "web-1" });
    expect(await ask("kind=restart-loop&host=web-1")).toContain("owner silenced it until");
  });

  it("are read as JSON and written so, and are nobody else's", async () => {
    const steps = [{ after: "", channels: [channelId] }];
    const made = await as(owner, "POST", "/app/rules", { name: "As JSON", hosts: ["web-1"], steps });
    expect(made.status).toBe(201);
    const { id } = await made.json<{ id: string }>();
    const list = await (await as(owner, "GET", "/app/rules.json")).json();
    expect(list).toMatchObject({
      rules: [{ id, name: "As JSON", hosts: "web-1", steps }],
      channels: [{ id: channelId }],
    });
    expect((await as(owner, "POST", `/app/rules/${id}/move`, { to: "away" })).status).toBe(400);
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    for (const [method, path] of [
      ["GET", `/app/rules/${id}`],
      ["POST", `/app/rules/${id}/remove`],
      ["POST", `/app/rules/${id}/move`],
    ] as const) {
      const body = path.endsWith("move") ? { to: "up" } : undefined;
      expect((await as(stranger, method, path, body)).status, path).toBe(404);
    }
    const taken = { name: "Not mine", steps };
    expect((await as(stranger, "POST", "/app/rules", taken)).status, "a channel of others is none").toBe(400);
    expect(await names()).toEqual(["As JSON"]);
  });
});

describe("channels on their page", () => {
  const line = { ...{ name: "On call", label: "Webhook", where: "https://example.com" }, state: "on" as const };
  const pageOf = async (...channels: Partial<ChannelLine>[]) => {
    const props = {
      ...{ nonce: "n", organization: { name: "Aurora", slug: "aurora" }, person: { name: "A", email: "a@b.c" } },
      ...{ role: "viewer" as const, deliveries: [], kinds: [], mayEdit: false },
      channels: channels.map((each, i) => ({ id: `c${i}`, isDeaf: false, fault: null, ...line, ...each })),
    };
    const app = new Hono().get("/", (c) => c.html(ChannelsPage(props)));
    return (await app.request("/")).text();
  };

  it("say first what does not hear, and call none green that does not", async () => {
    expect(await pageOf({}, {})).toContain("<h1>2 channels are told</h1>");
    expect(await pageOf({}, { state: "off" })).toContain("<h1>1 of 2 channels are on</h1>");
    expect(await pageOf({ state: "off" })).toContain("<h1>Nobody is told: no channel is on</h1>");
    expect(await pageOf()).toContain("<h1>Nobody is told yet</h1>");
    const deaf = await pageOf({ isDeaf: true });
    expect(deaf).toContain("<h1>One channel does not hear</h1>");
    expect(deaf).toContain("■ does not hear");
    expect(deaf).not.toContain("● on");
    expect(await pageOf({ fault: "its secrets cannot be read" }, {})).toContain("<h1>One channel cannot be used</h1>");
  });
});
