import type { Message, Why } from "./core/alert-types.ts";
import type { Said } from "./outbox.ts";

/** The statements that bring what was decided into D1, in bulk; done twice, they change nothing. */
export function statementsOf(
  d1: D1Database,
  organizationId: string,
  waiting: ReadonlyMap<number, Said>,
): D1PreparedStatement[] {
  const messages = [...waiting.values()].flatMap((said) => said.messages);
  const why = [...waiting].flatMap(([id, said]) => said.why.map((one, index) => whyOf(one, id, index)));
  const bulk = (statement: string, rows: readonly object[]) =>
    rows.length === 0 ? [] : [d1.prepare(statement).bind(organizationId, JSON.stringify(rows))];
  return [
    ...bulk(PUT_NOTICES, messages.map(noticeOf)),
    ...bulk(PUT_INCIDENTS, [...messages.flatMap(namedBy), ...[...waiting.values()].flatMap(beyond)]),
    ...bulk(PUT_WHY, why),
  ];
}

/** A notice's id is `<incident>.<phase>`. */
function noticeOf(message: Message): object {
  const { id, alertId, severity, atMs } = message;
  return { id, incidentId: alertId, phase: id.slice(alertId.length + 1), createdMs: atMs, severity, message };
}

/** What else it tells of: that it opened, or is over. */
function namedBy({ id, alertId, incidents }: Message): object[] {
  return incidents.flatMap((incident) => {
    const isTold = incident.isNew || incident.closedMs !== null;
    return isTold && incident.id !== alertId ? [{ incidentId: incident.id, noticeId: id }] : [];
  });
}

function beyond({ also }: Said): object[] {
  return also.flatMap(({ noticeId, incidentIds }) => incidentIds.map((incidentId) => ({ incidentId, noticeId })));
}

/** Several of one moment keep their order. */
function whyOf({ incidentId, atMs, ...why }: Why, said: number, index: number): object {
  return { incidentId, atMs, position: (said % 1000) * 1000 + index, why };
}

/** Where an incident opened or closed, its Fleet has written the row; what is told by it is added. */
const PUT_NOTICES = `
  insert into notice (id, organization_id, incident_id, phase, created_ms, severity, message)
  select value ->> 'id', ?1, value ->> 'incidentId', value ->> 'phase', value ->> 'createdMs', value ->> 'severity', value -> 'message'
  from json_each(?2) where true
  on conflict (id) do update set severity = excluded.severity, message = excluded.message where notice.message is null
  on conflict do nothing`;

const PUT_INCIDENTS = `
  insert into alert_incident (incident_id, notice_id, organization_id)
  select value ->> 'incidentId', value ->> 'noticeId', ?1 from json_each(?2) where true
  on conflict do nothing`;

const PUT_WHY = `
  insert into alert_why (incident_id, at_ms, position, organization_id, why)
  select value ->> 'incidentId', value ->> 'atMs', value ->> 'position', ?1, value -> 'why' from json_each(?2) where true
  on conflict do nothing`;
