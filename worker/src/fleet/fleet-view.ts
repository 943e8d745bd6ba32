import { and, type Column, desc, eq, gte, isNotNull, isNull } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { readTold } from "../alerts/read-told.ts";
import { acknowledgement } from "../db/alert-schema.ts";
import { command, host, incident, service } from "../db/schema.ts";
import { loadMaintenance } from "./announced.ts";
import type { CommandView, FleetView, HostView, IncidentView } from "../live.ts";
import type { NamedMaintenance } from "../maintenance/core/maintenance.ts";
import { heldAgainUntilMs } from "./core/held-incident.ts";
import { isWith, type Shard, WHOLE } from "./core/placement.ts";
import { among, isOf } from "./of-hosts.ts";

/** Closed incidents shown beside the open ones. */
const CLOSED_INCIDENTS = 20;
/** Incidents of which it is shown who was told; D1 binds 100 values in a statement. */
const TOLD_INCIDENTS = 50;
/** Commands stay on the dashboard for so long after their order, milliseconds. */
const COMMANDS_FOR_MS = 10 * 60_000;

/** Past its time, the Fleet has said by now how a command ended, milliseconds. */
const UNHEARD_MS = 60_000;

/** Everything the dashboard of one organization shows, as D1 holds it; of one that is spread, what is of the hosts of this shard. */
export async function readFleetView(
  d1: D1Database,
  organizationId: string,
  nowMs: number,
  shard: Shard = WHOLE,
): Promise<FleetView> {
  const db = drizzle(d1);
  const hostIds = shard.of === 1 ? null : await readHostIds(db, organizationId, shard);
  const [hosts, lately] = await Promise.all([
    readHosts(db, organizationId, hostIds),
    readLately(d1, organizationId, nowMs),
  ]);
  if (hostIds === null) return { hosts, ...lately };
  const isHere = ({ hostId }: { hostId: string }) => isWith(shard, hostId);
  return { ...lately, hosts, incidents: lately.incidents.filter(isHere), commands: lately.commands.filter(isHere) };
}

/** What of a dashboard is not hosts: what is open, what was asked of them, and what is announced. */
export async function readLately(
  d1: D1Database,
  organizationId: string,
  nowMs: number,
): Promise<Omit<FleetView, "hosts">> {
  const db = drizzle(d1);
  const [{ incidents, maintenance }, commands] = await Promise.all([
    readIncidents(d1, organizationId, nowMs),
    db
      .select()
      .from(command)
      .where(and(eq(command.organizationId, organizationId), gte(command.createdMs, nowMs - COMMANDS_FOR_MS)))
      .orderBy(desc(command.createdMs))
      .limit(50),
  ]);
  return {
    incidents,
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

/** Open incidents and the latest closed, with who was told of them, and the maintenance that some of them wait for. */
export async function readIncidents(
  d1: D1Database,
  organizationId: string,
  nowMs: number,
): Promise<{ incidents: IncidentView[]; maintenance: NamedMaintenance[] }> {
  const db = drizzle(d1);
  const [[open, closed], maintenance] = await Promise.all([
    db.batch([
      incidentRows(db, organizationId, "open").limit(200),
      incidentRows(db, organizationId, "closed").limit(CLOSED_INCIDENTS),
    ]),
    loadMaintenance(d1, organizationId, nowMs),
  ]);
  const told = await readTold(d1, organizationId, [...open, ...closed].slice(0, TOLD_INCIDENTS));
  const incidents = [...open, ...closed].map(({ evidence, acknowledgedBy, acknowledgedMs, subjectId, ...row }) => ({
    ...row,
    ...(acknowledgedBy === null ? {} : { acknowledged: { by: acknowledgedBy, atMs: acknowledgedMs ?? row.openedMs } }),
    ...(told.has(row.id) ? {} : heldOf({ ...row, subjectId }, maintenance, nowMs)),
    causeCode: evidence.causeCode,
    lastLines: evidence.lastLines,
    told: told.get(row.id) ?? [],
  }));
  return { incidents, maintenance };
}

/** Of what nobody was told of: as a Fleet has it that takes it over from D1. */
function heldOf(
  incident: Pick<IncidentView, "hostId" | "service" | "openedMs" | "closedMs"> & { subjectId: string },
  maintenance: readonly NamedMaintenance[],
  nowMs: number,
): Pick<IncidentView, "heldUntilMs"> {
  if (incident.closedMs !== null) return {};
  const heldUntilMs = heldAgainUntilMs(maintenance, incident, incident.subjectId);
  return heldUntilMs === null || heldUntilMs <= nowMs ? {} : { heldUntilMs };
}

/** Hosts with their services, by name: all of an organization, or these. */
export async function readHosts(
  db: DrizzleD1Database,
  organizationId: string,
  hostIds: readonly string[] | null,
): Promise<HostView[]> {
  const mine = (column: Column, hostId: Column) =>
    and(isOf(column, organizationId, hostIds !== null), hostIds === null ? undefined : among(hostId, hostIds));
  const [hosts, services] = await db.batch([
    db
      .select()
      .from(host)
      .where(and(mine(host.organizationId, host.id), isNull(host.revokedMs)))
      .orderBy(host.name),
    db
      .select()
      .from(service)
      .where(and(mine(service.organizationId, service.hostId), isNull(service.removedMs)))
      .orderBy(service.createdMs, service.name),
  ]);
  const servicesOf = Map.groupBy(services, ({ hostId }) => hostId);
  return hosts.map((row) => ({
    ...hostViewOf(row),
    services: (servicesOf.get(row.id) ?? []).map(({ id, snapshot }) => ({ id, snapshot })),
  }));
}

async function readHostIds(db: DrizzleD1Database, organizationId: string, shard: Shard): Promise<string[]> {
  const rows = await db
    .select({ id: host.id })
    .from(host)
    .where(and(eq(host.organizationId, organizationId), isNull(host.revokedMs)));
  return rows.flatMap(({ id }) => (isWith(shard, id) ? id : []));
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
      subjectId: incident.subjectId,
      hostId: incident.hostId,
      hostName: host.name,
      service: incident.serviceName,
      title: incident.title,
      cause: incident.cause,
      openedMs: incident.openedMs,
      closedMs: incident.closedMs,
      evidence: incident.evidence,
      acknowledgedBy: acknowledgement.byName,
      acknowledgedMs: acknowledgement.atMs,
    })
    .from(incident)
    .leftJoin(acknowledgement, eq(acknowledgement.incidentId, incident.id))
    .innerJoin(host, eq(host.id, incident.hostId))
    .where(and(eq(incident.organizationId, organizationId), which === "open" ? isOpen : isNotNull(incident.closedMs)))
    .orderBy(desc(incident.openedMs));
}
