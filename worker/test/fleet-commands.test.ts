import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { freshId } from "../src/auth/ids.ts";
import { command as commandTable, incident, notice } from "../src/db/schema.ts";
import { connectViewer } from "../src/fleet/fleet-for.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { eventually, flip, hello, TestAgent } from "./test-agent.ts";

let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
});

afterEach(() => {
  vi.useRealTimers();
});

/** A command as the dashboard orders it: the row first, then the Fleet. */
async function order(id = freshId(), lifeMs = 60_000) {
  const createdMs = Date.now();
  const times = { createdMs, expiresMs: createdMs + lifeMs };
  const steps = [{ step: "queued" as const, atMs: createdMs, detail: "" }];
  await db()
    .insert(commandTable)
    .values({
      ...{ id, organizationId: host.organizationId, hostId: host.id, serviceName: "web", verb: "restart", ...times },
      ...{ step: "queued", steps, byUserId: "u1", byName: "Anna" },
    });
  const { organizationId } = host;
  await fleetOf(host).command({
    id,
    organizationId,
    hostId: host.id,
    service: "web",
    verb: "restart",
    by: "Anna",
    ...times,
  });
  return id;
}

const row = async (id: string) => (await db().select().from(commandTable).where(eq(commandTable.id, id)))[0];
const stepsOf = async (id: string) => (await row(id))?.steps.map(({ step }) => step);
const did = (seq: number, command: string, step: "running" | "done" | "refused") =>
  ({ kind: "command", seq, atMs: Date.now(), command, step, detail: "" }) as const;
const pass = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

/** What a person's dashboard hears. */
async function viewer(organizationId: string, userId: string): Promise<string[]> {
  const request = new Request("https://afloat.test/app/live", { headers: { Upgrade: "websocket" } });
  const { webSocket } = (await connectViewer(env, request, { organizationId, userId }, null)) ?? {};
  const frames: string[] = [];
  webSocket?.accept();
  webSocket?.addEventListener("message", ({ data }) => frames.push(String(data)));
  return frames;
}

describe("a command", () => {
  it("goes to its host, is claimed, granted, done, and each step is written", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    const sent = await agent.hears("command");
    expect(sent).toMatchObject({ id, verb: "restart", service: "web", by: "Anna" });
    expect(sent.expiresInMs).toBeGreaterThan(0);
    agent.say({ type: "claim", command: id });
    await agent.hears("grant");
    await agent.tells(did(1, id, "running"), did(2, id, "done"));
    expect(await stepsOf(id)).toEqual(["queued", "delivered", "running", "done"]);
  });

  it("that fails or expires is an incident, told once and over by that; one that only looks is none", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    await agent.hears("command");
    await agent.tells({ ...did(1, id, "refused"), detail: "3 restarts in 10 min are the limit" });
    const late = await order(freshId(), 1000);
    pass(5000);
    await runDurableObjectAlarm(fleetOf(host));
    await vi.waitFor(async () => expect(await stepsOf(late)).toContain("expired"));
    const incidents = await db().select().from(incident).where(eq(incident.hostId, host.id));
    expect(incidents.map(({ kind, title, cause }) => ({ kind, title, cause }))).toEqual([
      {
        kind: "command-failed",
        title: "web-1 / web: the restart that Anna asked for was refused",
        cause: "3 restarts in 10 min are the limit",
      },
      {
        kind: "command-failed",
        title: "web-1 / web: the restart that Anna asked for expired",
        cause: "the host did not take it within its time; nothing was done",
      },
    ]);
    expect(incidents.every(({ openedMs, closedMs }) => openedMs === closedMs)).toBe(true);
    const notices = await db().select().from(notice).where(eq(notice.organizationId, host.organizationId));
    expect(notices.map(({ phase }) => phase)).toEqual(["opened", "opened"]);
  });

  it("claimed twice it is granted twice: the answer to a lost answer is the same", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    agent.say({ type: "claim", command: id });
    agent.say({ type: "claim", command: id });
    await eventually("two grants", () => agent.heard.filter(({ type }) => type === "grant")[1]);
  });

  it("waits for a host that is away, for as long as it lives", async () => {
    const id = await order();
    const agent = await TestAgent.greet(host);
    expect(await agent.hears("command")).toMatchObject({ id });
  });

  it("expires for a silent host, and is not done an hour later", async () => {
    const id = await order();
    pass(61_000);
    expect(await runDurableObjectAlarm(fleetOf(host))).toBe(true);
    expect(await stepsOf(id)).toEqual(["queued", "expired"]);
    const agent = await TestAgent.greet(host);
    agent.say({ type: "claim", command: id });
    expect((await agent.hears("deny")).why).toContain("over");
    expect(agent.heard.filter(({ type }) => type === "command")).toEqual([]);
  });

  it("is denied a moment too late, by the cloud's clock", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    await agent.hears("command");
    pass(60_001);
    agent.say({ type: "claim", command: id });
    expect((await agent.hears("deny")).why).toContain("expired");
  });

  it("granted and then never heard of again is interrupted: nobody believes that it was done", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    agent.say({ type: "claim", command: id });
    await agent.hears("grant");
    pass(16 * 60_000);
    await runDurableObjectAlarm(fleetOf(host));
    expect(await stepsOf(id)).toEqual(["queued", "delivered", "interrupted"]);
  });

  it("of one host is not another's: it can neither claim nor report on it", async () => {
    await TestAgent.greet(host);
    const id = await order();
    const other = await TestAgent.greet(await makeHost(host.organizationId, "web-2"));
    other.say({ type: "claim", command: id });
    await other.hears("deny");
    await other.tells(did(1, id, "done"));
    expect(await stepsOf(id)).toEqual(["queued"]);
  });

  it("ordered twice with one id is one", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    const { organizationId } = host;
    const times = { createdMs: Date.now(), expiresMs: Date.now() + 60_000 };
    await fleetOf(host).command({
      id,
      organizationId,
      hostId: host.id,
      service: "web",
      verb: "restart",
      by: "Anna",
      ...times,
    });
    await agent.tells(flip(1));
    expect(agent.heard.filter(({ type }) => type === "command").length).toBe(1);
  });

  it("nothing goes back: a late report of an earlier step changes nothing", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    agent.say({ type: "claim", command: id });
    await agent.tells(did(1, id, "running"), did(2, id, "done"), did(3, id, "running"), did(4, id, "refused"));
    expect(await stepsOf(id)).toEqual(["queued", "delivered", "running", "done"]);
  });

  it("is redelivered on the next connection, and granted there, where the first one broke before it was granted", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    await agent.hears("command");
    agent.close();
    const next = await TestAgent.greet(host);
    expect(await next.hears("command")).toMatchObject({ id });
    next.say({ type: "claim", command: id });
    const grant = await next.hears("grant");
    expect(grant.expiresInMs).toBeGreaterThan(0);
    expect(grant.expiresInMs).toBeLessThanOrEqual(60_000);
  });

  it("is over where the clock of the cloud was set back to before it was ordered: nobody knows how old it is", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    await agent.hears("command");
    pass(-3_600_000);
    agent.say({ type: "claim", command: id });
    expect((await agent.hears("deny")).why).toContain("expired");
    await runDurableObjectAlarm(fleetOf(host));
    await vi.waitFor(async () => expect(await stepsOf(id)).toEqual(["queued", "expired"]));
  });

  it("survives the loss of the Fleet's own disk: what was under way is known from D1, and its end is taken", async () => {
    const agent = await TestAgent.greet(host);
    const id = await order();
    agent.say({ type: "claim", command: id });
    await agent.tells(did(1, id, "running"));
    agent.close();
    await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.deleteAll());
    await evictDurableObject(fleetOf(host));
    const next = await TestAgent.greet(host, { firstSeq: 1, lastSeq: 1 });
    await next.tells(did(2, id, "done"));
    expect(await stepsOf(id)).toEqual(["queued", "delivered", "running", "done"]);
  });

  it("for lines of output brings them to who asked, and to nobody else, and keeps them nowhere", async () => {
    const { organizationId } = host;
    const agent = await TestAgent.greet(host);
    const [anna, ben] = [await viewer(organizationId, "anna"), await viewer(organizationId, "ben")];
    const createdMs = Date.now();
    const id = freshId();
    const times = { createdMs, expiresMs: createdMs + 60_000 };
    const who = { by: "Anna", byUserId: "anna" };
    await fleetOf(host).command({
      id,
      organizationId,
      hostId: host.id,
      service: "web",
      verb: "logs",
      ...who,
      ...times,
    });
    // Not granted yet: nothing that was not asked for is shown.
    agent.say({ type: "tail", command: id, lines: ["too early"] });
    agent.say({ type: "claim", command: id });
    await agent.hears("grant");
    agent.say({ type: "tail", command: id, lines: ["a line of hers"] });
    await agent.tells(did(1, id, "running"), did(2, id, "done"));
    agent.say({ type: "tail", command: id, lines: ["too late"] });
    await eventually("ben to see it done", () => ben.find((frame) => frame.includes('"done"')));
    const tails = (frames: string[]) => frames.filter((frame) => frame.includes('"type":"tail"'));
    expect(tails(anna)).toEqual([expect.stringContaining("a line of hers")]);
    expect(tails(ben)).toEqual([]);
    const kept = await runInDurableObject(fleetOf(host), (_fleet, state) =>
      ["command", "journal", "host", "service"].map((table) =>
        JSON.stringify(state.storage.sql.exec(`select * from ${table}`).toArray()),
      ),
    );
    expect(kept.join()).not.toContain("a line of hers");
    expect(JSON.stringify(await db().select().from(commandTable))).not.toContain("a line of hers");
  });

  it("comes in the answer where the host speaks HTTP", async () => {
    const id = await order();
    const post = async (messages: object[]): Promise<{ messages: { type: string }[] }> => {
      const answer = await exports.default.fetch("https://afloat.test/agent/messages", {
        method: "POST",
        headers: { Authorization: `Bearer ${host.credential}` },
        body: JSON.stringify({ messages }),
      });
      return JSON.parse(await answer.text());
    };
    expect((await post([hello()])).messages).toContainEqual(expect.objectContaining({ type: "command", id }));
    expect((await post([{ type: "claim", command: id }])).messages).toContainEqual(
      expect.objectContaining({ type: "grant", command: id }),
    );
  });
});
