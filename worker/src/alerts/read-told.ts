import type { IncidentView } from "../live.ts";

/** Attempts that are shown beside incidents. */
const LIMIT = 500;

/** The notices that tell of these incidents: named after one of them, or telling of it among others. `ids`: a bound list, as JSON. */
const ABOUT = `
  select incident_id, id as notice_id from notice where incident_id in (select value from json_each(?1))
  union select incident_id, notice_id from alert_incident where incident_id in (select value from json_each(?1))`;

const TOLD = `
  select about.incident_id as incidentId, channel.name as channel, delivery.at_ms as atMs, delivery.ok
  from (${ABOUT}) as about
  cross join delivery on delivery.notice_id = about.notice_id and delivery.organization_id = ?2
  join channel on channel.id = delivery.channel_id
  order by delivery.at_ms desc limit ${LIMIT}`;

/** Who was told of these incidents, newest first, by incident. */
export async function readTold(
  d1: D1Database,
  organizationId: string,
  incidents: readonly { id: string }[],
): Promise<Map<string, IncidentView["told"]>> {
  const told = new Map<string, IncidentView["told"]>();
  if (incidents.length === 0) return told;
  const { results } = await d1
    .prepare(TOLD)
    .bind(JSON.stringify(incidents.map(({ id }) => id)), organizationId)
    .all<{ incidentId: string; channel: string; atMs: number; ok: number }>();
  for (const { incidentId, channel, atMs, ok } of results) {
    told.set(incidentId, [...(told.get(incidentId) ?? []), { channel, atMs, ok: ok === 1 }]);
  }
  return told;
}
