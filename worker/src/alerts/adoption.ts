import type { AlertEvent } from "./core/alert-types.ts";
import { acknowledgedOf, FACTS, FACTS_JOINED, factsOf, type FactsRow } from "./facts.ts";

type Adopted = Extract<AlertEvent, { kind: "adopted" }>;

/** As many as rules keep. */
const LIMIT = 5_000;

const TOLD_BEFORE = `
  select ${FACTS}, notice.created_ms as toldMs, (
    select json_group_array(distinct channel_id) from delivery where delivery.notice_id = notice.id and delivery.ok = 1
  ) as channelIds
  from incident
  cross join host on host.id = incident.host_id
  ${FACTS_JOINED}
  cross join notice on notice.id = incident.id || '.opened'
  where incident.organization_id = ?1 and (incident.closed_ms is null or incident.id in (select value from json_each(?2)))
    and incident.id not in (select value from json_each(?3)) and (
      notice.message is not null or exists (select 1 from delivery where delivery.notice_id = notice.id)
      or exists (select 1 from alert_incident where alert_incident.incident_id = incident.id)
    )
  order by incident.opened_ms desc limit ${LIMIT}`;

/**
 * Incidents that stand and were told by a Worker of before there was this object, or before its disk was lost: to these channels, so that their end is told, too.
 * That its Fleet has written that it is to be told is not enough: its news may be on the way.
 * `closing`: over by now, and to be told of; `opening`: to be told of only now.
 */
export async function readToldBefore(
  d1: D1Database,
  organizationId: string,
  { closing, opening }: { closing: readonly string[]; opening: readonly string[] },
): Promise<Adopted[]> {
  const { results } = await d1
    .prepare(TOLD_BEFORE)
    .bind(organizationId, JSON.stringify(closing), JSON.stringify(opening))
    .all<FactsRow & { toldMs: number; channelIds: string }>();
  return results.map((row) => {
    const channelIds: string[] = JSON.parse(row.channelIds);
    const acknowledged = acknowledgedOf(row);
    return {
      kind: "adopted",
      ...{ incidentId: row.id, incident: factsOf(row), channelIds, toldMs: row.toldMs, acknowledged },
    };
  });
}
