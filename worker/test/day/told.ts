import { eq } from "drizzle-orm";
import { incident, notice } from "../../src/db/schema.ts";
import { db } from "../ground.ts";

/** What somebody was told, when it reached him, in the day's time. */
export interface Told {
  /** `host/service/kind/phase`; of many hosts `organization-0/kind/phase`. */
  key: string;
  atMs: number;
}

/** What reached the receiver, by the record of it. `names`: of hosts, by id. `organizations`: their ids, by number. */
export async function readTold(
  received: readonly { id: string; atMs: number }[],
  { names, organizations }: { names: ReadonlyMap<string, string>; organizations: readonly string[] },
): Promise<{ told: Told[]; faults: string[] }> {
  const rows = await db().select().from(notice).innerJoin(incident, eq(incident.id, notice.incidentId));
  const byId = new Map(rows.map((row) => [row.notice.id, row]));
  const seen = new Set<string>();
  const faults: string[] = [];
  const told = received.flatMap(({ id, atMs }) => {
    const row = byId.get(id);
    if (row === undefined || seen.has(id)) faults.push(`${id} reached its receiver twice, or is not recorded`);
    seen.add(id);
    if (row === undefined) return [];
    const { hostId, organizationId, serviceName, kind } = row.incident;
    const { phase } = row.notice;
    if (kind === "hosts-silent") {
      return [{ key: `organization-${organizations.indexOf(organizationId)}/${kind}/${phase}`, atMs }];
    }
    return [{ key: `${names.get(hostId)}/${serviceName ?? "-"}/${kind}/${phase}`, atMs }];
  });
  return { told, faults };
}
