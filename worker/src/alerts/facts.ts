import type { IncidentKind } from "@afloat/shared/domain";
import type { IncidentEvidence } from "../db/schema.ts";
import type { Acknowledged, AlertFacts } from "./core/alert-types.ts";

/** An incident as `FACTS` reads it. */
export interface FactsRow {
  id: string;
  kind: IncidentKind;
  subjectId: string;
  hostId: string;
  hostName: string;
  hostTags: string;
  /** The tags of each host of an incident of many; null of one of a single host. */
  manyTags: string | null;
  serviceName: string | null;
  title: string;
  cause: string;
  openedMs: number;
  closedMs: number | null;
  hostRemovedMs: number | null;
  evidence: string;
  acknowledgedMs: number | null;
  byId: string | null;
  byName: string | null;
}

/** What rules must know of an incident, of the tables `incident`, `host`, and `acknowledgement` where it has one (`FACTS_JOINED`). */
export const FACTS = `incident.id, kind, subject_id as subjectId, host_id as hostId, host.name as hostName, host.tags as hostTags,
  service_name as serviceName, title, cause, opened_ms as openedMs, closed_ms as closedMs,
  host.revoked_ms as hostRemovedMs, evidence,
  iif(evidence ->> '$.many' is null, null, (
    select json_group_array(json(of.tags)) from json_each(evidence, '$.many.hosts') as named
    join host as of on of.id = named.value ->> 'id'
  )) as manyTags,
  acknowledgement.at_ms as acknowledgedMs, acknowledgement.by_id as byId, acknowledgement.by_name as byName`;

/** Who looks after it already. */
export const FACTS_JOINED = "left join acknowledgement on acknowledgement.incident_id = incident.id";

export function factsOf(row: FactsRow): AlertFacts {
  const { kind, subjectId, hostId, hostName, serviceName, title, cause, openedMs, closedMs } = row;
  // Columns that our own code fills.
  const ofHost: string[] = JSON.parse(row.hostTags);
  const evidence: IncidentEvidence = JSON.parse(row.evidence);
  // What is of many hosts does not end with one of them.
  const isHostRemoved = closedMs !== null && row.hostRemovedMs !== null && kind !== "hosts-silent";
  const { hostTags, tagSets } = tagsOf(ofHost, row.manyTags);
  return {
    ...(tagSets === undefined ? {} : { tagSets }),
    ...{ kind, subjectId, hostId, hostName, hostTags, serviceName, title, cause, openedMs, closedMs, evidence },
    ...(isHostRemoved ? { isHostRemoved } : {}),
  };
}

/** Who looks after it already; null for nobody. */
export function acknowledgedOf({ acknowledgedMs: atMs, byId, byName }: FactsRow): Acknowledged | null {
  return atMs === null || byId === null || byName === null ? null : { atMs, byId, byName };
}

/** Of many hosts: the tags of any, and of each. */
function tagsOf(ofHost: string[], manyTags: string | null): Pick<AlertFacts, "hostTags" | "tagSets"> {
  if (manyTags === null) return { hostTags: ofHost };
  const each: string[][] = JSON.parse(manyTags);
  const sets = new Map(each.map((tags) => [tags.toSorted().join("\n"), tags]));
  return { hostTags: [...new Set(each.flat())], tagSets: [...sets.values()] };
}
