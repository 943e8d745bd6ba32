import type { Said } from "./outbox.ts";

/** The statements that bring what was decided into D1; done twice, they change nothing. */
export function statementsOf(d1: D1Database, organizationId: string, said: readonly Said[]): D1PreparedStatement[] {
  const notices = said.flatMap((each) => each.notices);
  return notices.length === 0 ? [] : [d1.prepare(PUT_NOTICES).bind(organizationId, JSON.stringify(notices))];
}

/** That an incident opened or closed is there already: its Fleet wrote it. */
const PUT_NOTICES = `
  insert into notice (id, organization_id, incident_id, phase, created_ms)
  select value ->> 'id', ?1, value ->> 'incidentId', value ->> 'phase', value ->> 'createdMs'
  from json_each(?2) where true
  on conflict do nothing`;
