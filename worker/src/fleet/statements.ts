import { and, eq, isNull, lt, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { audit, command, flip, host, incident, notice, sampleHour, service } from "../db/schema.ts";
import { lastStep } from "./core/command-flight.ts";
import { type DurableRecord, type Entry, type FleetHost, type HostPatch, serviceIdOf } from "./core/fleet-types.ts";
import { slotOf } from "./core/sample-slot.ts";

export type Statement = BatchItem<"sqlite">;
type Of<K extends DurableRecord["kind"]> = Extract<DurableRecord, { kind: K }>;

/**
 * The statements that bring an entry into D1. Each may run twice, or after a newer one of the same row, and changes
 * nothing then. None binds more than a few dozen values (D1 takes 100).
 */
export function statementsOf(db: DrizzleD1Database, of: FleetHost, entry: Entry): Statement[] {
  return entry.records.map((record, index) => statementOf(db, of, entry, record, index));
}

/** The row of the host itself: what changed of it, and the mark that lets the agent forget. */
export function hostStatement(db: DrizzleD1Database, of: FleetHost, entries: readonly Entry[]): Statement | null {
  const patch = entries.reduce<HostPatch>((sum, entry) => ({ ...sum, ...entry.patch }), {});
  const mark = entries.findLast((entry) => entry.mark !== null)?.mark ?? null;
  if (mark === null && Object.keys(patch).length === 0) return null;
  return db
    .update(host)
    .set({ ...patch, ...(mark === null ? {} : { journalId: mark.journalId, recordedSeq: mark.seq }) })
    .where(and(eq(host.id, of.id), eq(host.organizationId, of.organizationId)));
}

function statementOf(
  db: DrizzleD1Database,
  of: FleetHost,
  entry: Entry,
  record: DurableRecord,
  index: number,
): Statement {
  switch (record.kind) {
    case "service":
      return upsertService(db, of, entry, record);
    case "service-removed":
      return db
        .update(service)
        .set({ removedMs: record.atMs, seq: entry.position })
        .where(and(eq(service.id, serviceIdOf(of.id, record.name)), lt(service.seq, entry.position)));
    case "flip": {
      const { kind: _kind, ...row } = record;
      return db
        .insert(flip)
        .values({ ...row, organizationId: of.organizationId })
        .onConflictDoNothing();
    }
    case "incident-opened":
      return insertIncident(db, of, record);
    case "incident-closed":
      return db
        .update(incident)
        .set({ closedMs: record.atMs })
        .where(and(eq(incident.id, record.id), isNull(incident.closedMs)));
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
    case "sample":
      return putSample(db, of, record);
    case "audit":
      return insertAudit(db, of, `${of.id}-${entry.position}-${index}`, record);
  }
}

/** A notice's id is the idempotency key of its deliveries: one for each end of an incident. */
export function noticeIdOf(incidentId: string, phase: "opened" | "closed"): string {
  return `${incidentId}.${phase}`;
}

function upsertService(db: DrizzleD1Database, of: FleetHost, entry: Entry, record: Of<"service">): Statement {
  const { snapshot, publicStatus } = record;
  const seq = entry.position;
  return db
    .insert(service)
    .values({
      id: serviceIdOf(of.id, record.name),
      organizationId: of.organizationId,
      hostId: of.id,
      name: record.name,
      snapshot,
      publicStatus,
      seq,
      createdMs: record.atMs,
    })
    .onConflictDoUpdate({
      target: service.id,
      set: { snapshot, publicStatus, seq, removedMs: null },
      setWhere: lt(service.seq, seq),
    });
}

/** One row an hour, in the place of the one of 35 days ago. Of two samples of one hour, that which saw more of it stays. */
function putSample(db: DrizzleD1Database, of: FleetHost, { hourMs, coveredMs, services }: Of<"sample">): Statement {
  const row = { organizationId: of.organizationId, hourMs, coveredMs, services };
  return db
    .insert(sampleHour)
    .values({ hostId: of.id, slot: slotOf(hourMs), ...row })
    .onConflictDoUpdate({
      target: [sampleHour.hostId, sampleHour.slot],
      set: row,
      // Told twice, it is one: what is there already is left as it is.
      setWhere: sql`(${sampleHour.hourMs}, ${sampleHour.coveredMs}) < (${hourMs}, ${coveredMs})`,
    });
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
