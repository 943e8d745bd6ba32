import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { and, eq, isNull } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { incident } from "../src/db/schema.ts";
import { MaintenanceRecords } from "../src/maintenance/maintenance-records.ts";
import { tellOfMaintenance } from "../src/maintenance/tell-of-maintenance.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { eventually, TestAgent } from "./test-agent.ts";

const S = 1_000;
const MIN = 60_000;
let host: TestHost;
let startMs: number;

const at = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: startMs + ms });

async function alarmAt(ms: number): Promise<void> {
  at(ms);
  await runDurableObjectAlarm(fleetOf(host));
}

const open = async () =>
  (
    await db()
      .select()
      .from(incident)
      .where(and(eq(incident.hostId, host.id), isNull(incident.closedMs)))
  ).map(({ kind }) => kind);

beforeEach(async () => {
  const organizationId = await makeOrganization();
  startMs = Math.floor(Date.now() / MIN) * MIN;
  at(0);
  host = await makeHost(organizationId);
});

afterEach(() => {
  vi.useRealTimers();
});

/** From the first minute to the fifth; the host falls silent in it, while it is known that its agent starts again and again. */
async function silentInMaintenance(): Promise<void> {
  const agent = await TestAgent.greet(host);
  const { organizationId } = host;
  const times = { startsMs: startMs + MIN, endsMs: startMs + 5 * MIN };
  const wanted = { title: "Disk", note: "", timeZone: "UTC", scope: { kind: "all" as const }, recurrence: null };
  const by = { kind: "person" as const, id: "p", name: "Ada" };
  await new MaintenanceRecords(env.DB, organizationId).announce({ ...wanted, ...times }, by, Date.now());
  await tellOfMaintenance(env, organizationId, Date.now());
  at(30 * S);
  await agent.tells(
    ...[1, 2, 3, 4, 5].map((seq) => ({
      ...{ kind: "agent-started" as const, seq, atMs: Date.now() - 10 + seq, runId: `run${seq}`, version: "1.0.0" },
    })),
  );
  await alarmAt(120 * S);
  expect(await open()).toEqual(["agent-loop"]);
}

describe("a held silence", () => {
  it("is told though it is known that its agent starts again and again: that says nothing of it", async () => {
    await silentInMaintenance();
    await alarmAt(5 * MIN + 90 * S);
    expect((await open()).toSorted()).toEqual(["agent-loop", "host-offline"]);
  });

  it("is told by a Fleet that lost its disk as well", async () => {
    await silentInMaintenance();
    at(4 * MIN);
    await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.deleteAll());
    await evictDurableObject(fleetOf(host));
    await fleetOf(host).wake(host.organizationId);
    await alarmAt(5 * MIN + 90 * S);
    await eventually("it to be told", async () => ((await open()).includes("host-offline") ? true : null));
  });
});
