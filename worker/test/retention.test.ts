import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { acknowledgement, alertIncident, alertWhy, incidentNote, silence } from "../src/db/alert-schema.ts";
import { maintenance } from "../src/db/maintenance-schema.ts";
import {
  audit,
  command,
  delivery,
  flip,
  host as hostTable,
  incident,
  notice,
  retention,
  sampleHour,
  service,
  statusComponent,
  uptimeDay,
  uptimeHostDay,
} from "../src/db/schema.ts";
import { removeGone } from "../src/retention/gone.ts";
import { removeOld } from "../src/retention/remove-old.ts";
import { db, makeChannel, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { addFlip, addService, DAY } from "./status-ground.ts";

const HOUR = 3_600_000;
const nowMs = Date.UTC(2028, 1, 29, 12);
const TABLES = { audit, command, delivery, incident, incident_note: incidentNote, maintenance, notice, silence };
/** Those that are named by their incident. */
const OF_INCIDENT = { acknowledgement, alert_incident: alertIncident, alert_why: alertWhy };
let organizationId: string;

beforeEach(async () => {
  for (const table of [
    "organization",
    "host",
    "service",
    "flip",
    "sample_hour",
    "uptime_day",
    "channel",
    ...Object.keys({ ...TABLES, ...OF_INCIDENT }),
  ]) {
    await env.DB.exec(`delete from ${table}`);
  }
  organizationId = await makeOrganization();
});

/** One of each kind that `removeOld` knows, all so many days old; named by it. */
async function leave(days: number, of = organizationId): Promise<void> {
  const [id, atMs] = [`${of}-${days}`, nowMs - days * DAY];
  const own = { id, organizationId: of };
  const evidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
  const shared = {
    ...own,
    kind: "service-down" as const,
    subjectId: id,
    hostId: "h",
    title: "t",
    cause: "c",
    evidence,
  };
  await db()
    .insert(incident)
    .values({ ...shared, openedMs: atMs - 500 * DAY, closedMs: atMs });
  await db()
    .insert(notice)
    .values({ ...own, incidentId: id, phase: "opened", createdMs: atMs });
  const sent = { ...own, noticeId: id, channelId: "c", attempt: 1, atMs, ok: true, answer: "", tookMs: 1 };
  await db().insert(delivery).values(sent);
  const asked = { ...own, hostId: "h", serviceName: "web", verb: "restart" as const, step: "done" as const, steps: [] };
  await db()
    .insert(command)
    .values({ ...asked, byUserId: "u", byName: "U", createdMs: atMs, expiresMs: atMs });
  const said = { actorKind: "person" as const, actorId: "u", actorName: "U", action: "a", target: "t", detail: {} };
  await db()
    .insert(audit)
    .values({ ...own, atMs, ...said });
  const span = { title: "t", startsMs: atMs - 1, endsMs: atMs, createdMs: 1, scope: { kind: "all" as const } };
  await db()
    .insert(maintenance)
    .values({ ...own, ...span });
  const by = { byUserId: "u", byName: "U" };
  await db()
    .insert(silence)
    .values({ ...own, ...by, matcher: {}, reason: "r", startsMs: atMs - 1, endsMs: atMs, createdMs: 1 });
  await db()
    .insert(incidentNote)
    .values({ ...own, ...by, incidentId: id, atMs, text: "t" });
  const ofIncident = { organizationId: of, incidentId: id };
  await db()
    .insert(acknowledgement)
    .values({ ...ofIncident, atMs, via: "page", byId: "u", byName: "U" });
  await db()
    .insert(alertIncident)
    .values({ ...ofIncident, noticeId: id });
  await db()
    .insert(alertWhy)
    .values({ ...ofIncident, atMs, position: 0, why: {} });
}

/** The ids that are there, of each kind. */
async function left(): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const [name, table] of Object.entries(TABLES)) {
    found[name] = (await db().select({ id: table.id }).from(table)).map(({ id }) => id).toSorted();
  }
  for (const [name, table] of Object.entries(OF_INCIDENT)) {
    found[name] = (await db().select({ id: table.incidentId }).from(table)).map(({ id }) => id).toSorted();
  }
  return found;
}

const eachHas = (...ids: string[]) =>
  Object.fromEntries(Object.keys({ ...TABLES, ...OF_INCIDENT }).map((name) => [name, ids.toSorted()]));

describe("what is older than it is kept", () => {
  it("is removed, of each kind, and not a day before", async () => {
    await leave(401);
    await leave(399);
    expect(await removeOld(env.DB, nowMs)).toMatch(
      /1 deliveries, 1 notices, 1 reasons, .*1 incidents, 1 silences, 1 commands/,
    );
    expect(await left()).toEqual(eachHas(`${organizationId}-399`));
    expect(await removeOld(env.DB, nowMs)).toBeNull();
  });

  it("is what the organization says, and nobody else's", async () => {
    const other = await makeOrganization("Borealis");
    await db()
      .insert(retention)
      .values({ organizationId, flipDays: 60, uptimeDays: 90, incidentDays: 60, auditDays: 60 });
    for (const of of [organizationId, other]) for (const days of [91, 50]) await leave(days, of);
    await removeOld(env.DB, nowMs);
    expect(await left()).toEqual(eachHas(`${organizationId}-50`, `${other}-91`, `${other}-50`));
  });

  it("is never an incident that is open, nor what was told of it, however old", async () => {
    await leave(900);
    await db().update(incident).set({ closedMs: null });
    await removeOld(env.DB, nowMs);
    const { incident: open, notice: told, delivery: sent } = await left();
    expect([open, told, sent].flat()).toHaveLength(3);
  });

  it("goes in parts: a run removes at most a thousand of a kind, and the next one goes on", async () => {
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 2500)
       insert into audit select 'a' || i, ?, ?, 'person', 'u', 'U', 'a', 't', '{}' from n`,
    )
      .bind(organizationId, nowMs - 500 * DAY)
      .run();
    const counts: number[] = [];
    for (let i = 0; i < 4; i++) {
      await removeOld(env.DB, nowMs);
      counts.push(await db().$count(audit));
    }
    expect(counts).toEqual([1500, 500, 0, 0]);
  });

  it("is what was told of a channel that did not hear, though no incident is behind it", async () => {
    const channelId = await makeChannel(organizationId);
    for (const days of [401, 399]) {
      const [id, incidentId] = [`channel-${channelId}.dead-${days}`, `channel-${channelId}`];
      await db()
        .insert(notice)
        .values({ id, organizationId, incidentId, phase: `dead-${days}`, createdMs: nowMs - days * DAY });
      const sent = { organizationId, noticeId: id, channelId, attempt: 1, atMs: 1, ok: true, answer: "", tookMs: 1 };
      await db()
        .insert(delivery)
        .values({ ...sent, id });
    }
    await removeOld(env.DB, nowMs);
    const { notice: notices, delivery: deliveries } = await left();
    expect([notices, deliveries]).toEqual([[`channel-${channelId}.dead-399`], [`channel-${channelId}.dead-399`]]);
  });

  it("is, with an incident, all that was told of it, however often", async () => {
    await leave(500);
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 1500)
       insert into delivery (id, organization_id, notice_id, channel_id, attempt, at_ms, ok, status, answer, took_ms)
       select 'd' || i, ?1, ?2, 'c', 1, 1, 1, 200, '', 1 from n`,
    )
      .bind(organizationId, `${organizationId}-500`)
      .run();
    await removeOld(env.DB, nowMs);
    expect(await db().$count(delivery), "no delivery without its incident").toBe(0);
    expect(await db().$count(incident)).toBe(0);
  });
});

describe("what is left of those that are gone", () => {
  let host: TestHost;
  const hosts = () => db().select({ id: hostTable.id }).from(hostTable);

  beforeEach(async () => {
    host = await makeHost(organizationId);
  });

  async function addSample(of: TestHost, hourMs: number) {
    const row = { organizationId, hourMs, coveredMs: HOUR, services: [], slot: (hourMs / HOUR) % 840 };
    await db()
      .insert(sampleHour)
      .values({ hostId: of.id, ...row });
  }

  async function lived(of: TestHost, name: string, removedMs: number | null = null): Promise<string> {
    const id = await addService(of, name, { createdMs: 1, removedMs });
    for (const days of [900, 800, 700]) await addFlip(of, id, nowMs - days * DAY, "operational");
    const day = { operationalMs: 1, degradedMs: 0, outageMs: 0, maintenanceMs: 0, unknownMs: 0 };
    await db()
      .insert(uptimeDay)
      .values({ serviceId: id, day: 1, organizationId, ...day });
    await db()
      .insert(uptimeHostDay)
      .values({ hostId: of.id, day: 2, organizationId, services: { [name]: [] } })
      .onConflictDoNothing();
    await db().insert(statusComponent).values({ pageId: "p", serviceId: id, organizationId, name, position: 1 });
    return id;
  }

  it("a host that was taken out goes whole once its incidents are gone; another one stays as it is", async () => {
    const stays = await makeHost(organizationId, "stays");
    for (const each of [host, stays]) {
      await lived(each, "web");
      await addSample(each, Math.floor((nowMs - 20 * DAY) / HOUR) * HOUR);
    }
    const revoke = (days: number) =>
      db()
        .update(hostTable)
        .set({ revokedMs: nowMs - days * DAY })
        .where(eq(hostTable.id, host.id));
    await db().update(hostTable).set({ link: "online" }).where(eq(hostTable.id, stays.id));
    await revoke(399);
    await removeGone(env.DB, nowMs);
    expect(await hosts()).toHaveLength(2);
    expect(await db().$count(flip)).toBe(6);
    await revoke(401);
    expect(await removeGone(env.DB, nowMs)).toContain("3 changes, 2 days, 1 services, 1 hosts");
    for (const [table, count] of [
      ...([
        [flip, 3] as const,
        [uptimeDay, 1] as const,
        [uptimeHostDay, 1] as const,
        [sampleHour, 1] as const,
      ] as const),
      ...([[service, 1] as const, [statusComponent, 1] as const] as const),
    ]) {
      expect(await db().$count(table), "only the other one's").toBe(count);
    }
    expect(await hosts()).toEqual([{ id: stays.id }]);
    expect(await removeGone(env.DB, nowMs)).toBeNull();
  });

  it("goes in parts: a run that cannot remove all of a host leaves the host for the next one", async () => {
    await lived(host, "web");
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 1800)
       insert into flip select ?1, i, 'j', i, ?2, 'online', 'r', 'r', 'operational' from n`,
    )
      .bind(host.id, organizationId)
      .run();
    await db().update(hostTable).set({ revokedMs: 1 }).where(eq(hostTable.id, host.id));
    await removeGone(env.DB, nowMs);
    expect(await hosts()).toHaveLength(1);
    expect(await db().$count(flip)).toBe(803);
    await removeGone(env.DB, nowMs);
    expect(await hosts()).toEqual([]);
    expect(await db().$count(flip)).toBe(0);
  });

  it("a service that its host has no more goes alike, and its host stays", async () => {
    await lived(host, "old", nowMs - 401 * DAY);
    const young = await lived(host, "young", nowMs - 399 * DAY);
    const configured = await lived(host, "web");
    await removeGone(env.DB, nowMs);
    const services = await db().select({ id: service.id }).from(service);
    expect(services.map(({ id }) => id).toSorted()).toEqual([young, configured].toSorted());
    expect(await db().$count(flip)).toBe(6);
    expect(await hosts()).toHaveLength(1);
  });

  it("samples of a host that has not been heard for 35 days go; those of one that is heard are written over", async () => {
    const heard = await makeHost(organizationId, "heard");
    const lately = await makeHost(organizationId, "lately");
    for (const each of [host, heard, lately]) await addSample(each, Math.floor((nowMs - 60 * DAY) / HOUR) * HOUR);
    const links = sql`case id when ${heard.id} then 'online' else 'silent' end`;
    const sinceMs = sql`case id when ${lately.id} then ${nowMs - 34 * DAY} else ${nowMs - 36 * DAY} end`;
    await db().update(hostTable).set({ link: links, linkSinceMs: sinceMs, lastSeenMs: sinceMs });
    expect(await removeGone(env.DB, nowMs)).toContain("1 samples");
    const rows = await db().select({ hostId: sampleHour.hostId }).from(sampleHour);
    expect(rows.map(({ hostId }) => hostId).toSorted()).toEqual([heard.id, lately.id].toSorted());
    expect(await removeGone(env.DB, nowMs)).toBeNull();
  });
});
