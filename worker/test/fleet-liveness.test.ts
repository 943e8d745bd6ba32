import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { alertsFor } from "../src/alerts/alerts-for.ts";
import { audit, host as hostTable, incident, notice } from "../src/db/schema.ts";
import { db, fleetOf, makeChannel, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { eventually, flip, hello, TestAgent } from "./test-agent.ts";

let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
});

afterEach(() => {
  vi.useRealTimers();
});

const incidents = () => db().select().from(incident).where(eq(incident.hostId, host.id));
const row = async () => (await db().select().from(hostTable).where(eq(hostTable.id, host.id)))[0];
const pass = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

describe("silence", () => {
  it("is found by when a host was last heard, though its socket is listed still", async () => {
    const agent = await TestAgent.greet(host);
    pass(91_000);
    expect(await runDurableObjectAlarm(fleetOf(host))).toBe(true);
    expect(await row()).toMatchObject({ link: "silent" });
    const [offline] = await incidents();
    expect(offline).toMatchObject({ kind: "host-offline", closedMs: null, title: "web-1 is silent" });
    expect(offline?.cause).toMatch(/^nothing heard since \d\d:\d\d UTC, for 1 min/);
    expect(await agent.isClosed()).toMatchObject({ code: 4010 });
  });

  it("is not where only the alarm came early", async () => {
    await TestAgent.greet(host);
    pass(50_000);
    await runDurableObjectAlarm(fleetOf(host));
    expect(await row()).toMatchObject({ link: "online" });
  });

  it("is over with the first word, and its incident with it", async () => {
    await TestAgent.greet(host);
    pass(91_000);
    await runDurableObjectAlarm(fleetOf(host));
    await TestAgent.greet(host);
    await eventually("the incident to close", async () => (await incidents())[0]?.closedMs);
    expect(await row()).toMatchObject({ link: "online" });
    expect((await incidents()).length).toBe(1);
  });

  it("of our own is not the hosts': after an absence their deadlines count from our return", async () => {
    await TestAgent.greet(host);
    pass(10 * 60_000);
    await runDurableObjectAlarm(fleetOf(host));
    expect(await row()).toMatchObject({ link: "online" });
    expect(await incidents()).toEqual([]);
    pass(91_000);
    await runDurableObjectAlarm(fleetOf(host));
    expect(await row()).toMatchObject({ link: "silent" });
  });

  it("that was announced is no alarm", async () => {
    const agent = await TestAgent.greet(host);
    agent.say({ type: "bye", planned: true });
    await eventually("the host to be away", async () => ((await row())?.link === "away" ? true : null));
    agent.close();
    pass(91_000);
    await runDurableObjectAlarm(fleetOf(host));
    expect(await incidents()).toEqual([]);
    vi.useRealTimers();
    await TestAgent.greet(host);
    expect(await row()).toMatchObject({ link: "online" });
  });

  it("that was announced with the last breath of a connection is no alarm either", async () => {
    const agent = await TestAgent.greet(host);
    agent.say({ type: "bye", planned: true });
    agent.close();
    await eventually("the host to be away", async () => ((await row())?.link === "away" ? true : null));
  });

  it("is found also after an eviction, with the socket asleep", async () => {
    await TestAgent.greet(host);
    await evictDurableObject(fleetOf(host));
    pass(91_000);
    await runDurableObjectAlarm(fleetOf(host));
    expect(await row()).toMatchObject({ link: "silent" });
  });
});

describe("who speaks for a host", () => {
  it("who hangs up is answered, and need not wait", async () => {
    const agent = await TestAgent.greet(host);
    agent.close();
    expect(await agent.isClosed()).toMatchObject({ code: 1000 });
  });

  it("the same agent, connecting anew, replaces its older connection", async () => {
    const first = await TestAgent.greet(host);
    const second = await TestAgent.greet(host);
    expect(await first.isClosed()).toMatchObject({ code: 4001 });
    await second.tells(flip(1));
  });

  it("a second machine on one credential is refused, told how to mend it, and written down once", async () => {
    const first = await TestAgent.greet(host);
    for (let tries = 0; tries < 3; tries++) {
      const clone = await TestAgent.connect(host);
      clone.say(hello({ journalId: "journal2", bootId: "boot2", host: { ...hello().host, name: "clone" } }));
      expect((await clone.hears("error")).text).toContain("enrol this one (clone)");
      expect(await clone.isClosed()).toMatchObject({ code: 4009 });
    }
    await first.tells(flip(1));
    const lines = await db().select().from(audit).where(eq(audit.target, host.id));
    expect(lines.filter(({ action }) => action === "host.second-machine-refused").length).toBe(1);
  });

  it("a second machine does not take the place of one that was cut off a moment ago, or when we were away ourselves", async () => {
    const first = await TestAgent.greet(host);
    await first.tells(flip(1));
    first.close();
    const other = hello({ journalId: "journal2", bootId: "boot2" });
    const clone = await TestAgent.connect(host);
    clone.say(other);
    expect(await clone.hears("error")).toMatchObject({ code: "in-use-elsewhere" });
    await evictDurableObject(fleetOf(host));
    const again = await TestAgent.connect(host);
    again.say(other);
    expect(await again.hears("error")).toMatchObject({ code: "in-use-elsewhere" });
    // The same disk on a machine that was started anew, or a journal that is begun anew on the line it was on, is no other.
    const back = await TestAgent.greet(host, { firstSeq: 1, lastSeq: 1, bootId: "boot2" });
    back.heard.length = 0;
    back.say(hello({ journalId: "journal3", bootId: "boot2" }));
    await back.hears("welcome");
  });

  it("a second machine takes the place of one of which nothing was heard for long", async () => {
    const first = await TestAgent.greet(host);
    await first.tells(flip(1));
    first.close();
    await first.isClosed();
    pass(46_000);
    await TestAgent.greet(host, { journalId: "journal2", bootId: "boot2" });
  });

  it("a host whose credential was revoked is cut at once, and let in no more", async () => {
    const agent = await TestAgent.greet(host);
    await fleetOf(host).revoke(host.id, null, host.organizationId);
    expect(await agent.hears("error")).toMatchObject({ code: "unauthorized" });
    expect(await agent.isClosed()).toMatchObject({ code: 4003 });
    await expect(TestAgent.connect(host)).rejects.toThrow("401");
  });

  it("a host that is removed while it is silent is not told to be back: its alert is over, and nobody hears of it", async () => {
    await TestAgent.greet(host);
    pass(90_000);
    await runDurableObjectAlarm(fleetOf(host));
    expect(await incidents()).toMatchObject([{ kind: "host-offline", closedMs: null }]);
    await fleetOf(host).revoke(host.id, null, host.organizationId);
    expect(await incidents()).toMatchObject([{ kind: "host-offline", closedMs: Date.now() }]);
    const toldOf = eq(notice.organizationId, host.organizationId);
    expect(await db().select({ phase: notice.phase }).from(notice).where(toldOf)).toEqual([{ phase: "opened" }]);
  });

  it("whoever was told of the silence of a host that is removed is told that it was removed, not that it is back", async () => {
    await makeChannel(host.organizationId);
    await TestAgent.greet(host);
    pass(91_000);
    await runDurableObjectAlarm(fleetOf(host));
    const said = async (phase: string) => {
      // It waits a little, whether more comes.
      pass(60_000);
      await runDurableObjectAlarm(alertsFor(env, host.organizationId));
      const rows = await db().select().from(notice).where(eq(notice.organizationId, host.organizationId));
      return rows.flatMap(({ message }) => (message?.phase === phase ? message.title : [])).at(0) ?? null;
    };
    expect(await eventually("the silence to be told", () => said("opened"))).toContain("web-1 is silent");
    await db().update(hostTable).set({ revokedMs: Date.now() }).where(eq(hostTable.id, host.id));
    await fleetOf(host).revoke(host.id, null, host.organizationId);
    expect(await eventually("its end to be told", () => said("closed"))).toBe(
      "Over, since web-1 was removed: web-1 is silent",
    );
  });
});

describe("an idle host", () => {
  it("costs next to nothing: rows written in an hour of silence but for heartbeats", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1));
    const before = (await fleetOf(host).figures()).rowsWritten;
    const endMs = Date.now() + 3_600_000;
    let alarms = 0;
    // A sign of life every 30 s, and every alarm when it is due.
    for (let nowMs = Date.now() + 30_000; nowMs < endMs; nowMs += 30_000) {
      vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
      agent.heard.length = 0;
      agent.say({ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 1 });
      await agent.hears("ack");
      const dueMs = await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.getAlarm());
      if (dueMs !== null && dueMs <= nowMs && (await runDurableObjectAlarm(fleetOf(host)))) alarms++;
    }
    const { rowsWritten } = await fleetOf(host).figures();
    console.log(`rows written by one idle hour: ${rowsWritten - before} in the Fleet (${alarms} alarms), 0 in D1`);
    // One alarm for the whole organization, however many hosts it has.
    expect(rowsWritten - before).toBeLessThanOrEqual(60);
  });
});
