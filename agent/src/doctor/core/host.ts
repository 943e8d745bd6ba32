import { type Finding, finding, ok, quoted } from "./finding.ts";

export interface HostFacts {
  /** Tools of the system that are not there, and what needs them. */
  missing: { tool: string; from: string; needs: string; isNeeded: boolean }[];
  isRoot: boolean;
  user: string;
  /** Services with a `user` or `group`. */
  changeUser: readonly string[];
  /** The agent is the first process; null where none runs. */
  isFirst: boolean | null;
  /** systemd runs this host. */
  hasSystemd: boolean;
  /** The unit that the agent runs in, and whether it starts at boot; null where there is none. */
  unit: { name: string; isOwn: boolean; enabled: string } | null;
  /** Whether this user's processes outlive his session; null where it is not told. */
  lingers: boolean | null;
  agentRuns: boolean;
  /** Other agents that go by the same configuration. */
  others: { pid: number; stateDir: string }[];
  /** Living processes that an agent of this state folder started, for a service that is configured no more, or with no agent. */
  strays: { pid: number; service: string }[];
  configFile: string;
}

/** Tools, user, start at boot, and what was left over. */
export function judgeHost(facts: HostFacts): Finding[] {
  return [...tools(facts), ...privilege(facts), ...boot(facts), ...leftOver(facts)];
}

function tools({ missing }: HostFacts): Finding[] {
  if (missing.length === 0) return [ok("tools", "all that the agent calls are there")];
  return missing.map(({ tool, from, needs, isNeeded }) =>
    finding("tools", isNeeded ? "problem" : "note", `${tool} is not on this host`, needs, `install ${from}`),
  );
}

function privilege({ isRoot, user, changeUser }: HostFacts): Finding[] {
  const [first] = changeUser;
  if (!isRoot && first !== undefined) {
    const what = `${changeUser.join(", ")} ${changeUser.length === 1 ? "has" : "have"} user or group, and the agent runs as ${user}`;
    return [
      finding(
        "user",
        "problem",
        what,
        "only root may run a service as somebody else: it does not start",
        `run the agent as root, or take user and group out`,
      ),
    ];
  }
  if (!isRoot) return [ok("user", `${user}: services run as ${user}, and may use ports from 1024 on`)];
  return [ok("user", "root: a service without user runs as root, too")];
}

function boot({ isFirst, hasSystemd, unit, lingers, isRoot, user, agentRuns }: HostFacts): Finding[] {
  if (isFirst === true) return [ok("boot", "the agent is the first process of a container: it starts with it")];
  if (!hasSystemd || !agentRuns) return [];
  if (unit === null || !unit.isOwn) {
    return [
      finding(
        "boot",
        "note",
        "the agent was not started by a service of systemd",
        "after a reboot nobody starts it",
        "the line that adds a host (dashboard, Add a host) installs a unit; or write one that runs afloat up",
      ),
    ];
  }
  if (unit.enabled !== "enabled") {
    const mend = isRoot ? `systemctl enable ${quoted(unit.name)}` : `systemctl --user enable ${quoted(unit.name)}`;
    return [
      finding("boot", "warning", `its unit ${unit.name} is ${unit.enabled}`, "after a reboot nobody starts it", mend),
    ];
  }
  if (!isRoot && lingers === false) {
    return [
      finding(
        "boot",
        "problem",
        `${user} does not linger`,
        "systemd ends the agent and its services when the last session is over, and starts them at the next login only",
        `loginctl enable-linger ${quoted(user)}`,
      ),
    ];
  }
  return [ok("boot", `${unit.name} starts it`)];
}

function leftOver({ others, strays, agentRuns, configFile }: HostFacts): Finding[] {
  const found = others.map(({ pid, stateDir }) =>
    finding(
      "agents",
      "problem",
      `another agent (pid ${pid}) goes by ${configFile}, with its state in ${stateDir}`,
      "each starts its own copy of every service, and they fight for the ports",
      `afloat --config ${quoted(configFile)} --state ${quoted(stateDir)} down`,
    ),
  );
  const names = [...new Set(strays.map(({ service }) => service))];
  if (names.length > 0) {
    const pids = strays.slice(0, 10).map(({ pid }) => pid);
    const what = `${names.join(", ")} ${strays.length === 1 ? "runs" : "run"} on with nobody to look after ${strays.length === 1 ? "it" : "them"} (pid ${pids.join(", ")})`;
    const why = agentRuns ? "it is configured no more, and was not stopped" : "what ends is not restarted";
    found.push(
      finding(
        "agents",
        "warning",
        what,
        why,
        agentRuns ? `kill ${pids.join(" ")}` : "afloat up --daemon    # takes them over",
      ),
    );
  }
  return found.length > 0 ? found : [ok("agents", "nothing was left over")];
}
