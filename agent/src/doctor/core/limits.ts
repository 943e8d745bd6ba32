import { type Finding, finding, ok } from "./finding.ts";

export interface LimitsFacts {
  services: number;
  /** Of the agent, or of this command where none runs: soft limit, and how many are open. Null where it is not told. */
  descriptors: { limit: number; open: number } | null;
  /** The pids controller of the cgroup; null where there is no limit. */
  pids: { max: number; current: number } | null;
  /** How many services have restart_on_change, and how many watches a user may have; null where it is not told. */
  watches: { services: number; max: number | null };
}

/** What one service may cost the agent at once: lifeline, log, probe, a spawn's pipes. */
const DESCRIPTORS_EACH = 8;
/** What the agent itself has open. */
const DESCRIPTORS_OWN = 40;
/** Debian's own default is 8192 on a small machine; a folder with node_modules has more folders than that. */
const FEW_WATCHES = 65_536;

/** What the system grants the agent, against what its services need. */
export function judgeLimits(facts: LimitsFacts): Finding[] {
  const found = [...descriptors(facts), ...pids(facts), ...watches(facts)];
  return found.length > 0
    ? found
    : [ok("limits", facts.services === 1 ? "are enough for 1 service" : `are enough for ${facts.services} services`)];
}

function descriptors({ services, descriptors: held }: LimitsFacts): Finding[] {
  if (held === null) return [];
  const needed = DESCRIPTORS_OWN + services * DESCRIPTORS_EACH;
  const mend = `write LimitNOFILE=${needed * 2} in the agent's unit, or before starting it: ulimit -n ${needed * 2}`;
  if (held.open > held.limit * 0.8) {
    const what = `the agent has ${held.open} of ${held.limit} descriptors open`;
    return [finding("limits", "problem", what, "without a free one it can start and check nothing", mend)];
  }
  if (held.limit >= needed) return [];
  const what = `the agent may open ${held.limit} files, and ${services} services may need ${needed}`;
  return [finding("limits", "problem", what, "without a free one it can start and check nothing", mend)];
}

function pids({ pids: group, services }: LimitsFacts): Finding[] {
  if (group === null || group.max - group.current >= Math.max(20, services * 4)) return [];
  const what = `${group.current} of the ${group.max} processes are used that its cgroup allows`;
  return [
    finding(
      "limits",
      "warning",
      what,
      "services cannot start when there is none left",
      "write TasksMax= in the agent's unit, or give the container a larger --pids-limit",
    ),
  ];
}

function watches({ watches: { services, max } }: LimitsFacts): Finding[] {
  if (services === 0 || max === null || max >= FEW_WATCHES) return [];
  const what = `${max} folders may be watched (inotify), and ${services} services have restart_on_change`;
  return [
    finding(
      "limits",
      "note",
      what,
      "changes below large folders may go unnoticed",
      "sysctl fs.inotify.max_user_watches=524288",
    ),
  ];
}
