import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { JournalEvent } from "@afloat/shared/wire";
import { snapshot } from "../test-agent.ts";
import type { Happening, HappeningKind, HostScript, Script } from "./script.ts";
import type { Connection } from "./connections.ts";

/** An event as the agent has it before it has a number, at its time in the day. */
export interface Unnumbered {
  atMs: number;
  /** Given its number, and its time by the cloud's clock. */
  make: (seq: number, atMs: number) => JournalEvent;
}

/** Everything that the agent of a host writes into its journal in the day, oldest first. */
export function eventsOf(host: HostScript, connections: readonly Connection[], script: Script): Unnumbered[] {
  const endMs = Math.min(host.revokedMs ?? Infinity, script.lengthMs);
  const events: Unnumbered[] = [];
  const names = Object.keys(host.services);
  events.push(started(host.addedMs, 0), ...names.flatMap((name) => risen(name, host.addedMs)));
  for (const [index, { run, watchesFromMs }] of connections.entries()) {
    if (run === (connections[index - 1]?.run ?? 0)) continue;
    events.push(started(watchesFromMs, run), ...names.flatMap((name) => risen(name, watchesFromMs)));
  }
  for (const { kind, fromMs } of host.absences) {
    if (kind === "planned") events.push(...names.map((name) => flip(fromMs, { name, ...SHUT_DOWN })));
  }
  for (const [name, happenings] of Object.entries(host.services)) {
    for (const happening of happenings) events.push(...begin(name, happening), ...end(name, happening));
  }
  // Sorting keeps the order of what is at one time.
  return events.filter(({ atMs }) => atMs < endMs).sort((a, b) => a.atMs - b.atMs);
}

const SHUT_DOWN = { verdict: "down", reasonCode: "shut-down", reason: "stopped with its agent", state: "off" } as const;

/** How a service stands in each, and what the agent says of it. */
const BEGINS: Record<HappeningKind, Partial<ServiceSnapshot>> = {
  crash: { verdict: "down", reasonCode: "exited", reason: "exited with code 3", state: "backoff", pid: null },
  loop: { verdict: "down", reasonCode: "exited", reason: "exited with code 3", state: "backoff", pid: null },
  regressed: { verdict: "degraded", reasonCode: "regressed-endpoint", reason: "it answers 500 since" },
  unproven: { verdict: "degraded", reasonCode: "unproven-endpoint", reason: "it never answered" },
  ended: { verdict: "down", reasonCode: "exited", reason: "exited with code 3", state: "completed", pid: null },
  failing: { verdict: "unhealthy", reasonCode: "not-listening", reason: "nothing listens on its port" },
  paused: { verdict: "paused", reasonCode: "paused-by-person", reason: "paused", state: "paused", pid: null },
  "port-conflict": { verdict: "down", reasonCode: "port-conflict", reason: "its port is taken", state: "backoff" },
};

const NOTICES = {
  regressed: "endpoint-regressed",
  unproven: "endpoint-unproven",
  "port-conflict": "port-conflict",
} as const;

function begin(name: string, { kind, fromMs }: Happening): Unnumbered[] {
  const stands = { name, ...BEGINS[kind] };
  if (kind === "loop") {
    return [
      {
        atMs: fromMs,
        make: (seq, atMs) => ({ kind: "flip", seq, atMs, snapshot: at(atMs, { ...stands, loop: loopOf(atMs) }) }),
      },
      {
        atMs: fromMs,
        make: (seq, atMs) => ({
          kind: "loop-opened",
          seq,
          atMs,
          service: name,
          loop: loopOf(atMs),
          exit: null,
          lastLines: ["boom"],
        }),
      },
    ];
  }
  if (kind !== "regressed" && kind !== "unproven" && kind !== "port-conflict") return [flip(fromMs, stands)];
  const code = NOTICES[kind];
  const notice: Unnumbered = {
    atMs: fromMs,
    make: (seq, atMs) => ({ kind: "notice", seq, atMs, service: name, code, text: "as the day has it" }),
  };
  return [flip(fromMs, stands), notice];
}

function end(name: string, { kind, fromMs, toMs }: Happening): Unnumbered[] {
  const over: Unnumbered = {
    atMs: toMs,
    make: (seq, atMs) => {
      const loop = { ...loopOf(atMs - (toMs - fromMs)), closedMs: atMs };
      return { kind: "loop-closed", seq, atMs, service: name, loop };
    },
  };
  const isStarted = kind === "ended" || kind === "crash" || kind === "paused";
  return [...(kind === "loop" ? [over] : []), ...(isStarted ? risen(name, toMs) : [flip(toMs, { name })])];
}

function risen(name: string, atMs: number): Unnumbered[] {
  const starting = {
    name,
    verdict: "starting",
    reasonCode: "start-period",
    reason: "just started",
    state: "starting",
  } as const;
  return [flip(atMs, starting), flip(atMs, { name })];
}

/** Each life of an agent may be of a newer version. */
export function versionOf(run: number): string {
  return `0.1.${run}`;
}

function started(atMs: number, run: number): Unnumbered {
  return {
    atMs,
    make: (seq, atMs) => ({ kind: "agent-started", seq, atMs, runId: `run${run}`, version: versionOf(run) }),
  };
}

function flip(atMs: number, said: Partial<ServiceSnapshot>): Unnumbered {
  return { atMs, make: (seq, atMs) => ({ kind: "flip", seq, atMs, snapshot: at(atMs, said) }) };
}

function at(atMs: number, said: Partial<ServiceSnapshot>): ServiceSnapshot {
  return snapshot({ sinceMs: atMs, upSinceMs: atMs, endpoint: null, ...said });
}

function loopOf(openedMs: number) {
  const cause = { code: "exit-code" as const, text: "exits with code 3 within 0.3 s of every start" };
  return { openedMs, closedMs: null, restarts: 4, spanMs: 900, withinMs: 300_000, longestGapMs: 400, cause };
}
