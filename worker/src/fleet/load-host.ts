import { and, eq, gte, inArray, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { command, host, incident, service } from "../db/schema.ts";
import { GRANTED_LIMIT_MS } from "./core/command-flight.ts";
import type { FleetHost, FleetService, FlyingCommand, OpenIncident } from "./core/fleet-types.ts";

export interface LoadedHost {
  host: FleetHost;
  services: FleetService[];
  incidents: OpenIncident[];
  /** Not over yet. */
  commands: FlyingCommand[];
}

/** A command's whole life at most, twice over: older ones are nobody's any more, milliseconds. */
const COMMANDS_FOR_MS = 4 * GRANTED_LIMIT_MS;

/** A host as D1 holds it, for a Fleet that does not know it yet; null where the organization has no such host. */
export async function loadHost(d1: D1Database, organizationId: string, hostId: string): Promise<LoadedHost | null> {
  const db = drizzle(d1);
  const [[row], services, incidents, commands] = await db.batch([
    db
      .select()
      .from(host)
      .where(and(eq(host.id, hostId), eq(host.organizationId, organizationId))),
    db
      .select()
      .from(service)
      .where(and(eq(service.hostId, hostId), isNull(service.removedMs))),
    db
      .select()
      .from(incident)
      .where(and(eq(incident.organizationId, organizationId), eq(incident.hostId, hostId), isNull(incident.closedMs))),
    db
      .select()
      .from(command)
      .where(
        and(
          eq(command.organizationId, organizationId),
          gte(command.createdMs, Date.now() - COMMANDS_FOR_MS),
          eq(command.hostId, hostId),
          inArray(command.step, ["queued", "delivered", "running"]),
        ),
      ),
  ]);
  if (row === undefined) return null;
  return {
    host: hostOf(row),
    services: services.map(({ snapshot, publicStatus }) => ({ snapshot, publicStatus })),
    incidents: incidents.map((found) => incidentOf(row.name, found)),
    commands: commands.map(commandOf),
  };
}

function commandOf(row: typeof command.$inferSelect): FlyingCommand {
  const { id, organizationId, hostId, serviceName, verb, byName, byUserId, expiresMs, steps } = row;
  // It was granted when it was delivered: both are written in one go.
  const grantedMs = steps.find(({ step }) => step === "delivered")?.atMs ?? null;
  return { id, organizationId, hostId, service: serviceName, verb, by: byName, byUserId, expiresMs, grantedMs, steps };
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
    recordedSeq: row.recordedSeq,
    recordedPosition: 0,
    countFromMs: 0,
  };
}

function incidentOf(hostName: string, row: typeof incident.$inferSelect): OpenIncident {
  return {
    subjectId: row.subjectId,
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
