import { and, type Column, eq, inArray, isNotNull, isNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { host, incident, service } from "../db/schema.ts";
import type { Head, Recorded } from "./core/agreement.ts";

/**
 * What D1 holds of the hosts of an organization, by host. `open`: incidents that the Fleet has open. `only`: of these hosts alone, since the
 * others are with other Fleets.
 */
export async function readRecorded(
  d1: D1Database,
  organizationId: string,
  open: readonly string[],
  only: readonly string[] | null,
): Promise<Map<string, Recorded>> {
  const db = drizzle(d1);
  const asked = only === null ? null : JSON.stringify(only);
  const newest = d1.prepare(NEWEST_FLIPS).bind(organizationId, asked).all<Head & { subjectId: string }>();
  const among = (column: Column) =>
    asked === null ? undefined : inArray(column, sql`(select value from json_each(${asked}))`);
  const [[hosts, services, openRows, closedRows], { results: heads }] = await Promise.all([
    db.batch([
      db
        .select({ id: host.id, link: host.link, linkSinceMs: host.linkSinceMs })
        .from(host)
        .where(and(eq(host.organizationId, organizationId), isNull(host.revokedMs), among(host.id))),
      db
        .select()
        .from(service)
        .where(and(eq(service.organizationId, organizationId), isNull(service.removedMs), among(service.hostId))),
      db
        .select({ id: incident.id, hostId: incident.hostId })
        .from(incident)
        .where(and(eq(incident.organizationId, organizationId), isNull(incident.closedMs))),
      db
        .select({ id: incident.id, hostId: incident.hostId })
        .from(incident)
        .where(
          and(
            eq(incident.organizationId, organizationId),
            inArray(incident.id, sql`(select value from json_each(${JSON.stringify(open)}))`),
            isNotNull(incident.closedMs),
          ),
        ),
    ]),
    newest,
  ]);
  const headsBySubject = Map.groupBy(heads, ({ subjectId }) => subjectId);
  const servicesOf = Map.groupBy(services, ({ hostId }) => hostId);
  return new Map(
    hosts.map(({ id, link, linkSinceMs }): [string, Recorded] => {
      const own = servicesOf.get(id) ?? [];
      const subjects = [id, ...own.map((row) => row.id)];
      return [
        id,
        {
          ...{ link, linkSinceMs },
          services: new Map(own.map(({ name, snapshot, publicStatus }) => [name, { snapshot, publicStatus }])),
          openIncidents: idsOf(openRows, id),
          closedIncidents: idsOf(closedRows, id),
          heads: new Map(subjects.map((subject): [string, Head[]] => [subject, headsBySubject.get(subject) ?? []])),
        },
      ];
    }),
  );
}

/** By the key alone: a row or two are read for each subject, however many flips there are. */
const NEWEST_FLIPS = `
  select flip.subject_id as subjectId, flip.at_ms as atMs, verdict, reason_code as reasonCode, public_status as publicStatus
  from (
    select id from service where organization_id = ?1 and removed_ms is null
      and (?2 is null or host_id in (select value from json_each(?2)))
    union all select id from host where organization_id = ?1 and revoked_ms is null
      and (?2 is null or id in (select value from json_each(?2)))
  ) subject cross join flip on flip.subject_id = subject.id
  where flip.at_ms = (select max(newest.at_ms) from flip newest where newest.subject_id = subject.id)`;

function idsOf(rows: readonly { id: string; hostId: string }[], hostId: string): Set<string> {
  return new Set(rows.flatMap((row) => (row.hostId === hostId ? row.id : [])));
}
