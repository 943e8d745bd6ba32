import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { asc, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { maintenance, type MaintenanceScope } from "../src/db/maintenance-schema.ts";
import { host as hostTable, incident } from "../src/db/schema.ts";
import { readFirstView } from "../src/fleet/first-view.ts";
import { MaintenanceRecords } from "../src/maintenance/maintenance-records.ts";
import { tellOfMaintenance } from "../src/maintenance/tell-of-maintenance.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { eventually, flip, loopClosed, loopOpened, TestAgent } from "./test-agent.ts";
import { told as toldOf } from "./told.ts";

let organizationId: string;
let host: TestHost;
let agent: TestAgent;
let startMs: number;

const S = 1_000;
const MIN = 60_000;
const at = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: startMs + ms });
const ACTOR = { kind: "person" as const, id: "p", name: "Ada" };

beforeEach(async () => {
  organizationId = await makeOrganization();
  startMs = Math.floor(Date.now() / MIN) * MIN;
  at(0);
  host = await makeHost(organizationId);
  agent = await TestAgent.greet(host);
});

afterEach(() => {
  vi.useRealTimers();
});

/** Announces it, minutes since the start, as the page does, and tells the Fleet. Answers its id. */
async function announce(fromMin: number, toMin: number, scope: MaintenanceScope = { kind: "all" }): Promise<string> {
  const times = { startsMs: startMs + fromMin * MIN, endsMs: startMs + toMin * MIN };
  const wanted = { title: "Disk", note: "", timeZone: "UTC", scope, ...times, recurrence: null };
  const id = await records().announce(wanted, ACTOR, Date.now());
  expect(await tellOfMaintenance(env, organizationId, Date.now())).toBe(true);
  return id;
}
const records = () => new MaintenanceRecords(env.DB, organizationId);

async function end(id: string): Promise<void> {
  await records().end(id, ACTOR, Date.now());
  await tellOfMaintenance(env, organizationId, Date.now());
}

async function alarmAt(ms: number): Promise<void> {
  at(ms);
  await runDurableObjectAlarm(fleetOf(host));
}

/** What the alarm is set for, seconds since the start. */
async function alarmOf(): Promise<number> {
  const ringsMs = await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.getAlarm());
  return Math.floor(((ringsMs ?? 0) - startMs) / S);
}

/** Its disk is gone, and with it all that it knew by itself. */
async function loseDisk(): Promise<void> {
  await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.deleteAll());
  await evictDurableObject(fleetOf(host));
  await fleetOf(host).wake(organizationId);
}

const row = async (of = host) => (await db().select().from(hostTable).where(eq(hostTable.id, of.id)))[0];
const incidents = () =>
  db().select().from(incident).where(eq(incident.organizationId, organizationId)).orderBy(asc(incident.openedMs));

/** Until when a dashboard says that incidents are held, before its socket is open. */
async function shownHeldUntil(): Promise<(number | undefined)[]> {
  const { incidents: shown } = await readFirstView(env.DB, organizationId, Date.now());
  return shown.map(({ heldUntilMs }) => heldUntilMs);
}

/** What people were told, in order: `host-offline opened`. */
const told = () => toldOf(organizationId);

describe("a host that is silent during maintenance", () => {
  it("is unknown, and nobody is told; silent still when it ends, that is told a deadline later", async () => {
    await announce(1, 60);
    await alarmAt(90 * S);
    expect(await row()).toMatchObject({ link: "silent" });
    expect(await alarmOf()).toBe(60 * 60 + 90);
    await alarmAt(60 * MIN + 89 * S);
    expect(await incidents()).toEqual([]);
    await alarmAt(60 * MIN + 90 * S);
    expect(await told()).toEqual(["host-offline opened"]);
    expect((await incidents())[0]?.cause).toContain("for 1 h");
  });

  it("and is back before that is told to nobody", async () => {
    await announce(1, 60);
    await alarmAt(90 * S);
    at(30 * MIN);
    await TestAgent.greet(host);
    await alarmAt(30 * MIN + 60 * S);
    expect(await row()).toMatchObject({ link: "online" });
    expect(await told()).toEqual([]);
  });

  it("has a whole deadline from its end, also where it fell silent shortly before that", async () => {
    await announce(0, 1);
    await alarmAt(90 * S);
    expect(await row()).toMatchObject({ link: "online" });
    await alarmAt(149 * S);
    expect(await told()).toEqual([]);
    await alarmAt(150 * S);
    expect(await told()).toEqual(["host-offline opened"]);
  });

  it("is told a deadline after somebody ended it early, and later where it was made longer or another joins it", async () => {
    await announce(1, 60);
    await alarmAt(90 * S);
    const second = await announce(59, 120);
    await alarmAt(60 * MIN + 90 * S);
    expect(await told()).toEqual([]);
    expect(await alarmOf()).toBe(120 * 60 + 90);
    at(70 * MIN);
    await end(second);
    expect(await alarmOf()).toBe(71 * 60 + 30);
    await alarmAt(71 * MIN + 30 * S);
    expect(await told()).toEqual(["host-offline opened"]);
  });

  it("which begins only after it fell silent is told; and one of another host's maintenance as well", async () => {
    await announce(2, 60);
    const other = await makeHost(organizationId, "web-2");
    await TestAgent.greet(other);
    await announce(0, 60, { kind: "chosen", hostIds: [other.id], serviceIds: [] });
    await alarmAt(91 * S);
    expect((await incidents()).map(({ title }) => title)).toEqual(["web-1 is silent"]);
    expect(await row(other)).toMatchObject({ link: "silent" });
  });

  it("stays so when the Fleet is evicted or loses its disk, and is told all the same", async () => {
    await announce(1, 60);
    await alarmAt(90 * S);
    await evictDurableObject(fleetOf(host));
    await alarmAt(10 * MIN);
    expect(await told()).toEqual([]);
    at(20 * MIN);
    await loseDisk();
    expect(await alarmOf()).toBe(60 * 60 + 90);
    await alarmAt(60 * MIN + 90 * S);
    expect(await told()).toEqual(["host-offline opened"]);
  });

  it("is not awaited back before its end, where it left on purpose", async () => {
    agent.say({ type: "bye", planned: true, onPurpose: true, backWithinMs: 5 * MIN });
    await eventually("it to be away", async () => ((await row())?.link === "away" ? true : null));
    await announce(1, 60);
    await alarmAt(6 * MIN);
    expect(await row()).toMatchObject({ link: "away" });
    await alarmAt(60 * MIN + 89 * S);
    expect(await told()).toEqual([]);
    await alarmAt(60 * MIN + 90 * S);
    expect((await incidents())[0]).toMatchObject({ title: "web-1 did not come back" });
  });
});

describe("many hosts, of which some are worked on", () => {
  it("are judged without those: five of ten in maintenance are no sign of trouble at the others", async () => {
    const others: TestHost[] = [];
    for (let i = 2; i <= 7; i++) {
      others.push(await makeHost(organizationId, `web-${i}`));
      await TestAgent.greet(others.at(-1) ?? host);
    }
    const worked = others.slice(0, 5).map(({ id }) => id);
    await announce(0, 60, { kind: "chosen", hostIds: worked, serviceIds: [] });
    await alarmAt(90 * S);
    // Two that are not worked on fell silent at once: no five, so that each is told by itself and at once.
    expect(await told()).toEqual(["host-offline opened", "host-offline opened"]);
  });
});

describe("a service's trouble during maintenance", () => {
  it("is recorded and told to nobody; still so when that ends, it is told then, and its end as well", async () => {
    await announce(1, 60);
    at(2 * MIN);
    const opened = loopOpened(1);
    await agent.tells(opened);
    expect(await incidents()).toMatchObject([{ kind: "restart-loop", closedMs: null }]);
    expect(await told()).toEqual([]);
    expect(await shownHeldUntil(), "a page that begins from the database alone").toEqual([startMs + 60 * MIN]);
    await beatUntil(59);
    await alarmAt(60 * MIN);
    expect(await told()).toEqual(["restart-loop opened"]);
    expect(await shownHeldUntil()).toEqual([undefined]);
    at(61 * MIN);
    await agent.tells(loopClosed(2, opened));
    expect(await told()).toEqual(["restart-loop opened", "restart-loop closed"]);
  });

  it("which is over before that is told to nobody at all", async () => {
    await announce(1, 60);
    at(2 * MIN);
    const opened = loopOpened(1);
    await agent.tells(opened, loopClosed(2, opened));
    await agent.tells(flip(3, { verdict: "down", state: "completed", reasonCode: "exited" }), flip(4));
    await beatUntil(59);
    await alarmAt(61 * MIN);
    expect((await incidents()).map(({ closedMs }) => closedMs === null)).toEqual([false, false]);
    expect(await told()).toEqual([]);
  });

  it("is held by maintenance of that service alone, and told where it is another's", async () => {
    await announce(1, 60, { kind: "chosen", hostIds: [], serviceIds: [`${host.id}.web`] });
    at(2 * MIN);
    const other = { verdict: "down" as const, state: "completed" as const, reasonCode: "exited" as const };
    await agent.tells(loopOpened(1), flip(2, { name: "db", ...other }));
    expect(await told()).toEqual(["service-down opened"]);
    // The host itself is not worked on.
    await alarmAt(3 * MIN + 30 * S);
    expect(await told()).toEqual(["service-down opened", "host-offline opened"]);
  });

  it("is told at once where somebody ends it, and at its end from a Fleet that lost its disk", async () => {
    const id = await announce(1, 60);
    at(2 * MIN);
    await agent.tells(loopOpened(1));
    await loseDisk();
    await alarmAt(2 * MIN + 30 * S);
    expect(await told()).toEqual([]);
    await end(id);
    await alarmAt(2 * MIN + 31 * S);
    expect(await told()).toEqual(["restart-loop opened"]);
  });

  it("agrees with the database: reconciliation mends nothing, and learns what the Fleet was not told", async () => {
    await announce(1, 60);
    at(2 * MIN);
    const opened = loopOpened(2);
    await agent.tells(flip(1, { verdict: "unhealthy", loop: opened.loop }), opened);
    expect(await fleetOf(host).reconcile(organizationId)).toEqual({});
    await db()
      .update(maintenance)
      .set({ cancelledMs: startMs + 3 * MIN })
      .where(eq(maintenance.organizationId, organizationId));
    await fleetOf(host).reconcile(organizationId);
    await alarmAt(3 * MIN);
    expect(await told()).toEqual(["restart-loop opened"]);
  });
});

describe("a Fleet that lost its disk while many hosts were held", () => {
  it("tells of those that are silent still, as of one; and of one alone as of that", async () => {
    for (let i = 2; i <= 6; i++) await TestAgent.greet(await makeHost(organizationId, `web-${i}`));
    await alarmAt(90 * S);
    expect(await told()).toEqual([]);
    at(100 * S);
    await loseDisk();
    await alarmAt(219 * S);
    expect(await told()).toEqual([]);
    await alarmAt(220 * S);
    expect(await told()).toEqual(["hosts-silent opened"]);
    expect((await incidents())[0]).toMatchObject({ title: "6 of 6 hosts are silent" });
    // Lost once more: they were told of.
    await loseDisk();
    await alarmAt(400 * S);
    expect(await told()).toEqual(["hosts-silent opened"]);
  });
});

/** Signs of life each minute, up to that one. */
async function beatUntil(minute: number): Promise<void> {
  const fromMin = Math.ceil((Date.now() - startMs) / MIN);
  for (let min = fromMin; min <= minute; min++) {
    at(min * MIN);
    agent.heard.length = 0;
    agent.say({ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 4 });
    await agent.hears("ack");
  }
}
