import { env } from "cloudflare:workers";
import { serviceIdOf } from "../../src/fleet/core/fleet-types.ts";
import { MaintenanceRecords } from "../../src/maintenance/maintenance-records.ts";
import { tellOfMaintenance } from "../../src/maintenance/tell-of-maintenance.ts";
import type { TestHost } from "../ground.ts";
import type { Step } from "./agent-steps.ts";
import type { HostScript } from "./script.ts";
import type { Span, Work } from "./work.ts";

const BY = { kind: "system", id: "day", name: "the day" } as const;

/** All that is announced of work on a host in the day, and what becomes of it, as a person would have it by the dashboard. */
export function workStepsOf(host: TestHost, { name, fleet, works }: HostScript, dayMs: number): Step[] {
  return works.flatMap((work) => {
    const wanted = ({ fromMs, toMs }: Span) => ({
      ...{ title: `work on ${name}`, note: "", timeZone: "UTC", scope: scopeOf(host, work), recurrence: null },
      ...{ startsMs: dayMs + fromMs, endsMs: dayMs + toMs },
    });
    const records = new MaintenanceRecords(env.DB, host.organizationId);
    let id = "";
    return work.versions.map(({ atMs, span }, index): Step => ({
      ...{ atMs, rank: 0, fleet },
      run: async () => {
        if (index === 0 && span !== null) id = await records.announce(wanted(span), BY, Date.now());
        else if (span !== null) await records.change(id, wanted(span), BY, Date.now());
        else await records.end(id, BY, Date.now());
        if (!(await tellOfMaintenance(env, host.organizationId, Date.now())))
          throw new Error(`${name}: the Fleet was not told`);
      },
    }));
  });
}

function scopeOf({ id }: TestHost, { service }: Work) {
  const [hostIds, serviceIds] = service === null ? [[id], []] : [[], [serviceIdOf(id, service)]];
  return { kind: "chosen" as const, hostIds, serviceIds };
}
