import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { host, incident, service } from "../db/schema.ts";
import type { FleetHost, FleetService, OpenIncident } from "./core/fleet-types.ts";

export interface LoadedHost {
  host: FleetHost;
  services: FleetService[];
  incidents: OpenIncident[];
}

/** A host as D1 holds it, for a Fleet that does not know it yet; null where the organization has no such host. */
export async function loadHost(d1: D1Database, organizationId: string, hostId: string): Promise<LoadedHost | null> {
  const db = drizzle(d1);
  const [[row], services, incidents] = await db.batch([
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
  ]);
  if (row === undefined) return null;
  return {
    host: hostOf(row),
    services: services.map(({ snapshot, publicStatus }) => ({ snapshot, publicStatus })),
    incidents: incidents.map((found) => incidentOf(row.name, found)),
  };
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
