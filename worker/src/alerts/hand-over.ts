import type { IncidentKind } from "@afloat/shared/domain";
import type { IncidentEvidence } from "../db/schema.ts";
import type { Env } from "../env.ts";
import type { HostEntries } from "../fleet/statements.ts";
import type { News } from "./core/alert-types.ts";
import { alertsFor } from "./alerts-for.ts";

/** What the Fleet's records say about an incident: the least of news. */
interface Turn {
  incidentId: string;
  phase: News["phase"];
  atMs: number;
}

/**
 * Hands what happened to incidents to the Alerts of their organization, which decide who is told. Whoever calls this has brought the entries to
 * D1, and takes them for recorded only once this is done: news may come twice, but never not at all.
 */
export async function handOver(env: Env, byHost: readonly HostEntries[]): Promise<void> {
  const byOrganization = Map.groupBy(byHost, ({ host }) => host.organizationId);
  for (const [organizationId, hosts] of byOrganization) {
    const turns = hosts.flatMap(turnsOf);
    if (turns.length === 0) continue;
    const news = await readNews(env.DB, organizationId, turns);
    if (news.length > 0) await alertsFor(env, organizationId).news(organizationId, news);
  }
}

/** Somebody is to be told, in the order in which it happened. */
function turnsOf({ entries }: HostEntries): Turn[] {
  return entries.flatMap(({ records }) =>
    records.flatMap((record) => {
      if (record.kind !== "notice") return [];
      const { incidentId, phase, atMs } = record;
      return [{ incidentId, phase, atMs }];
    }),
  );
}

interface FactsRow {
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
  evidence: string;
  wasTold: 0 | 1;
}

const FACTS = `
  select incident.id, kind, subject_id as subjectId, host_id as hostId, host.name as hostName, host.tags as hostTags,
    service_name as serviceName, title, cause, opened_ms as openedMs, closed_ms as closedMs, evidence,
    exists (select 1 from notice where notice.id = incident.id || '.opened') as wasTold
  from json_each(?1) as asked
  cross join incident on incident.id = asked.value and incident.organization_id = ?2
  cross join host on host.id = incident.host_id`;

/** The incidents as D1 has them by now. */
async function readNews(d1: D1Database, organizationId: string, turns: readonly Turn[]): Promise<News[]> {
  const ids = [...new Set(turns.map(({ incidentId }) => incidentId))];
  const { results } = await d1.prepare(FACTS).bind(JSON.stringify(ids), organizationId).all<FactsRow>();
  const facts = new Map(results.map((row) => [row.id, row]));
  return turns.flatMap(({ incidentId, phase, atMs }) => {
    const row = facts.get(incidentId);
    if (row === undefined) return [];
    const late = phase === "closed" && row.wasTold === 0;
    return [{ incidentId, phase, atMs, incident: factsOf(row), late }];
  });
}

function factsOf({ id: _id, wasTold: _wasTold, hostTags, evidence, ...row }: FactsRow): News["incident"] {
  // Columns that our own code fills.
  const tags: string[] = JSON.parse(hostTags);
  const shown: IncidentEvidence = JSON.parse(evidence);
  return { ...row, hostTags: tags, evidence: shown };
}
