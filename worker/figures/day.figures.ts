import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { HOURS_TOGETHER, togetherUntilMs } from "@afloat/shared/core/hour-sample";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { afterAll, expect, it, vi } from "vitest";
import { fleetOf, makeHost, makeOrganization, type TestHost } from "../test/ground.ts";
import { eventually, flip, snapshot, TestAgent } from "../test/test-agent.ts";
import { HEARTBEAT_MS } from "../src/fleet/core/liveness.ts";
import { foldDays } from "../src/uptime/fold-days.ts";
import { ageHosts } from "./aged-hosts.ts";
import { countDatabaseRows, databaseBytes, say } from "./counted-database.ts";

/** A day of an organization, in moved time: every row that its Fleet and its database write, counted by the platform's own words. */

const HOSTS = 20;
const SERVICES = 8;
const CHANGES = 20;
const RECONNECTS = 4;
const HOUR_MS = 3_600_000;

afterAll(() => {
  vi.useRealTimers();
});

it("a day of an organization is counted", async () => {
  const organizationId = await makeOrganization();
  const emptyBytes = await databaseBytes();
  const names = Array.from({ length: SERVICES }, (_, i) => `service-${i}`);
  const standing = names.map((name) => snapshot({ name }));
  const { hosts, agents } = await connectAll(organizationId, standing);
  const [first] = hosts;
  if (first === undefined) throw new Error("expected a host");
  const hostBytes = ((await databaseBytes()) - emptyBytes) / HOSTS;
  const fleetBytes = await runInDurableObject(fleetOf(first), (_fleet, state) => state.storage.sql.databaseSize);
  const database = countDatabaseRows();
  /** Rows by what happens so often. */
  const taken = async (count: number, what: () => Promise<void>) => {
    const before = { fleet: (await fleetOf(first).figures()).rowsWritten, of: database.now() };
    await what();
    const after = (await fleetOf(first).figures()).rowsWritten;
    // It counts since it woke: one that slept meanwhile begins anew.
    const fleetRows = after < before.fleet ? after : after - before.fleet;
    const { written, read } = database.now();
    return {
      fleetRows: fleetRows / count,
      databaseRows: (written - before.of.written) / count,
      databaseRead: (read - before.of.read) / count,
    };
  };

  let alarms = 0;
  const idle = await taken(1, async () => {
    alarms = await idleDay(first);
  });
  expect(idle.databaseRows).toBe(0);
  // From here on in the present again: what follows does not depend on the time of day.
  vi.useRealTimers();
  await runInDurableObject(fleetOf(first), (_fleet, state) => hearAll(state, Date.now()));
  const beforeSamples = await databaseBytes();
  const sample = await taken(HOSTS * 24, () => tellSamples(agents, names));
  const sampleBytes = ((await databaseBytes()) - beforeSamples) / (HOSTS * 24);
  const change = await taken(HOSTS * CHANGES, () => tellChanges(agents, standing[0] ?? snapshot()));
  const reconnected = await taken(HOSTS * RECONNECTS, () => reconnect(hosts, agents, standing));
  const reconciled = await taken(HOSTS, async () => {
    expect(await fleetOf(first).reconcile(organizationId)).toEqual({});
  });
  const old = await ageHosts(hosts, names, CHANGES);
  const folded = await taken(HOSTS, async () => {
    await foldDays(env.DB, Date.now());
  });
  await expectFolded(organizationId);
  say({
    day: {
      ...{ services: SERVICES, changesADay: CHANGES, reconnectsADay: RECONNECTS, alarmsADay: alarms },
      ...{ idle, sample, change, reconnect: reconnected, reconcile: reconciled, fold: folded },
      bytes: { host: hostBytes, fleetHost: fleetBytes / HOSTS, sample: sampleBytes, ...old },
    },
  });
});

async function connectAll(organizationId: string, standing: ServiceSnapshot[]) {
  const hosts: TestHost[] = [];
  const agents: TestAgent[] = [];
  for (let i = 0; i < HOSTS; i++) {
    const host = await makeHost(organizationId, `host-${i}`);
    const agent = await TestAgent.greet(host);
    await agent.tells(...standing.map((each, of) => flip(of + 1, each)));
    hosts.push(host);
    agents.push(agent);
  }
  return { hosts, agents };
}

/** Yesterday is folded, and the day that was too old is gone. */
async function expectFolded(organizationId: string): Promise<void> {
  const days = "select count(*) as count, min(day) as day from uptime_host_day where organization_id = ?";
  const { results } = await env.DB.prepare(days).bind(organizationId).all();
  expect(results).toEqual([{ count: HOSTS, day: Math.floor(Date.now() / (24 * HOUR_MS)) - 1 }]);
}

/** Every alarm when it is due. Heartbeats are answered by the platform and wake nobody: all that is left of them is when. */
async function idleDay(of: TestHost): Promise<number> {
  const fleet = fleetOf(of);
  const endMs = Date.now() + 24 * HOUR_MS;
  let alarms = 0;
  for (;;) {
    const dueMs = await runInDurableObject(fleet, (_fleet, state) => state.storage.getAlarm());
    if (dueMs === null) throw new Error("expected an alarm, as long as a host is online");
    if (dueMs > endMs) return alarms;
    vi.useFakeTimers({ toFake: ["Date"], now: Math.max(dueMs, Date.now()) });
    await runInDurableObject(fleet, (_fleet, state) => hearAll(state, Date.now()));
    if (await runDurableObjectAlarm(fleet)) alarms++;
  }
}

/** Each host has its own place between two heartbeats. */
function hearAll(state: DurableObjectState, nowMs: number): void {
  state.getWebSockets().forEach((socket, i) => {
    const place = (i * HEARTBEAT_MS) / HOSTS;
    const heardMs = Math.floor((nowMs - place) / HEARTBEAT_MS) * HEARTBEAT_MS + place;
    socket.serializeAttachment({ ...socket.deserializeAttachment(), heardMs });
  });
}

async function tellSamples(agents: TestAgent[], names: string[]): Promise<void> {
  const nowMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const [mean, max] = [152_428_544, 261_441_024];
  const used = { cpuMean: 0.123, cpuMax: 1.045, memoryMeanBytes: mean, memoryMaxBytes: max, p50Ms: 12, p95Ms: 145 };
  const services = names.map((name) => ({ name, ...used }));
  // From an even hour on, as an agent tells them.
  const untilMs = togetherUntilMs(nowMs) - HOURS_TOGETHER * HOUR_MS;
  for (let fromMs = untilMs - 24 * HOUR_MS; fromMs < untilMs; fromMs += HOURS_TOGETHER * HOUR_MS) {
    const hours = Array.from({ length: HOURS_TOGETHER }, (_, i) => fromMs + i * HOUR_MS);
    for (const agent of agents) {
      for (const hourMs of hours) agent.say({ type: "sample", hourMs, coveredMs: HOUR_MS, services });
      for (const hourMs of hours) await agent.hears("sampled", (message) => message.hourMs === hourMs);
    }
  }
}

/** A service exits and is well again, by turns; each told by itself, as it is when it happens by itself. */
async function tellChanges(agents: TestAgent[], standing: ServiceSnapshot): Promise<void> {
  for (let change = 1; change <= CHANGES; change++) {
    const said =
      change % 2 === 0 ? {} : ({ verdict: "down", reasonCode: "exited", reason: "exited with code 3" } as const);
    for (const agent of agents) await agent.tells(flip(SERVICES + change, { ...standing, ...said }));
  }
}

async function reconnect(hosts: TestHost[], agents: TestAgent[], services: ServiceSnapshot[]): Promise<void> {
  const lastSeq = SERVICES + CHANGES;
  for (let time = 0; time < RECONNECTS; time++) {
    for (const [i, host] of hosts.entries()) {
      agents[i]?.close();
      await agents[i]?.isClosed();
      agents[i] = await TestAgent.greet(host, { firstSeq: lastSeq, lastSeq, services });
      await eventually("nothing to wait for D1", async () =>
        (await fleetOf(host).figures()).pending === 0 ? true : null,
      );
    }
  }
}
