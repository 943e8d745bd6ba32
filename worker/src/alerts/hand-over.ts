import type { Env } from "../env.ts";
import type { Entry, FleetHost, FleetService } from "../fleet/core/fleet-types.ts";
import type { News } from "./core/alert-types.ts";
import { needsOf } from "./core/needs.ts";
import { alertsFor } from "./alerts-for.ts";
import { acknowledgedOf, FACTS, FACTS_JOINED, factsOf, type FactsRow } from "./facts.ts";

/** What a Fleet has recorded of one host. */
interface OfHost {
  host: Pick<FleetHost, "organizationId">;
  entries: readonly Pick<Entry, "position" | "records">[];
}

/** What the Fleet's records say about an incident: the least of news. */
interface Turn {
  incidentId: string;
  phase: News["phase"];
  atMs: number;
  /** By the Fleet, a person is to be told. */
  isTold: boolean;
}

/**
 * Hands what happened to incidents to the Alerts of their organization, which decide who is told. Whoever calls this has brought the entries to
 * D1, and takes them for recorded only once this is done: news may come twice, but never not at all.
 */
export async function handOver(env: Env, byHost: readonly OfHost[], servicesOf: ServicesOf): Promise<void> {
  const byOrganization = Map.groupBy(byHost, ({ host }) => host.organizationId);
  for (const [organizationId, hosts] of byOrganization) {
    const turns = hosts.flatMap(turnsOf);
    if (turns.length === 0) continue;
    const news = (await readNews(env.DB, organizationId, turns)).map((each) => withNeeds(each, servicesOf));
    if (news.length > 0) await alertsFor(env, organizationId).news(organizationId, news);
  }
}

/** The services of a host, as its Fleet knows them. */
type ServicesOf = (hostId: string) => ReadonlyMap<string, FleetService>;

/** What its service depends on: that being broken explains it. */
function withNeeds(news: News, servicesOf: ServicesOf): News {
  const { hostId, serviceName } = news.incident;
  if (serviceName === null || news.phase !== "opened") return news;
  const said = [...servicesOf(hostId)].map(([name, { snapshot }]) => [name, snapshot.needs ?? []] as const);
  const needs = needsOf(serviceName, new Map(said));
  return needs.length === 0 ? news : { ...news, incident: { ...news.incident, needs } };
}

/** In the order in which it happened. */
function turnsOf({ entries }: OfHost): Turn[] {
  return entries.flatMap(({ records, position }) => {
    const told = new Set(
      records.flatMap((record) => (record.kind === "notice" && record.phase === "closed" ? record.incidentId : [])),
    );
    return records.flatMap((record): Turn[] => {
      switch (record.kind) {
        case "notice":
          return [{ incidentId: record.incidentId, phase: record.phase, atMs: record.atMs, isTold: true }];
        case "incident-closed":
          return told.has(record.id) ? [] : [{ incidentId: record.id, phase: "closed", atMs: position, isTold: false }];
        case "incident-reworded":
          return [{ incidentId: record.id, phase: "reworded", atMs: position, isTold: false }];
        default:
          return [];
      }
    });
  });
}

const ASKED = `
  select ${FACTS}, exists (select 1 from notice where notice.id = incident.id || '.opened') as wasTold
  from json_each(?1) as asked
  cross join incident on incident.id = asked.value and incident.organization_id = ?2
  cross join host on host.id = incident.host_id
  ${FACTS_JOINED}`;

/** The incidents as D1 has them by now. */
async function readNews(d1: D1Database, organizationId: string, turns: readonly Turn[]): Promise<News[]> {
  const ids = [...new Set(turns.map(({ incidentId }) => incidentId))];
  const { results } = await d1
    .prepare(ASKED)
    .bind(JSON.stringify(ids), organizationId)
    .all<FactsRow & { wasTold: 0 | 1 }>();
  const rows = new Map(results.map((row) => [row.id, row]));
  return turns.flatMap(({ incidentId, phase, atMs, isTold }) => {
    const row = rows.get(incidentId);
    if (row === undefined) return [];
    const late = phase === "closed" && isTold && row.wasTold === 0;
    return [{ incidentId, phase, atMs, incident: factsOf(row), late, acknowledged: acknowledgedOf(row) }];
  });
}
