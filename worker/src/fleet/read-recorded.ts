import { and, type Column, eq, isNotNull, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { host, incident, service } from "../db/schema.ts";
import type { Head, Recorded } from "./core/agreement.ts";
import { among, isOf } from "./of-hosts.ts";

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
  const newest = readHeads(d1, organizationId, only);
  const mine = (column: Column, hostId: Column) =>
    and(isOf(column, organizationId, only !== null), only === null ? undefined : among(hostId, only));
  const [[hosts, services, openRows, closedRows], heads] = await Promise.all([
    db.batch([
      db
        .select({ id: host.id, link: host.link, linkSinceMs: host.linkSinceMs })
        .from(host)
        .where(and(mine(host.organizationId, host.id), isNull(host.revokedMs))),
      db
        .select()
        .from(service)
        .where(and(mine(service.organizationId, service.hostId), isNull(service.removedMs))),
      db
        .select({ id: incident.id, hostId: incident.hostId })
        .from(incident)
        .where(and(eq(incident.organizationId, organizationId), isNull(incident.closedMs))),
      db
        .select({ id: incident.id, hostId: incident.hostId })
        .from(incident)
        .where(
          and(eq(incident.organizationId, organizationId), among(incident.id, open), isNotNull(incident.closedMs)),
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

async function readHeads(d1: D1Database, organizationId: string, only: readonly string[] | null) {
  const asked = only === null ? [] : [JSON.stringify(only)];
  const statement = d1.prepare(newestFlips(only === null ? OF_ALL : OF_THESE)).bind(organizationId, ...asked);
  return (await statement.all<Head & { subjectId: string }>()).results;
}

const OF_ALL = `
  select id from service where organization_id = ?1 and removed_ms is null
  union all select id from host where organization_id = ?1 and revoked_ms is null`;

const OF_THESE = `
  select service.id from json_each(?2) of cross join service on service.host_id = of.value
  where +organization_id = ?1 and removed_ms is null
  union all select host.id from json_each(?2) of cross join host on host.id = of.value
  where +organization_id = ?1 and revoked_ms is null`;

/** By the key alone: a row or two are read for each subject, however many flips there are. */
function newestFlips(subjects: string): string {
  return `
    select flip.subject_id as subjectId, flip.at_ms as atMs, verdict, reason_code as reasonCode, public_status as publicStatus
    from (${subjects}) subject cross join flip on flip.subject_id = subject.id
    where flip.at_ms = (select max(newest.at_ms) from flip newest where newest.subject_id = subject.id)`;
}

function idsOf(rows: readonly { id: string; hostId: string }[], hostId: string): Set<string> {
  return new Set(rows.flatMap((row) => (row.hostId === hostId ? row.id : [])));
}
