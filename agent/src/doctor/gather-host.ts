import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { HostSpec } from "@afloat/shared/spec";
import { readCredential } from "../link/credential.ts";
import { dateAt } from "../link/date-at.ts";
import { wayTo } from "../link/way.ts";
import { MARK } from "../process/mark.ts";
import { livingProcesses, startedWith, wordsOf } from "../process/proc.ts";
import { isToolThere } from "../process/tools.ts";
import { ownName } from "../process/user.ts";
import { savedStateId } from "../state/id.ts";
import type { ClockFacts } from "./core/clock.ts";
import type { HostFacts } from "./core/host.ts";
import type { LimitsFacts } from "./core/limits.ts";
import { readOr } from "./gather-disk.ts";
import type { Place } from "./gather-agent.ts";
import { runTool } from "./run-tool.ts";

/** How long a tool or the cloud is waited for, milliseconds. */
const TOOL_MS = 2_000;
const CLOUD_MS = 3_000;

/** What the system grants; of the agent, or of this command where none runs. */
export function gatherLimits(spec: HostSpec | null, agentPid: number | null): LimitsFacts {
  const pid = agentPid ?? process.pid;
  const limit = /^Max open files\s+(\d+)/m.exec(readOr(`/proc/${pid}/limits`))?.[1];
  const group = /^0::(.*)$/m.exec(readOr(`/proc/${pid}/cgroup`))?.[1] ?? "/";
  const max = readOr(join("/sys/fs/cgroup", group, "pids.max")).trim();
  const current = Number(readOr(join("/sys/fs/cgroup", group, "pids.current")));
  const watches = readOr("/proc/sys/fs/inotify/max_user_watches").trim();
  const services = spec?.services ?? [];
  return {
    services: services.length,
    descriptors: limit === undefined ? null : { limit: Number(limit), open: agentPid === null ? 0 : openIn(pid) },
    pids: /^\d+$/.test(max) ? { max: Number(max), current } : null,
    watches: {
      services: services.filter(({ follow }) => follow !== null).length,
      max: watches === "" ? null : Number(watches),
    },
  };
}

function openIn(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    // Somebody else's, or gone.
    return 0;
  }
}

/** Tools, user, systemd, other agents, strays. */
export async function gatherHost(place: Place, spec: HostSpec | null, agentPid: number | null): Promise<HostFacts> {
  const services = spec?.services ?? [];
  const hasSystemd = existsSync("/run/systemd/system");
  const isRoot = agentPid === null ? process.getuid?.() === 0 : ownerOf(agentPid) === 0;
  const user = ownName();
  const unitName = /\/([^/\n]+\.service)$/m.exec(readOr(`/proc/${agentPid ?? process.pid}/cgroup`))?.[1] ?? null;
  const scope = isRoot ? [] : ["--user"];
  const enabled =
    unitName === null ? null : await runTool(["systemctl", ...scope, "show", "-P", "UnitFileState", unitName], TOOL_MS);
  const linger = isRoot || !hasSystemd ? null : await runTool(["loginctl", "show-user", user, "-P", "Linger"], TOOL_MS);
  const changeUser = services.filter((each) => each.user !== null || each.group !== null).map(({ name }) => name);
  return {
    missing: missingTools(spec),
    ...{ isRoot, user, changeUser, hasSystemd },
    isFirst: agentPid === null ? null : agentPid === 1,
    unit:
      unitName === null
        ? null
        : { name: unitName, isOwn: /afloat/.test(unitName), enabled: enabled?.trim() || "unknown" },
    lingers: linger === null ? null : linger.trim() === "yes",
    agentRuns: agentPid !== null,
    others: agentPid === null ? [] : otherAgents(place, agentPid),
    strays: strays(place, spec, agentPid),
    configFile: place.configFile,
  };
}

function missingTools(spec: HostSpec | null): HostFacts["missing"] {
  const services = spec?.services ?? [];
  const changes = services.some(({ user, group }) => user !== null || group !== null);
  const has = (what: (process: NonNullable<(typeof services)[number]["process"]>) => boolean) =>
    services.some((service) => service.process !== null && what(service.process));
  const tools = [
    {
      tool: "fallocate",
      from: "util-linux",
      needs: "without it logs are copied and truncated, and lines written meanwhile may be lost",
      isNeeded: false,
    },
    { tool: "setpriv", from: "util-linux", needs: "a service with user or group cannot start", isNeeded: changes },
    {
      tool: "prlimit",
      from: "util-linux",
      needs: "a service with limits cannot start",
      isNeeded: has(({ limits }) => limits.length > 0),
    },
    {
      tool: "nice",
      from: "coreutils",
      needs: "a service with nice cannot start",
      isNeeded: has(({ nice }) => nice !== null),
    },
    {
      tool: "getent",
      from: "libc-bin",
      needs: "users that are not in /etc/passwd (LDAP) are not known",
      isNeeded: false,
    },
  ];
  return tools.filter(({ tool }) => !isToolThere(tool));
}

function ownerOf(pid: number): number | null {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? null;
}

/** Agents in the background say on their command line what they go by. */
function otherAgents({ configFile, stateDir }: Place, own: number): HostFacts["others"] {
  return livingProcesses().flatMap(({ pid }) => {
    const words = wordsOf(pid);
    const after = (option: string) => words[words.indexOf(option) + 1] ?? "";
    if (pid === own || !words.includes("daemon") || !words.includes("--state") || after("--config") !== configFile)
      return [];
    const other = resolve(after("--state"));
    return other === stateDir ? [] : [{ pid, stateDir: other }];
  });
}

function strays({ stateDir }: Place, spec: HostSpec | null, agentPid: number | null): HostFacts["strays"] {
  const id = savedStateId(stateDir);
  if (id === null) return [];
  const configured = new Set(spec?.services.map(({ name }) => name));
  return livingProcesses().flatMap(({ pid }) => {
    const [state, service = ""] = (startedWith(pid, MARK) ?? "").split(":");
    const isLookedAfter = agentPid !== null && (spec === null || configured.has(service));
    return state !== id || isLookedAfter || pid === process.pid ? [] : [{ pid, service }];
  });
}

/** How the agent's own log calls a jump (daemon.ts). */
const JUMP = /^(\S+) the clock of this machine was set .*$/gm;
/** Older ones are told by nobody, milliseconds. */
const LATELY_MS = 24 * 3_600_000;

/** This host's time against its cloud's, and jumps that the agent has seen. */
export async function gatherClock({ stateDir }: Place, spec: HostSpec | null, nowMs: number): Promise<ClockFacts> {
  const log = readOr(join(stateDir, "agent.log"));
  const jumps = [...log.matchAll(JUMP)].filter(([, at]) => nowMs - Date.parse(at ?? "") < LATELY_MS);
  const enrolled = readCredential(stateDir)?.cloud ?? null;
  const cloud = enrolled === null ? null : (spec?.cloud ?? enrolled);
  const ahead = cloud === null ? null : await aheadOf(cloud, spec?.cloudCa ?? null);
  return { ahead, jumps: jumps.map(([line]) => line) };
}

async function aheadOf(cloud: string, authority: string | null): Promise<ClockFacts["ahead"]> {
  try {
    const startedMs = Date.now();
    const date = Date.parse(await dateAt(wayTo(cloud, authority), CLOUD_MS));
    const tookMs = Date.now() - startedMs;
    return Number.isNaN(date) ? null : { byMs: startedMs + tookMs / 2 - date, tookMs };
  } catch {
    // That it is not reached is told by the link.
    return null;
  }
}
