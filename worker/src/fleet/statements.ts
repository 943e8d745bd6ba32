import { and, eq, isNull, lt, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { audit, command, incident, notice, service } from "../db/schema.ts";
import { lastStep } from "./core/command-flight.ts";
import { type DurableRecord, type Entry, type FleetHost, type HostPatch, serviceIdOf } from "./core/fleet-types.ts";
import { sampleRowsOf } from "./core/sample-rows.ts";
import { FOLD_AGAIN, lateOf } from "../uptime/late.ts";

const HOUR_MS = 3_600_000;

interface Statement {
  toSQL: () => { sql: string; params: unknown[] };
}
type Of<K extends DurableRecord["kind"]> = Extract<DurableRecord, { kind: K }>;

/** Entries of one host, oldest first. */
export interface HostEntries {
  host: FleetHost;
  entries: Entry[];
}

/**
 * The statements that bring entries into D1. Each may run twice, or after a newer one of the same row, and changes nothing
 * then. What there may be much of goes into one statement with one bound value, since each statement costs D1 by itself.
 */
export function statementsOf(
  d1: D1Database,
  byHost: readonly HostEntries[],
  nowMs = Date.now(),
): D1PreparedStatement[] {
  const db = drizzle(d1);
  const bulk = (statement: string, rows: readonly object[]) =>
    rows.length === 0 ? [] : [d1.prepare(statement).bind(JSON.stringify(rows))];
  const others = byHost.flatMap(({ host: of, entries }) =>
    entries.flatMap((entry) =>
      entry.records.flatMap((record, index) => statementOf(db, of, entry, record, index)?.toSQL() ?? []),
    ),
  );
  return [
    ...bulk(PUT_SERVICES, byHost.flatMap(servicesOf)),
    ...bulk(PUT_FLIPS, byHost.flatMap(flipsOf)),
    ...bulk(PUT_SAMPLES, byHost.flatMap(samplesOf)),
    ...bulk(
      FOLD_AGAIN,
      byHost.flatMap((each) => lateFlipsOf(each, nowMs)),
    ),
    ...others.map(({ sql: statement, params }) => d1.prepare(statement).bind(...params)),
    // Last: a mark lets the agent forget.
    ...bulk(PATCH_HOSTS, byHost.flatMap(hostOf)),
  ];
}

/**
 * Services as they are after these entries: of several changes of one only the last is a row to write. Each carries how far the host is
 * recorded by then, so that a change of a service writes no row of its host.
 */
function servicesOf({ host: of, entries }: HostEntries): object[] {
  const marked = markOf(entries);
  const services = new Map<string, object>();
  for (const { position: seq, records } of entries) {
    for (const record of records) {
      if (record.kind !== "service") continue;
      const { name, snapshot, publicStatus, atMs } = record;
      const row = { id: serviceIdOf(of.id, name), organizationId: of.organizationId, hostId: of.id };
      services.set(name, { ...row, name, snapshot, publicStatus, seq, atMs, ...marked });
    }
  }
  return [...services.values()];
}

function flipsOf({ host: of, entries }: HostEntries): object[] {
  return entries.flatMap(({ records }) =>
    records.flatMap((record) => (record.kind === "flip" ? { ...record, organizationId: of.organizationId } : [])),
  );
}

function samplesOf({ host: { id, organizationId }, entries }: HostEntries): object[] {
  const hours = entries.flatMap(({ records }) => records.flatMap((record) => (record.kind === "sample" ? record : [])));
  return sampleRowsOf(hours).map((row) => ({ ...row, hostId: id, organizationId }));
}

/** The days that are over by now, and that these flips change all the same. */
function lateFlipsOf({ host: { id, organizationId }, entries }: HostEntries, nowMs: number): object[] {
  const flips = entries.flatMap(({ records }) => records.flatMap((of) => (of.kind === "flip" ? of.atMs : [])));
  const late = lateOf({ id, organizationId }, flips, nowMs);
  return late === null ? [] : [late];
}

/** What changed of the host itself, and the mark where no row of a service carries it. */
function hostOf({ host: of, entries }: HostEntries): object[] {
  const patch = entries.reduce<HostPatch>((sum, entry) => ({ ...sum, ...entry.patch }), {});
  const marked = markOf(entries);
  const isCarried = marked === null || entries.some(({ records }) => records.some(({ kind }) => kind === "service"));
  if (isCarried && Object.keys(patch).length === 0) return [];
  const position = entries.at(-1)?.position ?? 0;
  return [{ id: of.id, organizationId: of.organizationId, position, ...patch, ...marked }];
}

/** The events up to which D1 has all of the host's journal with these entries; null where they come from the Fleet alone. */
function markOf(entries: readonly Entry[]): { journalId: string; recordedSeq: number } | null {
  const mark = entries.findLast((entry) => entry.mark !== null)?.mark ?? null;
  return mark === null ? null : { journalId: mark.journalId, recordedSeq: mark.seq };
}

const PUT_SERVICES = `
  insert into service (id, organization_id, host_id, name, snapshot, public_status, seq, journal_id, recorded_seq, created_ms)
  select value ->> 'id', value ->> 'organizationId', value ->> 'hostId', value ->> 'name', value -> 'snapshot',
    value ->> 'publicStatus', value ->> 'seq', value ->> 'journalId', value ->> 'recordedSeq', value ->> 'atMs'
  from json_each(?) where true
  on conflict (id) do update set snapshot = excluded.snapshot, public_status = excluded.public_status, seq = excluded.seq,
    journal_id = coalesce(excluded.journal_id, journal_id), recorded_seq = coalesce(excluded.recorded_seq, recorded_seq),
    removed_ms = null
  where service.seq < excluded.seq`;

const PUT_FLIPS = `
  insert into flip (subject_id, at_ms, journal_id, seq, organization_id, verdict, reason_code, reason, public_status)
  select value ->> 'subjectId', value ->> 'atMs', value ->> 'journalId', value ->> 'seq', value ->> 'organizationId',
    value ->> 'verdict', value ->> 'reasonCode', value ->> 'reason', value ->> 'publicStatus'
  from json_each(?) where true
  on conflict do nothing`;

/** What is there is of an earlier time, or saw less of the same hour. */
const IS_LESS = "(hour_ms, covered_ms) < (excluded.hour_ms, excluded.covered_ms)";
const IS_NEXT_LESS =
  "(hour_ms, coalesce(next_covered_ms, -1)) < (excluded.hour_ms, coalesce(excluded.next_covered_ms, -1))";

/**
 * In the place of the hour of 35 days ago. Of two samples of one hour, that which saw more of it stays; told twice, it is one: what is there
 * already is left as it is.
 */
const PUT_SAMPLES = `
  insert into sample_hour (host_id, slot, organization_id, hour_ms, covered_ms, services, next_covered_ms, next_services)
  select value ->> 'hostId', value ->> 'slot', value ->> 'organizationId', value ->> 'hourMs', value ->> 'coveredMs',
    value ->> 'services', value ->> 'nextCoveredMs', value ->> 'nextServices'
  from json_each(?) as told
  -- It stands with the hour before it already.
  where not exists (
    select 1 from sample_hour as before where before.host_id = told.value ->> 'hostId' and before.slot = told.value ->> 'slot' - 1
      and before.hour_ms = told.value ->> 'hourMs' - ${HOUR_MS} and before.next_covered_ms >= told.value ->> 'coveredMs')
  on conflict do update set organization_id = excluded.organization_id, hour_ms = excluded.hour_ms,
    covered_ms = iif(${IS_LESS}, excluded.covered_ms, covered_ms), services = iif(${IS_LESS}, excluded.services, services),
    next_covered_ms = iif(${IS_NEXT_LESS}, excluded.next_covered_ms, next_covered_ms),
    next_services = iif(${IS_NEXT_LESS}, excluded.next_services, next_services)
  where hour_ms <= excluded.hour_ms and (${IS_LESS} or ${IS_NEXT_LESS})`;

/** What is not said of a host stays. A write that was believed lost, and lands late, finds a newer position and does nothing. */
const PATCH_HOSTS = `
  update host set
    os = coalesce(value ->> 'os', os), arch = coalesce(value ->> 'arch', arch),
    agent_version = coalesce(value ->> 'agentVersion', agent_version),
    journal_id = coalesce(value ->> 'journalId', journal_id), boot_id = coalesce(value ->> 'bootId', boot_id),
    run_id = coalesce(value ->> 'runId', run_id), remote = coalesce(value -> 'remote', remote),
    link = coalesce(value ->> 'link', link), link_since_ms = coalesce(value ->> 'linkSinceMs', link_since_ms),
    offline_after_ms = coalesce(value ->> 'offlineAfterMs', offline_after_ms), sleeps = coalesce(value ->> 'sleeps', sleeps),
    absence = coalesce(value -> 'absence', absence), last_seen_ms = coalesce(value ->> 'lastSeenMs', last_seen_ms),
    recorded_seq = coalesce(value ->> 'recordedSeq', recorded_seq), position = value ->> 'position'
  from json_each(?)
  where host.id = value ->> 'id' and host.organization_id = value ->> 'organizationId' and host.position < value ->> 'position'`;

/** What there is seldom any of, a statement each, in the order in which it happened. Null for what goes in bulk. */
function statementOf(
  db: DrizzleD1Database,
  of: FleetHost,
  entry: Entry,
  record: DurableRecord,
  index: number,
): Statement | null {
  switch (record.kind) {
    case "service":
    case "flip":
    case "sample":
      return null;
    case "service-removed":
      return db
        .update(service)
        .set({ removedMs: record.atMs, seq: entry.position })
        .where(and(eq(service.id, serviceIdOf(of.id, record.name)), lt(service.seq, entry.position)));
    case "incident-opened":
      return insertIncident(db, of, record);
    case "incident-closed":
      return db
        .update(incident)
        .set({ closedMs: record.atMs })
        .where(and(eq(incident.id, record.id), isNull(incident.closedMs)));
    case "incident-reworded": {
      const { title, cause, many } = record;
      const evidence = sql`json_set(${incident.evidence}, '$.many', json(${JSON.stringify(many)}))`;
      return db
        .update(incident)
        .set({ title, cause, evidence })
        .where(and(eq(incident.id, record.id), isNull(incident.closedMs)));
    }
    case "notice": {
      const { incidentId, phase, atMs } = record;
      const id = noticeIdOf(incidentId, phase);
      return db
        .insert(notice)
        .values({ id, organizationId: of.organizationId, incidentId, phase, createdMs: atMs })
        .onConflictDoNothing();
    }
    case "command":
      return db
        .update(command)
        .set({ step: lastStep(record), steps: record.steps })
        .where(
          and(
            eq(command.id, record.id),
            eq(command.organizationId, of.organizationId),
            sql`json_array_length(${command.steps}) < ${record.steps.length}`,
          ),
        );
    case "audit":
      return insertAudit(db, of, `${of.id}-${entry.position}-${index}`, record);
  }
}

/** A notice's id is the idempotency key of its deliveries: one for each end of an incident. */
export function noticeIdOf(incidentId: string, phase: "opened" | "closed"): string {
  return `${incidentId}.${phase}`;
}

function insertIncident(db: DrizzleD1Database, of: FleetHost, record: Of<"incident-opened">): Statement {
  const { view, subjectId, evidence } = record;
  return db
    .insert(incident)
    .values({
      id: view.id,
      organizationId: of.organizationId,
      kind: view.kind,
      subjectId,
      hostId: of.id,
      serviceName: view.service,
      title: view.title,
      cause: view.cause,
      openedMs: view.openedMs,
      evidence,
    })
    .onConflictDoNothing();
}

function insertAudit(db: DrizzleD1Database, of: FleetHost, id: string, record: Of<"audit">): Statement {
  const { action, target, detail, atMs } = record;
  const actor = { actorKind: "host" as const, actorId: of.id, actorName: of.name };
  return db
    .insert(audit)
    .values({ id, organizationId: of.organizationId, atMs, ...actor, action, target, detail })
    .onConflictDoNothing();
}
