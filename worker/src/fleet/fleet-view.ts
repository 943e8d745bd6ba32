import { and, desc, eq, gte, inArray, isNotNull, isNull } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { channel, command, delivery, host, incident, notice, service } from "../db/schema.ts";
import { loadMaintenance } from "./announced.ts";
import type { CommandView, FleetView, IncidentView } from "../live.ts";

/** Closed incidents shown beside the open ones. */
const CLOSED_INCIDENTS = 20;
/** Incidents of which it is shown who was told; D1 binds 100 values in a statement. */
const TOLD_INCIDENTS = 50;
/** Commands stay on the dashboard for so long after their order, milliseconds. */
const COMMANDS_FOR_MS = 10 * 60_000;

/** Past its time, the Fleet has said by now how a command ended, milliseconds. */
const UNHEARD_MS = 60_000;

/** Everything the dashboard of one organization shows, as D1 holds it. */
export async function readFleetView(d1: D1Database, organizationId: string, nowMs: number): Promise<FleetView> {
  const db = drizzle(d1);
  const [hosts, services, open, closed, commands] = await db.batch([
    db
      .select()
      .from(host)
      .where(and(eq(host.organizationId, organizationId), isNull(host.revokedMs)))
      .orderBy(host.name),
    db
      .select()
      .from(service)
      .where(and(eq(service.organizationId, organizationId), isNull(service.removedMs)))
      .orderBy(service.createdMs, service.name),
    incidentRows(db, organizationId, "open").limit(200),
    incidentRows(db, organizationId, "closed").limit(CLOSED_INCIDENTS),
    db
      .select()
      .from(command)
      .where(and(eq(command.organizationId, organizationId), gte(command.createdMs, nowMs - COMMANDS_FOR_MS)))
      .orderBy(desc(command.createdMs))
      .limit(50),
  ]);
  const servicesOf = Map.groupBy(services, ({ hostId }) => hostId);
  const [told, maintenance] = await Promise.all([
    readTold(db, organizationId, [...open, ...closed].slice(0, TOLD_INCIDENTS)),
    loadMaintenance(d1, organizationId, nowMs),
  ]);
  return {
    hosts: hosts.map((row) => ({
      ...hostViewOf(row),
      services: (servicesOf.get(row.id) ?? []).map(({ id, snapshot }) => ({ id, snapshot })),
    })),
    incidents: [...open, ...closed].map(({ evidence, ...row }) => ({
      ...row,
      causeCode: evidence.causeCode,
      lastLines: evidence.lastLines,
      told: told.get(row.id) ?? [],
    })),
    maintenance,
    commands: commands.map((row): CommandView => ({
      id: row.id,
      hostId: row.hostId,
      service: row.serviceName,
      verb: row.verb,
      by: row.byName,
      steps: stepsOf(row, nowMs),
    })),
  };
}

function hostViewOf(row: typeof host.$inferSelect) {
  const { id, name, os, arch, agentVersion, link, lastSeenMs, linkSinceMs, remote } = row;
  const { absence, sleeps, offlineAfterMs } = row;
  return { id, name, os, arch, agentVersion, link, lastSeenMs, linkSinceMs, remote, absence, sleeps, offlineAfterMs };
}

/** An order that never reached the Fleet stays queued for good: nobody is left who could take it. */
function stepsOf({ steps, expiresMs }: typeof command.$inferSelect, nowMs: number): CommandView["steps"] {
  if (steps.length > 1 || nowMs < expiresMs + UNHEARD_MS) return steps;
  return [...steps, { step: "expired", atMs: expiresMs, detail: "its host was never told of it; nothing was done" }];
}

function incidentRows(db: DrizzleD1Database, organizationId: string, which: "open" | "closed") {
  const isOpen = isNull(incident.closedMs);
  // Not a range: D1 would find the closed ones by when they closed, and read all of them to sort them by when they opened.
  return db
    .select({
      id: incident.id,
      kind: incident.kind,
      hostId: incident.hostId,
      hostName: host.name,
      service: incident.serviceName,
      title: incident.title,
      cause: incident.cause,
      openedMs: incident.openedMs,
      closedMs: incident.closedMs,
      evidence: incident.evidence,
    })
    .from(incident)
    .innerJoin(host, eq(host.id, incident.hostId))
    .where(and(eq(incident.organizationId, organizationId), which === "open" ? isOpen : isNotNull(incident.closedMs)))
    .orderBy(desc(incident.openedMs));
}

/** Who was told of these incidents, newest first, by incident. */
async function readTold(
  db: DrizzleD1Database,
  organizationId: string,
  incidents: readonly { id: string }[],
): Promise<Map<string, IncidentView["told"]>> {
  const told = new Map<string, IncidentView["told"]>();
  if (incidents.length === 0) return told;
  const rows = await db
    .select({ incidentId: notice.incidentId, channel: channel.name, atMs: delivery.atMs, ok: delivery.ok })
    .from(notice)
    .innerJoin(delivery, eq(delivery.noticeId, notice.id))
    .innerJoin(channel, eq(channel.id, delivery.channelId))
    .where(
      and(
        eq(notice.organizationId, organizationId),
        inArray(
          notice.incidentId,
          incidents.map(({ id }) => id),
        ),
      ),
    )
    .orderBy(desc(delivery.atMs))
    .limit(500);
  for (const { incidentId, ...row } of rows) told.set(incidentId, [...(told.get(incidentId) ?? []), row]);
  return told;
}
