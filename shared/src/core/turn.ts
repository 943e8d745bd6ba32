import type { ServiceSpec } from "../spec.ts";
import type { Effect, ServiceState, StopReason } from "./lifecycle-types.ts";
import { beginLife } from "./records.ts";

/** One turn of the machine in the making: a copy of the state that the handlers may change, and the effects so far. */
export interface Turn {
  state: ServiceState;
  effects: Effect[];
  nowMs: number;
  spec: ServiceSpec;
}

/** Starts the service if a person wants it running and what it needs is there; else it rests where it must. */
export function tryStart(turn: Turn): void {
  const { state } = turn;
  if (state.desired.kind === "pause") {
    state.life = { kind: "paused" };
    return;
  }
  if (state.unmet.length > 0) {
    state.life = { kind: "waiting", unmet: state.unmet };
    return;
  }
  state.spawn++;
  state.life = { kind: "starting", sinceMs: turn.nowMs, stopWhy: null };
  turn.effects.push({ kind: "spawn", spawn: state.spawn });
}

/** All that a service needs, before anybody has looked. */
export function unknownDependencies(spec: ServiceSpec): ServiceState["unmet"] {
  return Object.entries(spec.dependsOn).map(([service, condition]) => ({
    service,
    condition,
    why: "is not known yet",
  }));
}

/** The process is there. What was asked while its pid was unknown is done now. */
export function wakeUp(turn: Turn, pid: number, sinceMs: number, adopted: boolean): void {
  const { state } = turn;
  if (state.life.kind !== "starting") return;
  const stopWhy = state.desired.kind === "pause" ? "pause" : state.life.stopWhy;
  beginLife(state);
  // What runs already had its start: its port counts as opened once it was proven.
  if (adopted) state.port.openedThisLife = state.port.lastOkMs !== null && state.port.lastOkMs >= sinceMs;
  state.life = { kind: "up", pid, sinceMs, adopted };
  if (stopWhy !== null) stop(turn, stopWhy);
}

/** Begins the stop plan; the next life may only begin when the last process is gone. */
export function stop(turn: Turn, why: StopReason): void {
  const { state } = turn;
  if (state.life.kind !== "up") return;
  state.life = {
    kind: "stopping",
    pid: state.life.pid,
    upSinceMs: state.life.sinceMs,
    sinceMs: turn.nowMs,
    why,
    exit: null,
  };
  turn.effects.push({ kind: "stop", spawn: state.spawn, why });
}

/** How long a stop waits for the service before it is killed, milliseconds: one for health has a time of its own. */
export const stopTimeoutMs = ({ stop, check }: ServiceSpec, why: StopReason): number =>
  why === "health" ? check.stopTimeoutMs : stop.timeoutMs;

/** True while a check of a running service fails, whatever follows from it. */
export function isFailing(state: ServiceState): boolean {
  const { verdict, reasonCode } = state.judgement;
  return verdict === "unhealthy" || reasonCode === "regressed-endpoint" || reasonCode === "dependency-failing";
}
