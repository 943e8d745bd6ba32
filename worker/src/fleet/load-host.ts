import type { IncidentKind } from "@afloat/shared/domain";
import { and, eq, gte, inArray, isNull, notInArray, or, type SQL, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { command, host, incident, service } from "../db/schema.ts";
import { GRANTED_LIMIT_MS, lastStep } from "./core/command-flight.ts";
import type { FleetHost, FlyingCommand, OpenIncident } from "./core/fleet-types.ts";
import type { LoadedHost } from "./store.ts";

/** A command's whole life at most, twice over: older ones are nobody's any more, milliseconds. */
const COMMANDS_FOR_MS = 4 * GRANTED_LIMIT_MS;

/** A host as D1 holds it, for a Fleet that does not know it yet; null where the organization has no such host. */
export async function loadHost(d1: D1Database, organizationId: string, hostId: string): Promise<LoadedHost | null> {
  const [loaded] = await load(d1, organizationId, eq(host.id, hostId));
  return loaded ?? null;
}

/** Incidents that time ends, whether their host speaks again or not. */
const STANDING: IncidentKind[] = ["host-flapping", "hosts-silent", "host-cloned"];

/** Of a silent host people know by these. */
const OF_SILENCE: IncidentKind[] = ["host-offline", "host-flapping"];

/**
 * The hosts of an organization that a Fleet must know though they may never speak again: those that count as online, those that are
 * awaited back, those with a command under way, those with an incident that time ends, and those whose silence is held. Its disk may be
 * lost, and their silence is to be noticed all the same.
 */
export async function loadWatched(d1: D1Database, organizationId: string, nowMs: number): Promise<LoadedHost[]> {
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
  const told = drizzle(d1)
    .select({ id: incident.hostId })
    .from(incident)
    .where(
      and(eq(incident.organizationId, organizationId), isNull(incident.closedMs), inArray(incident.kind, OF_SILENCE)),
    );
  const held = and(eq(host.link, "silent"), isNull(host.revokedMs), notInArray(host.id, told));
  const watched = or(eq(host.link, "online"), awaited, held, inArray(host.id, ordered), inArray(host.id, standing));
  return load(d1, organizationId, watched, nowMs);
}

async function load(
  d1: D1Database,
  organizationId: string,
  which: SQL | undefined,
  nowMs = Date.now(),
): Promise<LoadedHost[]> {
  const db = drizzle(d1);
  const mine = and(eq(host.organizationId, organizationId), which);
  const ids = db.select({ id: host.id }).from(host).where(mine);
  const [hosts, services, incidents, commands] = await db.batch([
    db.select().from(host).where(mine),
    db
      .select()
      .from(service)
      .where(and(inArray(service.hostId, ids), isNull(service.removedMs))),
    db
      .select()
      .from(incident)
      .where(
        and(eq(incident.organizationId, organizationId), inArray(incident.hostId, ids), isNull(incident.closedMs)),
      ),
    db
      .select()
      .from(command)
      .where(and(eq(command.organizationId, organizationId), inArray(command.hostId, ids), underWay(nowMs))),
  ]);
  return hosts.map((row) => ({
    host: hostOf(row),
    services: services.filter(({ hostId }) => hostId === row.id),
    incidents: incidents.filter(({ hostId }) => hostId === row.id).map((found) => incidentOf(row.name, found)),
    commands: commands.filter(({ hostId }) => hostId === row.id).map(commandOf),
  }));
}

function underWay(nowMs: number): SQL | undefined {
  return and(
    gte(command.createdMs, nowMs - COMMANDS_FOR_MS),
    inArray(command.step, ["queued", "delivered", "running"]),
  );
}

function hostOf(row: typeof host.$inferSelect): FleetHost {
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
    recordedSeq: row.recordedSeq,
    recordedPosition: row.position,
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
