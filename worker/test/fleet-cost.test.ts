import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { command } from "../src/db/schema.ts";
import type { DurableRecord, FleetHost } from "../src/fleet/core/fleet-types.ts";
import { HEARTBEAT_MS } from "../src/fleet/core/liveness.ts";
import { statementsOf } from "../src/fleet/statements.ts";
import type { IncidentView } from "../src/live.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { look } from "./looker.ts";
import { eventually, flip, hello, loopOpened, snapshot, TestAgent, turn } from "./test-agent.ts";

const DAY_MS = 86_400_000;
const OFFLINE_AFTER_MS = 90_000;

let organizationId: string;
let host: TestHost;

beforeEach(async () => {
  organizationId = await makeOrganization();
  host = await makeHost(organizationId);
});

afterEach(() => {
  vi.useRealTimers();
});

const setClock = (nowMs: number) => vi.useFakeTimers({ toFake: ["Date"], now: nowMs });

/** Rows written by what `happens`, where they are paid for. */
async function rowsOf(happens: () => Promise<void>): Promise<{ fleet: number; d1: number }> {
  const before = await fleetOf(host).figures();
  await happens();
  const after = await fleetOf(host).figures();
  return {
    fleet: after.rowsWritten - before.rowsWritten,
    d1: after.databaseRowsWritten - before.databaseRowsWritten,
  };
}

/** The hosts of an organization, each with its own place between two beats. */
async function crowd(count: number): Promise<{ agent: TestAgent; phaseMs: number }[]> {
  const others = await Promise.all(
    Array.from({ length: count - 1 }, (_, i) => makeHost(organizationId, `web-${i + 2}`)),
  );
  const agents = await Promise.all([host, ...others].map((each) => TestAgent.greet(each)));
  return agents.map((agent, i) => ({ agent, phaseMs: Math.floor((i * HEARTBEAT_MS) / count) }));
}

/** Lives from one alarm to the next, for so long: of the heartbeats before it only the last of each host is said. */
async function idle(hosts: Awaited<ReturnType<typeof crowd>>, forMs: number): Promise<number> {
  const startMs = Date.now();
  for (let alarms = 0; ; alarms++) {
    const dueMs = await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.getAlarm());
    if (dueMs === null || dueMs > startMs + forMs) return alarms;
    for (const { agent, phaseMs } of hosts) {
      const lastMs = startMs + phaseMs + Math.floor((dueMs - startMs - phaseMs) / HEARTBEAT_MS) * HEARTBEAT_MS;
      if (lastMs <= startMs) continue;
      setClock(lastMs);
      agent.heard.length = 0;
      agent.say({ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 });
      await agent.hears("ack");
    }
    setClock(dueMs);
    await runDurableObjectAlarm(fleetOf(host));
  }
}

describe("rows written, which are what is paid for", () => {
  it.each([
    [1, 960],
    [20, 1_440],
  ])(
    "by %i idle hosts of one organization in a day: none in D1, and at most %i of its Fleet, all of them alarms",
    async (count, perDay) => {
      const hosts = await crowd(count);
      setClock(Date.now());
      const spanMs = 15 * 60_000;
      let alarms = 0;
      const { fleet, d1 } = await rowsOf(async () => {
        alarms = await idle(hosts, spanMs);
      });
      console.log(`${count} idle hosts: ${(fleet * DAY_MS) / spanMs} rows of the Fleet a day, ${d1} in D1`);
      expect(d1).toBe(0);
      expect(fleet).toBe(alarms);
      expect(fleet).toBeLessThanOrEqual(Math.ceil((perDay * spanMs) / DAY_MS));
    },
  );

  it("by 1,000 idle hosts no more than by 20: by the rule alone, one alarm in a minute at most", () => {
    const perDay = (count: number) => {
      let alarms = 0;
      for (let nowMs = OFFLINE_AFTER_MS; nowMs < DAY_MS; alarms++) {
        const at = nowMs;
        const heardMs = Array.from({ length: count }, (_, i) => {
          const phaseMs = Math.floor((i * HEARTBEAT_MS) / count);
          return phaseMs + Math.floor((at - phaseMs) / HEARTBEAT_MS) * HEARTBEAT_MS;
        });
        nowMs = Math.min(...heardMs) + OFFLINE_AFTER_MS;
      }
      return alarms;
    };
    expect([1, 20, 1_000].map(perDay)).toEqual([959, expect.any(Number), expect.any(Number)]);
    expect(perDay(1_000)).toBeLessThanOrEqual(1_440);
  });

  it("by a change: one of the Fleet and two in D1, and not one for being told again", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1));
    expect(await rowsOf(() => agent.tells(turn(2)))).toEqual({ fleet: 1, d1: 2 });
    agent.heard.length = 0;
    expect(await rowsOf(() => agent.tells(turn(2)))).toEqual({ fleet: 0, d1: 0 });
  });

  it("by a reconnect that changes nothing: that it hung up and that it is back, two of the Fleet, and none in D1", async () => {
    const services = [snapshot()];
    const agent = await TestAgent.greet(host, { services });
    await agent.tells(flip(1, services[0]));
    const rows = await rowsOf(async () => {
      agent.close();
      await agent.isClosed();
      await TestAgent.greet(host, { firstSeq: 1, lastSeq: 1, services });
    });
    expect(rows).toEqual({ fleet: 2, d1: 0 });
  });

  it("by a connection that replaces another, and by hello said again, though probes were made meanwhile: none at all", async () => {
    const services = [snapshot()];
    const first = await TestAgent.greet(host, { services });
    await first.tells(flip(1, services[0]));
    const probed = {
      ...snapshot(services[0]),
      endpoint: { ...snapshot().endpoint!, lastOkMs: Date.now() + 10, lastMs: 4 },
    };
    const rows = await rowsOf(async () => {
      const again = await TestAgent.greet(host, { firstSeq: 1, lastSeq: 1, services: [probed] });
      again.heard.length = 0;
      again.say(hello({ firstSeq: 1, lastSeq: 1, services: [probed] }));
      await again.hears("welcome");
    });
    expect(rows).toEqual({ fleet: 0, d1: 0 });
  });
});

describe("what is written to D1", () => {
  it("is written once: each statement, run again, or late after a newer one, changes no row", async () => {
    await db()
      .insert(command)
      .values({
        ...{ id: `c-${host.id}`, organizationId, hostId: host.id, serviceName: "web", verb: "restart" },
        ...{ step: "queued", steps: [{ step: "queued", atMs: 1, detail: "" }], byUserId: "u", byName: "U" },
        ...{ createdMs: 1, expiresMs: 2 },
      });
    const statements = () => statementsOf(env.DB, [{ host: known(), entries: [entry(10)] }]);
    const first = await env.DB.batch(statements());
    expect(first.map(({ meta }) => meta.rows_written > 0)).toEqual(first.map(() => true));
    const again = await env.DB.batch(statements());
    expect(again.map(({ meta }) => meta.rows_written)).toEqual(again.map(() => 0));
    const late = await env.DB.batch(statementsOf(env.DB, [{ host: known(), entries: [entry(9)] }]));
    // The line of an audit log is told by its place; another entry's is another line.
    expect(late.reduce((sum, { meta }) => sum + meta.rows_written, 0)).toBe(3);
  });

  it("costs one row for each that is written often: no index but what finds it, and no AUTOINCREMENT", async () => {
    const { results } = await env.DB.prepare(
      "select tbl_name, count(*) as indexes from sqlite_master where type = 'index' and tbl_name in ('flip', 'sample_hour', 'service', 'host') group by 1 order by 1",
    ).all<{ tbl_name: string; indexes: number }>();
    // Of hosts and services only what never changes is indexed: organization, host, name, and the key.
    expect(results).toEqual([
      { tbl_name: "host", indexes: 2 },
      { tbl_name: "service", indexes: 3 },
    ]);
    const counting =
      "select count(*) as count from sqlite_master where sql like '%autoincrement%' and name <> 'd1_migrations'";
    expect(await env.DB.prepare(counting).first("count")).toBe(0);
  });

  it("costs one row on the Fleet's own disk, too: tables without row ids, and no index", async () => {
    await TestAgent.greet(host);
    const made = await runInDurableObject(fleetOf(host), (_fleet, state) =>
      state.storage.sql
        .exec<{ name: string; sql: string }>(
          "select name, sql from sqlite_master where sql is not null and name not like '\\_%' escape '\\'",
        )
        .toArray(),
    );
    const oftenWritten = made.filter(({ name }) => name !== "refused");
    expect(oftenWritten.length).toBeGreaterThan(6);
    expect(oftenWritten.filter(({ sql }) => !/^create table .*without rowid/i.test(sql))).toEqual([]);
  });

  const known = (): FleetHost => ({
    ...{ id: host.id, organizationId, name: "web-1", os: "Debian", arch: "x64", version: 1, agentVersion: null },
    ...{ journalId: "j", bootId: "b", runId: "r", remote: [], link: "online", linkSinceMs: 0, lastSeenMs: null },
    ...{ offlineAfterMs: OFFLINE_AFTER_MS, recordedSeq: 0, recordedPosition: 0, countFromMs: 0 },
    ...{ sleeps: false, absence: null },
  });

  function entry(position: number) {
    const { loop, lastLines } = loopOpened(1);
    const subjectId = `${host.id}.web`;
    const view: IncidentView = {
      ...{ id: `i-${host.id}`, kind: "restart-loop" as const, hostId: host.id, hostName: "web-1", service: "web" },
      ...{ title: "t", cause: loop.cause.text, causeCode: null, openedMs: 1, closedMs: null, lastLines, told: [] },
    };
    const evidence = { lastLines, exit: null, restarts: null, spanMs: null, causeCode: null };
    const words = { verdict: "healthy", reasonCode: "endpoint-ok", reason: "", publicStatus: "operational" } as const;
    const step = (name: "queued" | "running") => ({ step: name, atMs: 1, detail: "" });
    const records: DurableRecord[] = [
      { kind: "service", name: "web", snapshot: snapshot(), publicStatus: "operational", atMs: 1 },
      { kind: "service", name: "gone", snapshot: snapshot({ name: "gone" }), publicStatus: "operational", atMs: 1 },
      { kind: "flip", subjectId, atMs: 1, journalId: "j", seq: 1, ...words },
      { kind: "incident-opened", view, subjectId, evidence },
      { kind: "incident-closed", id: view.id, atMs: 2 },
      { kind: "notice", incidentId: view.id, phase: "opened", atMs: 1 },
      { kind: "command", id: `c-${host.id}`, steps: [step("queued"), step("running")] },
      { kind: "sample", hourMs: 3_600_000, coveredMs: 1, services: [] },
      { kind: "audit", action: "host.test", target: host.id, detail: {}, atMs: 1 },
    ];
    const mark = { journalId: "j", seq: 1 };
    return { position, hostId: host.id, mark, patch: { link: "online" as const, lastSeenMs: 1 }, records };
  }
});

describe("hosts stream only while somebody looks", () => {
  const measures = { type: "measures" as const, services: [] };

  it("also after the Fleet slept: who looks still sees it, and the host is not told to stop", async () => {
    const agent = await TestAgent.greet(host, { streams: true });
    const { seen } = await look(organizationId);
    await agent.hears("stream", ({ everyMs }) => everyMs > 0);
    await evictDurableObject(fleetOf(host));
    agent.say(measures);
    await eventually("what it uses", () => seen.find(({ type }) => type === "measures"));
    expect(agent.heard.filter((each) => each.type === "stream" && each.everyMs === 0)).toEqual([]);
  });

  it("and not for a page that is gone without a word: half a connection is found by its missing heartbeat", async () => {
    const agent = await TestAgent.greet(host, { streams: true });
    const looker = await look(organizationId);
    await agent.hears("stream", ({ everyMs }) => everyMs > 0);
    setClock(Date.now() + 151_000);
    agent.say(measures);
    await looker.isClosed();
    agent.say(measures);
    await agent.hears("stream", ({ everyMs }) => everyMs === 0);
  });
});
