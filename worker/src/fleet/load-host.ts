import type { IncidentKind } from "@afloat/shared/domain";
import { and, eq, gte, inArray, isNull, notInArray, or, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { command, host, incident, notice, service } from "../db/schema.ts";
import { GRANTED_LIMIT_MS, lastStep } from "./core/command-flight.ts";
import type { FleetHost, FlyingCommand, OpenIncident } from "./core/fleet-types.ts";
import { isWith, type Shard } from "./core/placement.ts";
import { among, isOf } from "./of-hosts.ts";
import type { LoadedHost } from "./store.ts";

/** A command's whole life at most, twice over: older ones are nobody's any more, milliseconds. */
const COMMANDS_FOR_MS = 4 * GRANTED_LIMIT_MS;

/** Hosts as D1 holds them, for a Fleet that does not know them yet. Those that the organization does not have are left out. */
export function loadHosts(d1: D1Database, organizationId: string, hostIds: readonly string[]): Promise<LoadedHost[]> {
  return load(d1, organizationId, ofThese(organizationId, hostIds));
}

/** Incidents that time ends, whether their host speaks again or not. */
const STANDING: IncidentKind[] = ["host-flapping", "hosts-silent", "host-cloned", "agent-loop"];

/**
 * The hosts of its part of an organization that a Fleet must know though they may never speak again: those that count as online, those that are
 * awaited back, those with a command under way, those with an incident that time ends, and those that are silent while nobody was told, or was told
 * of many at once. Its disk may be lost, and their silence is to be noticed all the same.
 */
export async function loadWatched(
  d1: D1Database,
  organizationId: string,
  shard: Shard,
  nowMs: number,
): Promise<LoadedHost[]> {
  const ordered = drizzle(d1)
    .select({ id: command.hostId })
    .from(command)
    .where(and(eq(command.organizationId, organizationId), underWay(nowMs)));
  const awaited = and(eq(host.link, "away"), sql`${host.absence} ->> 'untilMs' is not null`);
  const standing = drizzle(d1)
    .select({ id: incident.hostId })
    .from(incident)
    .where(
      and(eq(incident.organizationId, organizationId), isNull(incident.closedMs), inArray(incident.kind, STANDING)),
    );
  const alarmed = drizzle(d1)
    .select({ id: incident.subjectId })
    .from(incident)
    .where(
      and(eq(incident.organizationId, organizationId), isNull(incident.closedMs), eq(incident.kind, "host-offline")),
    );
  const held = and(eq(host.link, "silent"), isNull(host.revokedMs), notInArray(host.id, alarmed));
  const watched = or(eq(host.link, "online"), awaited, held, inArray(host.id, ordered), inArray(host.id, standing));
  const mine = and(eq(host.organizationId, organizationId), watched);
  if (shard.of === 1) return load(d1, organizationId, mine, nowMs);
  const ids = await drizzle(d1).select({ id: host.id }).from(host).where(mine);
  const here = ids.flatMap(({ id }) => (isWith(shard, id) ? id : []));
  return load(d1, organizationId, ofThese(organizationId, here), nowMs);
}

/** Hosts of an organization that is spread of which people were told with others, by whichever of its Fleets. */
export async function loadToldWithMany(d1: D1Database, organizationId: string, shard: Shard): Promise<string[]> {
  if (shard.of === 1) return [];
  const rows = await drizzle(d1)
    .select({ evidence: incident.evidence })
    .from(incident)
    .where(
      and(eq(incident.organizationId, organizationId), isNull(incident.closedMs), eq(incident.kind, "hosts-silent")),
    );
  return rows.flatMap(({ evidence }) => (evidence.many?.hosts ?? []).map(({ id }) => id));
}

function ofThese(organizationId: string, hostIds: readonly string[]): SQL | undefined {
  return and(isOf(host.organizationId, organizationId, true), among(host.id, hostIds));
}

async function load(
  d1: D1Database,
  organizationId: string,
  mine: SQL | undefined,
  nowMs = Date.now(),
): Promise<LoadedHost[]> {
  const db = drizzle(d1);
  const ids = db.select({ id: host.id }).from(host).where(mine);
  const open = and(
    eq(incident.organizationId, organizationId),
    inArray(incident.hostId, ids),
    isNull(incident.closedMs),
  );
  const [hosts, services, incidents, told, commands] = await db.batch([
    db.select().from(host).where(mine),
    // Those that were removed as well: one of them may say how far its host is recorded.
    db.select().from(service).where(inArray(service.hostId, ids)),
    db.select().from(incident).where(open),
    db
      .select({ id: notice.incidentId })
      .from(notice)
      .innerJoin(incident, eq(incident.id, notice.incidentId))
      .where(open),
    db
      .select()
      .from(command)
      .where(and(eq(command.organizationId, organizationId), inArray(command.hostId, ids), underWay(nowMs))),
  ]);
  const toldIds = new Set(told.map(({ id }) => id));
  const [servicesOf, incidentsOf, commandsOf] = [byHost(services), byHost(incidents), byHost(commands)];
  return hosts.map((row) => ({
    host: hostOf(row, servicesOf(row.id)),
    services: servicesOf(row.id).filter(({ removedMs }) => removedMs === null),
    incidents: incidentsOf(row.id).map((found) => incidentOf(row.name, found)),
    commands: commandsOf(row.id).map(commandOf),
    untold: new Set(
      incidentsOf(row.id)
        .map(({ id }) => id)
        .filter((id) => !toldIds.has(id)),
    ),
  }));
}

/** Rows of thousands of hosts: looked through once. */
function byHost<T extends { hostId: string }>(rows: readonly T[]): (hostId: string) => T[] {
  const found = Map.groupBy(rows, ({ hostId }) => hostId);
  return (hostId) => found.get(hostId) ?? [];
}

function underWay(nowMs: number): SQL | undefined {
  return and(
    gte(command.createdMs, nowMs - COMMANDS_FOR_MS),
    inArray(command.step, ["queued", "delivered", "running"]),
  );
}

function hostOf(row: typeof host.$inferSelect, services: readonly (typeof service.$inferSelect)[]): FleetHost {
  const recorded = services.flatMap((each) => (each.journalId === row.journalId ? (each.recordedSeq ?? 0) : []));
  return {
    id: row.id,
    organizationId: row.organizationId,
    name: row.name,
    os: row.os,
    arch: row.arch,
    version: row.revokedMs === null ? row.credentialVersion : null,
    agentVersion: row.agentVersion,
    journalId: row.journalId,
    bootId: row.bootId,
    runId: row.runId,
    remote: row.remote,
    link: row.link,
    linkSinceMs: row.linkSinceMs,
    lastSeenMs: row.lastSeenMs,
    offlineAfterMs: row.offlineAfterMs,
    sleeps: row.sleeps,
    absence: row.absence,
    recordedSeq: Math.max(row.recordedSeq, ...recorded),
    recordedPosition: Math.max(row.position, ...services.map(({ seq }) => seq)),
    countFromMs: 0,
  };
}

function incidentOf(hostName: string, row: typeof incident.$inferSelect): OpenIncident {
  return {
    subjectId: row.subjectId,
    many: row.evidence.many,
    view: {
      id: row.id,
      kind: row.kind,
      hostId: row.hostId,
      hostName,
      service: row.serviceName,
      title: row.title,
      cause: row.cause,
      causeCode: row.evidence.causeCode,
      openedMs: row.openedMs,
      closedMs: null,
      lastLines: row.evidence.lastLines,
      told: [],
    },
  };
}

function commandOf(row: typeof command.$inferSelect): FlyingCommand {
  const { id, organizationId, hostId, serviceName, verb, byName, byUserId, expiresMs, steps } = row;
  // A host that was handed it may have been told that it may: from then on it does not expire by itself.
  const handed = lastStep({ steps }) === "queued" ? null : (steps.find(({ step }) => step !== "queued")?.atMs ?? null);
  const flight = { id, organizationId, hostId, verb, by: byName, byUserId, expiresMs, steps };
  return { ...flight, service: serviceName, grantedMs: handed };
}
