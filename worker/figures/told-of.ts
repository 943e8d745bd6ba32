import { env } from "cloudflare:workers";
import type { Received } from "../test/alerts/receiver.ts";

/** What a channel did not hear as it must, of all that happened to an organization's incidents. */
export interface Told {
  incidents: number;
  /** Different messages that were heard. */
  messages: number;
  /** Nobody heard of it, nor that it is over, and no rule says why. */
  lost: number;
  /** Were over before their time to be told had come, as the rules have it. */
  overBefore: number;
  /** Heard more than once by the same id. */
  doubled: number;
  /** Of one alert, heard before what was decided earlier. */
  disordered: number;
}

/** Compares what D1 has of incidents that are all over with what one channel heard that is told of everything. */
export async function toldOf(
  { organizationId, channelId }: { organizationId: string; channelId: string },
  heard: readonly Received[],
): Promise<Told> {
  const ids = new Set(heard.map(({ id }) => id));
  const notices = await rowsOf(
    organizationId,
    `select incident_id as incidentId, id, message ->> 'phase' as phase, message ->> 'alertId' as alert, message ->> 'atMs' as atMs
     from notice where organization_id = ?1 and exists (select 1 from json_each(message, '$.channelIds') where value = ?2)`,
    channelId,
  );
  const beside = await rowsOf(
    organizationId,
    "select incident_id as incidentId, notice_id as id from alert_incident where organization_id = ?",
  );
  const untold = await rowsOf(
    organizationId,
    "select incident_id as incidentId from alert_why where organization_id = ? and why ->> 'what' = 'over-untold'",
  );
  const incidents = await rowsOf(organizationId, "select id from incident where organization_id = ?");
  const ends = new Set(notices.filter(({ phase }) => phase === "closed").map(({ alert }) => alert));
  const told = Map.groupBy([...notices, ...beside], ({ incidentId }) => incidentId);
  const alertOf = new Map(notices.map(({ id, alert }) => [id, alert]));
  const excused = new Set(untold.map(({ incidentId }) => incidentId));
  const isTold = (id: unknown) =>
    (told.get(id) ?? []).some((notice) => ids.has(String(notice["id"])) && ends.has(alertOf.get(notice["id"])));
  const missed = incidents.filter(({ id }) => !isTold(id));
  return {
    incidents: incidents.length,
    messages: ids.size,
    lost: missed.filter(({ id }) => !excused.has(id)).length + notices.filter(({ id }) => !ids.has(String(id))).length,
    overBefore: missed.filter(({ id }) => excused.has(id)).length,
    doubled: heard.length - ids.size,
    disordered: disorderedOf(notices, heard),
  };
}

function disorderedOf(notices: readonly Row[], heard: readonly Received[]): number {
  const decidedMs = new Map(notices.map(({ id, atMs }) => [id, Number(atMs)]));
  const alertOf = new Map(notices.map(({ id, alert }) => [id, alert]));
  const byAlert = Map.groupBy(heard, ({ id }) => alertOf.get(id));
  return [...byAlert.values()].flatMap((messages) =>
    messages.filter(({ id }, i) => (decidedMs.get(id) ?? 0) < (decidedMs.get(messages[i - 1]?.id) ?? 0)),
  ).length;
}

type Row = Record<string, unknown>;

async function rowsOf(organizationId: string, query: string, ...more: string[]): Promise<Row[]> {
  return (
    await env.DB.prepare(query)
      .bind(organizationId, ...more)
      .all()
  ).results;
}
