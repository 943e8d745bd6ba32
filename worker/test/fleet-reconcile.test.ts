import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { and, eq, isNull } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { audit, flip as flipTable, host as hostTable, incident, service } from "../src/db/schema.ts";
import { DISAGREEMENTS, type Disagreement } from "../src/fleet/core/agreement.ts";
import { isItsHour } from "../src/upkeep/core/hour-of-day.ts";
import { reconcileFleets } from "../src/upkeep/reconciliation.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { flip, loopOpened, snapshot, TestAgent } from "./test-agent.ts";

let host: TestHost;
let agent: TestAgent;

/** A host with two services, of which one loops. */
beforeEach(async () => {
  host = await makeHost(await makeOrganization());
  agent = await TestAgent.greet(host);
  const down = { verdict: "down", reasonCode: "exited", state: "backoff", reason: "exited with code 3" } as const;
  const loop = { ...loopOpened(4), service: "ingest" };
  await agent.tells(flip(1), flip(2, { name: "ingest" }), flip(3, { name: "ingest", ...down, loop: loop.loop }), loop);
});

const reconciled = async () => ({ ...(await fleetOf(host).reconcile(host.organizationId)) });
const web = () => eq(service.id, `${host.id}.web`);

/** What only happens by a fault: something in the database, or on the Fleet's own disk, is not as it was written. */
const BREAKS: Record<Disagreement, () => Promise<unknown>> = {
  "silent-but-heard": () => onDisk("update host set doc = json_set(doc, '$.link', 'silent', '$.absence', null)"),
  "host-row": () => db().update(hostTable).set({ link: "silent" }).where(eq(hostTable.id, host.id)),
  "service-row": () =>
    db()
      .update(service)
      .set({ snapshot: snapshot({ verdict: "down" }), publicStatus: "outage" })
      .where(web()),
  "service-gone": () =>
    env.DB.prepare(
      `insert into service (id, organization_id, host_id, name, snapshot, public_status, seq, created_ms)
       select host_id || '.ghost', organization_id, host_id, 'ghost', snapshot, public_status, seq, created_ms
       from service where id = ?`,
    )
      .bind(`${host.id}.web`)
      .run(),
  "incident-over": () =>
    onDisk("update service set doc = json_set(doc, '$.snapshot.loop', null) where name = 'ingest'").then(() =>
      env.DB.prepare("update service set snapshot = json_set(snapshot, '$.loop', null) where id = ?")
        .bind(`${host.id}.ingest`)
        .run(),
    ),
  "incident-closed": () => db().update(incident).set({ closedMs: 1 }).where(eq(incident.hostId, host.id)),
  "incident-open": () =>
    db()
      .insert(incident)
      .values({
        ...{ id: `stray-${host.id}`, organizationId: host.organizationId, kind: "service-down", hostId: host.id },
        ...{ subjectId: `${host.id}.web`, serviceName: "web", title: "t", cause: "c", openedMs: 1 },
        evidence: { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null },
      }),
  "incident-missing": () => db().delete(incident).where(eq(incident.hostId, host.id)),
  "flip-missing": () =>
    db()
      .delete(flipTable)
      .where(eq(flipTable.subjectId, `${host.id}.web`)),
};

async function onDisk(statement: string): Promise<void> {
  await runInDurableObject(fleetOf(host), (_fleet, state) => {
    state.storage.sql.exec(statement);
  });
  await evictDurableObject(fleetOf(host));
}

describe("Fleet and database", () => {
  it("where they agree, nothing is touched, however often it is looked", async () => {
    const before = await fleetOf(host).figures();
    for (let i = 0; i < 3; i++) expect(await reconciled()).toEqual({});
    const after = await fleetOf(host).figures();
    expect([after.rowsWritten, after.databaseRowsWritten]).toEqual([before.rowsWritten, before.databaseRowsWritten]);
  });

  it.each(Object.keys(DISAGREEMENTS) as Disagreement[])(
    "%s: is found, mended once, said in the audit log, and then all agrees",
    async (kind) => {
      await BREAKS[kind]();
      const mended = await reconciled();
      expect(mended[kind]).toBe(1);
      expect(await reconciled()).toEqual({});
      const lines = await db()
        .select()
        .from(audit)
        .where(and(eq(audit.target, host.id), eq(audit.action, "fleet.mended")));
      expect(lines.map(({ detail }) => detail[kind])).toEqual(["1"]);
      await asItShouldBe(kind);
    },
  );

  it("broken in every way that the database can be, they agree after one look", async () => {
    for (const kind of ["host-row", "service-row", "service-gone", "incident-open", "flip-missing"] as const) {
      await BREAKS[kind]();
    }
    expect(Object.keys(await reconciled()).toSorted()).toEqual([
      "flip-missing",
      "host-row",
      "incident-open",
      "service-gone",
      "service-row",
    ]);
    expect(await reconciled()).toEqual({});
    await asItShouldBe("host-row");
  });

  it("are compared once a day for each organization, by the clock", async () => {
    await BREAKS["service-row"]();
    const midnight = Date.UTC(2026, 10, 25);
    const said: (string | null)[] = [];
    for (let minute = 0; minute < 1440; minute++) {
      const nowMs = midnight + minute * 60_000;
      if (isItsHour(host.organizationId, nowMs)) said.push(await reconcileFleets(env, nowMs));
    }
    expect(said.filter((each) => each?.includes("1 service-row"))).toHaveLength(1);
  });

  /** The record is as if nothing had been broken. */
  async function asItShouldBe(kind: Disagreement): Promise<void> {
    const [row] = await db().select().from(hostTable).where(eq(hostTable.id, host.id));
    expect(row).toMatchObject({ link: "online" });
    const rows = await db()
      .select()
      .from(service)
      .where(and(eq(service.hostId, host.id), isNull(service.removedMs)))
      .orderBy(service.name);
    expect(rows.map(({ name, publicStatus }) => [name, publicStatus])).toEqual([
      ["ingest", "outage"],
      ["web", "operational"],
    ]);
    const open = await db()
      .select()
      .from(incident)
      .where(and(eq(incident.hostId, host.id), isNull(incident.closedMs)));
    const isOver = kind === "incident-over" || kind === "incident-closed";
    expect(open.map((each) => each.kind)).toEqual(isOver ? [] : ["restart-loop"]);
    const flips = await db()
      .select()
      .from(flipTable)
      .where(eq(flipTable.subjectId, `${host.id}.web`));
    expect(flips.map(({ verdict }) => verdict)).toEqual(["healthy"]);
  }
});
