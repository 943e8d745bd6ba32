import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { type AgentMessage, PING } from "@afloat/shared/wire";
import { env, exports } from "cloudflare:workers";
import { asc, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { host as hostTable, incident } from "../src/db/schema.ts";
import { mendLostAlarms } from "../src/upkeep/lost-alarms.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { eventually, hello, TestAgent } from "./test-agent.ts";
import { told as toldOf } from "./told.ts";

let organizationId: string;
let startMs: number;

beforeEach(async () => {
  organizationId = await makeOrganization();
  startMs = Date.now();
});

afterEach(() => {
  vi.useRealTimers();
});

const at = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: startMs + ms });
const S = 1_000;
const MIN = 60_000;

/** The clock moves to that moment after the start, and the alarm goes off. */
async function alarmAt(host: TestHost, ms: number): Promise<void> {
  at(ms);
  await runDurableObjectAlarm(fleetOf(host));
}

/** What the alarm is set for, since the start: it rings up to a second later. */
async function alarmOf(host: TestHost): Promise<number | null> {
  const ringsMs = await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.getAlarm());
  return ringsMs === null ? null : Math.floor((ringsMs - startMs) / S) * S;
}
const row = async (host: TestHost) => (await db().select().from(hostTable).where(eq(hostTable.id, host.id)))[0];
const incidents = () =>
  db().select().from(incident).where(eq(incident.organizationId, organizationId)).orderBy(asc(incident.openedMs));

/** What people were told, in order: `host-offline opened`. */
const told = () => toldOf(organizationId);

async function makeFleet(count: number): Promise<{ hosts: TestHost[]; agents: TestAgent[] }> {
  at(0);
  const hosts: TestHost[] = [];
  const agents: TestAgent[] = [];
  for (let i = 1; i <= count; i++) {
    const host = await makeHost(organizationId, `web-${i}`);
    hosts.push(host);
    agents.push(await TestAgent.greet(host));
  }
  return { hosts, agents };
}

async function beat(agents: readonly TestAgent[]): Promise<void> {
  for (const agent of agents) {
    agent.heard.length = 0;
    agent.say({ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 });
    await agent.hears("ack");
  }
}

/** By HTTP. */
async function post(host: TestHost, message: AgentMessage): Promise<void> {
  const headers = { Authorization: `Bearer ${host.credential}`, "content-type": "application/json" };
  const body = JSON.stringify({ messages: [message] });
  const answer = await exports.default.fetch("https://afloat.test/agent/messages", { method: "POST", headers, body });
  expect(answer.status).toBe(200);
  await answer.text();
}

describe("a host says itself", () => {
  it("how long it may be silent; what it does not say any more is as it is for all", async () => {
    at(0);
    const host = await makeHost(organizationId);
    await TestAgent.greet(host, { offlineAfterMs: 300_000 });
    expect(await row(host)).toMatchObject({ offlineAfterMs: 300_000 });
    await alarmAt(host, 299 * S);
    expect(await row(host)).toMatchObject({ link: "online" });
    await alarmAt(host, 300 * S);
    expect(await row(host)).toMatchObject({ link: "silent" });
    await TestAgent.greet(host);
    await eventually("the deadline of all", async () => ((await row(host))?.offlineAfterMs === 90_000 ? true : null));
  });

  it("that it sleeps: its silence is no alarm, and unknown; also after an eviction", async () => {
    at(0);
    const host = await makeHost(organizationId);
    await TestAgent.greet(host, { sleeps: true });
    await evictDurableObject(fleetOf(host));
    await alarmAt(host, 91 * S);
    expect(await row(host)).toMatchObject({ link: "away", sleeps: true, absence: { why: "asleep", untilMs: null } });
    await TestAgent.greet(host, { sleeps: true });
    await eventually("it to be there", async () => ((await row(host))?.link === "online" ? true : null));
    expect(await row(host)).toMatchObject({ absence: null });
    expect(await incidents()).toEqual([]);
  });
});

describe("half-open", () => {
  it("is told by the last ping that the platform answered, never by which sockets are listed; also after an eviction", async () => {
    // The platform answers pings by the real clock: both said hello 80 s before it.
    at(-80 * S);
    const [pings, mute] = [await makeHost(organizationId, "pings"), await makeHost(organizationId, "mute")];
    const alive = await TestAgent.greet(pings);
    await TestAgent.greet(mute);
    alive.say(PING);
    await eventually("the ping to be answered", () =>
      runInDurableObject(fleetOf(pings), (_fleet, state) => {
        const [socket] = state.getWebSockets(`host:${pings.id}`);
        return socket === undefined ? null : state.getWebSocketAutoResponseTimestamp(socket);
      }),
    );
    await evictDurableObject(fleetOf(pings));
    const listed = await runInDurableObject(fleetOf(mute), (_fleet, state) => state.getWebSockets().length);
    expect(listed).toBe(2);
    await alarmAt(mute, 10 * S);
    expect(await row(mute)).toMatchObject({ link: "silent" });
    expect(await row(pings)).toMatchObject({ link: "online" });
  });
});

describe("a host that goes on purpose", () => {
  it("and is back in time is no alarm", async () => {
    const { hosts, agents } = await makeFleet(1);
    agents[0]?.say({ type: "bye", planned: true, onPurpose: true, backWithinMs: 2 * 3_600 * S });
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    await eventually("it to be away", async () => ((await row(host))?.link === "away" ? true : null));
    await alarmAt(host, 3_600 * S);
    await TestAgent.greet(host);
    await alarmAt(host, 7_300 * S);
    expect(await told()).toEqual([]);
  });

  it("and is not back in time is told, once, also from a Fleet that lost its disk meanwhile", async () => {
    const { hosts, agents } = await makeFleet(1);
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    agents[0]?.say({ type: "bye", planned: true, backWithinMs: 7_200 * S });
    await eventually("it to be away", async () => ((await row(host))?.absence?.untilMs ? true : null));
    await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.deleteAll());
    await evictDurableObject(fleetOf(host));
    await fleetOf(host).wake(organizationId);
    await alarmAt(host, 7_199 * S);
    expect(await told()).toEqual([]);
    await alarmAt(host, 7_205 * S);
    expect(await told()).toEqual(["host-offline opened"]);
    expect((await incidents())[0]).toMatchObject({ title: "web-1 did not come back" });
    await TestAgent.greet(host);
    await eventually("both ends to be told", async () => ((await told()).length === 2 ? true : null));
  });
});

describe("many hosts at once", () => {
  it("are held for two minutes, then told as one; it is over when the last is back", async () => {
    const { hosts, agents } = await makeFleet(8);
    const [first] = hosts;
    if (first === undefined) throw new Error("no host");
    at(60 * S);
    await beat(agents.slice(6));
    await alarmAt(first, 91 * S);
    expect(await row(first)).toMatchObject({ link: "silent" });
    expect(await incidents()).toEqual([]);
    // One comes back while they are held.
    const [, , third] = hosts;
    if (third === undefined) throw new Error("no host");
    at(120 * S);
    const back = await TestAgent.greet(third);
    await beat(agents.slice(6));
    at(200 * S);
    await beat([back, ...agents.slice(6)]);
    await alarmAt(first, 205 * S);
    expect(await told()).toEqual([]);
    await alarmAt(first, 212 * S);
    expect(await told()).toEqual(["hosts-silent opened"]);
    const [many] = await incidents();
    expect(many?.title).toBe("5 of 8 hosts are silent");
    expect(many?.cause).toContain("5 went within seconds of each other");
    expect(many?.cause).toContain("silent still: web-1, web-2, web-4, web-5, web-6");
    expect(many?.evidence.many?.hosts.length).toBe(5);
    for (const host of hosts.filter((_host, i) => i < 5 && i !== 2)) await TestAgent.greet(host);
    await alarmAt(first, 220 * S);
    expect((await incidents())[0]).toMatchObject({ title: "web-6 is silent still", closedMs: null });
    const last = hosts[5];
    if (last === undefined) throw new Error("no host");
    await TestAgent.greet(last);
    await alarmAt(first, 225 * S);
    expect(await told()).toEqual(["hosts-silent opened", "hosts-silent closed"]);
    expect((await incidents()).length).toBe(1);
  });

  it("are told also while one of an earlier lot is missing still; that Fleet and database agree closes neither", async () => {
    const { hosts } = await makeFleet(7);
    const [first] = hosts;
    if (first === undefined) throw new Error("no host");
    await alarmAt(first, 91 * S);
    await alarmAt(first, 212 * S);
    for (const host of hosts.slice(1)) await TestAgent.greet(host);
    await alarmAt(first, 220 * S);
    expect((await incidents()).map(({ title }) => title)).toEqual(["web-1 is silent still"]);
    for (const host of hosts.slice(1)) await TestAgent.greet(host);
    await alarmAt(first, 311 * S);
    await alarmAt(first, 432 * S);
    expect(await told()).toEqual(["hosts-silent opened", "hosts-silent opened"]);
    expect({ ...(await fleetOf(first).reconcile(organizationId)) }).toEqual({});
    expect((await incidents()).map(({ closedMs }) => closedMs)).toEqual([null, null]);
    for (const host of hosts) await TestAgent.greet(host);
    await alarmAt(first, 440 * S);
    expect((await told()).slice(2)).toEqual(["hosts-silent closed", "hosts-silent closed"]);
  });

  it("are held anew where we were away ourselves when the hold was over: they may be back, and had no time to say so", async () => {
    const { hosts } = await makeFleet(6);
    const [first] = hosts;
    if (first === undefined) throw new Error("no host");
    await alarmAt(first, 91 * S);
    await alarmAt(first, 8 * MIN);
    expect(await told()).toEqual([]);
    for (const host of hosts.slice(0, 3)) await TestAgent.greet(host);
    await alarmAt(first, 10 * MIN);
    expect(await told()).toEqual(["hosts-silent opened"]);
    expect((await incidents())[0]?.title).toBe("3 of 6 hosts are silent");
  });

  it("that are all back before the hold is over are told to nobody", async () => {
    const { hosts } = await makeFleet(6);
    const [first] = hosts;
    if (first === undefined) throw new Error("no host");
    await alarmAt(first, 90 * S);
    expect((await row(first))?.link).toBe("silent");
    for (const host of hosts) await TestAgent.greet(host);
    await alarmAt(first, 215 * S);
    expect(await incidents()).toEqual([]);
  });

  it("of which one stays silent is that one's alarm, and that of an organization of four is not held", async () => {
    const { hosts } = await makeFleet(5);
    const [first, ...others] = hosts;
    if (first === undefined) throw new Error("no host");
    await alarmAt(first, 90 * S);
    for (const host of others) await TestAgent.greet(host);
    await alarmAt(first, 211 * S);
    expect((await incidents()).map(({ title, kind }) => [title, kind])).toEqual([["web-1 is silent", "host-offline"]]);
    organizationId = await makeOrganization("Small");
    startMs = Date.now();
    const four = await makeFleet(4);
    const [one] = four.hosts;
    if (one === undefined) throw new Error("no host");
    await alarmAt(one, 90 * S);
    expect(await told()).toEqual(Array.from({ length: 4 }, () => "host-offline opened"));
  });
});

describe("a link that flaps", () => {
  it("is one incident, told once; steady for half an hour, its end is told", async () => {
    const { hosts } = await makeFleet(1);
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    for (let i = 0; i < 7; i++) {
      await alarmAt(host, i * 3 * MIN + 91 * S);
      at((i + 1) * 3 * MIN);
      await TestAgent.greet(host);
    }
    const before = await told();
    expect(before.filter((each) => each.startsWith("host-flapping"))).toEqual(["host-flapping opened"]);
    expect(before.filter((each) => each === "host-offline opened").length).toBe(3);
    const agent = await TestAgent.greet(host);
    for (let m = 22; m < 52; m++) {
      at(m * MIN);
      await beat([agent]);
      await runDurableObjectAlarm(fleetOf(host));
    }
    expect((await told()).at(-1)).toBe("host-flapping closed");
    expect((await incidents()).every(({ closedMs }) => closedMs !== null)).toBe(true);
  });

  it("and then stays away is told as a host that is gone", async () => {
    const { hosts } = await makeFleet(1);
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    for (let i = 0; i < 4; i++) {
      await alarmAt(host, i * 3 * MIN + 91 * S);
      if (i === 3) break;
      at((i + 1) * 3 * MIN);
      await TestAgent.greet(host);
    }
    expect((await told()).at(-1)).toBe("host-flapping opened");
    await alarmAt(host, 45 * MIN);
    expect((await told()).at(-1)).toBe("host-offline opened");
    expect((await incidents()).filter(({ closedMs }) => closedMs === null).length).toBe(1);
  });
});

describe("ourselves", () => {
  it("a deploy that takes the sockets tells nothing falsely, and a true silence all the same: from one host alone", async () => {
    const { hosts } = await makeFleet(1);
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    at(60 * S);
    await evictDurableObject(fleetOf(host), { webSockets: "close" });
    await alarmAt(host, 91 * S);
    expect(await row(host)).toMatchObject({ link: "online" });
    await alarmAt(host, 182 * S);
    expect(await told()).toEqual(["host-offline opened"]);
    // Nothing is said of the time before: its last pings are lost with its socket.
    expect((await row(host))?.linkSinceMs).toBeGreaterThanOrEqual(startMs + 60 * S);
  });

  it("a host that posts, and that our outage kept waiting for a minute, is not called silent; one that is gone is", async () => {
    at(0);
    const host = await makeHost(organizationId);
    await post(host, hello());
    await evictDurableObject(fleetOf(host));
    // We were away for a minute, and are back just before its deadline; it may have tried a moment before.
    await alarmAt(host, 90 * S);
    await alarmAt(host, 90 * S + 74 * S);
    expect(await told()).toEqual([]);
    await post(host, { type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 });
    await evictDurableObject(fleetOf(host));
    await alarmAt(host, 164 * S + 90 * S);
    expect(await told()).toEqual([]);
    await alarmAt(host, 164 * S + 90 * S + 75 * S);
    expect(await told()).toEqual(["host-offline opened"]);
  });

  it("an alarm that was lost is set again by whoever looks, and by the next word of a host", async () => {
    const { hosts, agents } = await makeFleet(1);
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    const lose = () => runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.deleteAlarm());
    await lose();
    expect(await fleetOf(host).wake(organizationId)).toEqual({ mended: true });
    expect(await alarmOf(host)).toBe(90 * S);
    expect(await fleetOf(host).wake(organizationId)).toEqual({ mended: false });
    await lose();
    // The cron comes by once an hour, in the minute of the organization.
    for (let minute = 0; minute < 60; minute++) await mendLostAlarms(env, minute * MIN);
    expect(await alarmOf(host)).toBe(90 * S);
    await lose();
    await evictDurableObject(fleetOf(host));
    await beat(agents);
    expect(await alarmOf(host)).toBe(90 * S);
  });

  it("an alarm that was lost is missed by the next word of any host, from a Fleet that never slept, too", async () => {
    const { hosts, agents } = await makeFleet(2);
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    const lose = () => runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.deleteAlarm());
    await lose();
    at(149 * S);
    await beat(agents.slice(1));
    expect(await alarmOf(host)).toBe(null);
    at(150 * S);
    await beat(agents.slice(1));
    expect(await alarmOf(host)).toBe(150 * S);
    await alarmAt(host, 151 * S);
    await alarmAt(host, 241 * S);
    expect(await told()).toEqual(["host-offline opened", "host-offline opened"]);
  });

  it("after a lost alarm that the cron found, deadlines count from there, and not from the alarm that comes next", async () => {
    const { hosts, agents } = await makeFleet(2);
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    at(40 * MIN);
    await beat(agents.slice(1));
    await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.deleteAlarm());
    await evictDurableObject(fleetOf(host));
    at(40 * MIN + 30 * S);
    expect(await fleetOf(host).wake(organizationId)).toEqual({ mended: true });
    expect(await alarmOf(host)).toBe(40 * MIN + 30 * S);
  });

  it("an alarm that rings twice tells once", async () => {
    const { hosts } = await makeFleet(1);
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    await alarmAt(host, 90 * S);
    await runInDurableObject(fleetOf(host), (fleet) => Promise.all([fleet.alarm(), fleet.alarm()]));
    expect(await told()).toEqual(["host-offline opened"]);
  });

  it("an alarm that throws over one thing sees to the rest, and comes again", async () => {
    const { hosts } = await makeFleet(2);
    const [host] = hosts;
    if (host === undefined) throw new Error("no host");
    // An incident that is damaged, as a disk may leave it.
    const view = { id: "broken", kind: "hosts-silent", hostId: host.id };
    const broken = JSON.stringify({ subjectId: "broken", view, many: {} });
    await runInDurableObject(fleetOf(host), (_fleet, state) =>
      state.storage.sql.exec("insert into incident (id, doc) values ('broken', ?)", broken),
    );
    await evictDurableObject(fleetOf(host));
    await alarmAt(host, 90 * S);
    expect(await told()).toEqual(["host-offline opened", "host-offline opened"]);
    expect(await alarmOf(host)).toBe(150 * S);
  });
});
