import type { Role } from "@afloat/shared/domain";
import { and, asc, desc, eq, gte, lt, lte, type SQL, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { may } from "../auth/roles.ts";
import type { WhySaid } from "../alerts/core/alert-types.ts";
import { acknowledgement, alertWhy, incidentNote } from "../db/alert-schema.ts";
import { channel, command, delivery, flip, host, incident, notice, service } from "../db/schema.ts";
import { TO_BE_TOLD_MS } from "../deliveries/read-deliveries.ts";
import { covers } from "../maintenance/core/maintenance.ts";
import { readMaintenance } from "../maintenance/read-maintenance.ts";
import type { FlipsRead, Recorded } from "./core/timeline-types.ts";
import {
  COMMANDS,
  COMMANDS_LOOKED_AT,
  DELIVERIES,
  FLIPS,
  LINK_FLIPS,
  MAINTENANCE,
  NOTES,
  NOTICES,
  WHYS,
  type Window,
  windowOf,
} from "./core/window.ts";

type Incident = typeof incident.$inferSelect;

/** Everything about one incident, as D1 holds it. */
export interface IncidentRead {
  incident: Incident;
  /** Null where it is no member any more. */
  host: Pick<typeof host.$inferSelect, "id" | "name" | "remote" | "revokedMs"> | null;
  service: Pick<typeof service.$inferSelect, "id" | "snapshot" | "removedMs"> | null;
  recorded: Recorded;
  /** Why somebody was told, or was not, in the order in which it was decided. */
  whys: { atMs: number; said: WhySaid }[];
}

/** Of an incident about many hosts, so many of their links are read. */
const HOSTS = 4;

/**
 * Reads an incident of this organization, or null. First itself, then in one batch what belongs to it, each by an index and up to a limit
 * (core/window.ts): one of a month reads no more rows than one of a minute.
 */
export async function readIncident(
  d1: D1Database,
  { organizationId, id, role }: { organizationId: string; id: string; role: Role },
  nowMs: number,
): Promise<IncidentRead | null> {
  const db = drizzle(d1);
  const [found] = await db
    .select()
    .from(incident)
    .where(and(eq(incident.id, id), eq(incident.organizationId, organizationId)));
  if (found === undefined) return null;
  const window = windowOf(found, nowMs);
  const subjects = subjectsOf(found);
  const [[of, services, commands, notices, deliveries, notes, acknowledged, whys, ...flips], maintenance] =
    await Promise.all([
      db.batch([
        hostOf(db, found),
        serviceOf(db, found),
        commandsOf(db, found, window),
        noticesOf(db, found),
        deliveriesOf(db, found),
        notesOf(db, found),
        acknowledgementOf(db, found),
        whysOf(db, found),
        ...subjects.flatMap((subject) => flipsOf(db, subject, found, window)),
      ]),
      readMaintenance(db, organizationId, { fromMs: found.openedMs, toMs: window.endMs, limit: 500 }),
    ]);
  const subject = { hostId: found.hostId, serviceId: found.serviceName === null ? null : found.subjectId };
  const read = subjects.map((each, i): FlipsRead => {
    const [before = [], first = [], last = []] = flips.slice(i * 3, i * 3 + 3);
    return { ...each, name: each.name ?? of[0]?.name ?? "the host", limit: each.limits.each, before, first, last };
  });
  return {
    incident: found,
    host: of[0] ?? null,
    service: services[0] ?? null,
    // What our own Alerts wrote is trusted.
    whys: whys.map(({ atMs, why }) => ({ atMs, said: JSON.parse(why) })),
    recorded: {
      incident: found,
      flips: read,
      commands,
      notices,
      // What a channel answered is for those who may look at channels.
      deliveries: may(role, "channel:view") ? deliveries : deliveries.map((each) => ({ ...each, answer: null })),
      maintenance: maintenance.filter(({ scope }) => covers(scope, subject)).slice(0, MAINTENANCE),
      acknowledgement: acknowledged[0] ?? null,
      notes,
    },
  };
}

interface Subject {
  subjectId: string;
  /** Null: the host's, which is not read yet. */
  name: string | null;
  of: "service" | "host";
  limits: typeof FLIPS;
}

/** Whose changes belong to it: its service's and its host's; of one about many hosts, some of theirs. */
function subjectsOf({ kind, subjectId, hostId, serviceName, evidence }: Incident): Subject[] {
  const link = { of: "host" as const, limits: LINK_FLIPS };
  if (kind === "hosts-silent") {
    return (evidence.many?.hosts ?? []).slice(0, HOSTS).map(({ id, name }) => ({ ...link, subjectId: id, name }));
  }
  if (serviceName === null) return [{ ...link, subjectId: hostId, name: null, limits: FLIPS }];
  return [
    { subjectId, name: serviceName, of: "service", limits: FLIPS },
    { ...link, subjectId: hostId, name: null },
  ];
}

/** Before it began; from then on, the first ones; up to its end, the last ones. Each by the table's own order. */
function flipsOf(
  db: DrizzleD1Database,
  { subjectId, limits }: Subject,
  { openedMs, organizationId }: Incident,
  window: Window,
) {
  const between = (...times: SQL[]) =>
    db
      .select({
        subjectId: flip.subjectId,
        atMs: flip.atMs,
        journalId: flip.journalId,
        seq: flip.seq,
        verdict: flip.verdict,
        reason: flip.reason,
      })
      .from(flip)
      .where(and(eq(flip.subjectId, subjectId), eq(flip.organizationId, organizationId), ...times));
  const inside = [gte(flip.atMs, openedMs), lte(flip.atMs, window.toMs)];
  return [
    between(gte(flip.atMs, window.fromMs), lt(flip.atMs, openedMs)).orderBy(desc(flip.atMs)).limit(limits.before),
    between(...inside)
      .orderBy(asc(flip.atMs))
      .limit(limits.each),
    between(...inside)
      .orderBy(desc(flip.atMs))
      .limit(limits.each),
  ] as const;
}

function hostOf(db: DrizzleD1Database, { hostId, organizationId }: Incident) {
  return db
    .select({
      ...{ id: host.id, name: host.name, remote: host.remote, revokedMs: host.revokedMs },
    })
    .from(host)
    .where(and(eq(host.id, hostId), eq(host.organizationId, organizationId)));
}

function serviceOf(db: DrizzleD1Database, { subjectId, organizationId }: Incident) {
  return db
    .select({ id: service.id, snapshot: service.snapshot, removedMs: service.removedMs })
    .from(service)
    .where(and(eq(service.id, subjectId), eq(service.organizationId, organizationId)));
}

/** Commands are found by their organization: of the last ones in the window, those for its service, or for any of its host. */
function commandsOf(db: DrizzleD1Database, { organizationId, hostId, serviceName }: Incident, window: Window) {
  const asked = db
    .select()
    .from(command)
    .where(
      and(
        eq(command.organizationId, organizationId),
        gte(command.createdMs, window.fromMs),
        lte(command.createdMs, window.toMs),
      ),
    )
    .orderBy(desc(command.createdMs))
    .limit(COMMANDS_LOOKED_AT)
    .as("asked");
  return db
    .select({
      ...{ id: asked.id, verb: asked.verb, serviceName: asked.serviceName, byName: asked.byName },
      ...{ createdMs: asked.createdMs, steps: asked.steps },
    })
    .from(asked)
    .where(and(eq(asked.hostId, hostId), serviceName === null ? undefined : eq(asked.serviceName, serviceName)))
    .limit(COMMANDS);
}

/** Notices that are named after it, and those of several incidents that it is one of. */
function noticeIds({ id }: Incident) {
  return sql`(select id from notice where incident_id = ${id}
    union select notice_id from alert_incident where incident_id = ${id} limit ${NOTICES})`;
}

function noticesOf(db: DrizzleD1Database, of: Incident) {
  return db
    .select({
      ...{ id: notice.id, phase: notice.phase, createdMs: TO_BE_TOLD_MS },
      next: sql`${notice.message} ->> 'next'`.mapWith((said: string): string[] | null => JSON.parse(said)),
    })
    .from(notice)
    .where(and(sql`${notice.id} in ${noticeIds(of)}`, eq(notice.organizationId, of.organizationId)));
}

function deliveriesOf(db: DrizzleD1Database, of: Incident) {
  return db
    .select({
      ...{ id: delivery.id, noticeId: delivery.noticeId, attempt: delivery.attempt, atMs: delivery.atMs },
      ...{ ok: delivery.ok, status: delivery.status, answer: delivery.answer, tookMs: delivery.tookMs },
      channel: channel.name,
    })
    .from(delivery)
    .innerJoin(channel, eq(channel.id, delivery.channelId))
    .where(and(sql`${delivery.noticeId} in ${noticeIds(of)}`, eq(delivery.organizationId, of.organizationId)))
    .limit(DELIVERIES);
}

function notesOf(db: DrizzleD1Database, { id, organizationId }: Incident) {
  return db
    .select({ id: incidentNote.id, atMs: incidentNote.atMs, byName: incidentNote.byName, text: incidentNote.text })
    .from(incidentNote)
    .where(and(eq(incidentNote.incidentId, id), eq(incidentNote.organizationId, organizationId)))
    .orderBy(asc(incidentNote.atMs))
    .limit(NOTES);
}

function acknowledgementOf(db: DrizzleD1Database, { id, organizationId }: Incident) {
  return db
    .select({ atMs: acknowledgement.atMs, via: acknowledgement.via, byName: acknowledgement.byName })
    .from(acknowledgement)
    .where(and(eq(acknowledgement.incidentId, id), eq(acknowledgement.organizationId, organizationId)));
}

function whysOf(db: DrizzleD1Database, { id, organizationId }: Incident) {
  return db
    .select({ atMs: alertWhy.atMs, why: sql<string>`${alertWhy.why}` })
    .from(alertWhy)
    .where(and(eq(alertWhy.incidentId, id), eq(alertWhy.organizationId, organizationId)))
    .orderBy(asc(alertWhy.atMs), asc(alertWhy.position))
    .limit(WHYS);
}
