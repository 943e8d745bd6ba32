import type { News } from "../../src/alerts/core/alert-types.ts";
import { incident } from "../../src/db/schema.ts";
import { db } from "../ground.ts";

/** What somebody was told, when it was on its way to him, in the day's time. */
export interface Told {
  /** `host/service/kind/phase`; of many hosts `organization-0/kind/phase`. */
  key: string;
  atMs: number;
}

/** What a Fleet said of an incident, as its organization's Alerts took it. */
export interface HandedOver {
  incidentId: string;
  phase: News["phase"];
  /** Over before it was told: it is told once. */
  late: boolean;
  atMs: number;
}

/** What these end by is no matter of the script: that they end is told, but the day does not foretell when. */
const ENDS_BY_ITSELF: readonly string[] = ["endpoint-unproven", "host-cloned"];

/** What people were told, by the record of it. `names`: of hosts, by id. `organizations`: their ids, by number. */
export async function readTold(
  handedOver: readonly HandedOver[],
  { names, organizations }: { names: ReadonlyMap<string, string>; organizations: readonly string[] },
): Promise<{ told: Told[]; faults: string[] }> {
  const byId = new Map((await db().select().from(incident)).map((row) => [row.id, row]));
  const seen = new Set<string>();
  const faults: string[] = [];
  const told = handedOver.flatMap(({ incidentId, phase, late, atMs }) => {
    // Other words are for whoever was told; the end of what nobody was told is told to nobody.
    if (phase === "reworded") return [];
    if (phase === "closed" && !late && !seen.has(`${incidentId} opened`)) return [];
    const row = byId.get(incidentId);
    if (row === undefined || seen.has(`${incidentId} ${phase}`))
      faults.push(`${incidentId} ${phase} is told twice, or not recorded`);
    seen.add(`${incidentId} ${phase}`);
    if (row === undefined) return [];
    const { hostId, organizationId, serviceName, kind } = row;
    if (phase === "closed" && !late && ENDS_BY_ITSELF.includes(kind)) return [];
    if (kind === "hosts-silent") {
      return [{ key: `organization-${organizations.indexOf(organizationId)}/${kind}/${phase}`, atMs }];
    }
    return [{ key: `${names.get(hostId)}/${serviceName ?? "-"}/${kind}/${phase}`, atMs }];
  });
  return { told, faults };
}
