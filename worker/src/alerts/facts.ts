import type { IncidentKind } from "@afloat/shared/domain";
import type { IncidentEvidence } from "../db/schema.ts";
import type { AlertFacts } from "./core/alert-types.ts";

/** An incident as `FACTS` reads it. */
export interface FactsRow {
  id: string;
  kind: IncidentKind;
  subjectId: string;
  hostId: string;
  hostName: string;
  hostTags: string;
  serviceName: string | null;
  title: string;
  cause: string;
  openedMs: number;
  closedMs: number | null;
  hostRemovedMs: number | null;
  evidence: string;
}

/** What rules must know of an incident, of the tables `incident` and `host`. */
export const FACTS = `incident.id, kind, subject_id as subjectId, host_id as hostId, host.name as hostName, host.tags as hostTags,
  service_name as serviceName, title, cause, opened_ms as openedMs, closed_ms as closedMs,
  host.revoked_ms as hostRemovedMs, evidence`;

export function factsOf(row: FactsRow): AlertFacts {
  const { kind, subjectId, hostId, hostName, serviceName, title, cause, openedMs, closedMs } = row;
  // Columns that our own code fills.
  const hostTags: string[] = JSON.parse(row.hostTags);
  const evidence: IncidentEvidence = JSON.parse(row.evidence);
  // What is of many hosts does not end with one of them.
  const isHostRemoved = closedMs !== null && row.hostRemovedMs !== null && kind !== "hosts-silent";
  return {
    ...{ kind, subjectId, hostId, hostName, hostTags, serviceName, title, cause, openedMs, closedMs, evidence },
    ...(isHostRemoved ? { isHostRemoved } : {}),
  };
}
