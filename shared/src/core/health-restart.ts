import type { Observation, ServiceState } from "./lifecycle-types.ts";
import { judge } from "./judgement.ts";
import { openLoop } from "./loop.ts";
import { recordObservation } from "./records.ts";
import { countRestart } from "./restarts.ts";
import { stop, type Turn } from "./turn.ts";

/** A probe came back. Late ones say nothing about the service. */
export function handleObserved(turn: Turn, observation: Observation): void {
  const { state, spec } = turn;
  if (state.life.kind !== "up") return;
  if (observation.startedMs < state.life.sinceMs) return;
  recordObservation(state, observation, state.life.sinceMs, spec);
  noteCure(turn, observation);
  const by = prescribes(turn);
  if (by === null) return;
  if (state.breaker.futile >= spec.check.futileAfter) tellFutile(turn);
  else restartForHealth(turn, by);
}

/** Which check asks for a restart now, by `restart_on`, or null. What is unproven never does. */
function prescribes(turn: Turn): ServiceState["breaker"]["prescribedBy"] {
  const { state, spec, nowMs } = turn;
  const { reasonCode } = judge(state, nowMs, spec);
  const { failureThreshold, restartOn } = spec.check;
  if (reasonCode === "not-listening") return state.port.failures >= failureThreshold ? "port" : null;
  if (reasonCode !== "regressed-endpoint") return null;
  if (restartOn === "hung") return state.endpoint.timeouts >= failureThreshold ? "endpoint" : null;
  if (restartOn === "failing") return state.endpoint.failures >= failureThreshold ? "endpoint" : null;
  return null;
}

function restartForHealth(turn: Turn, by: "endpoint" | "port"): void {
  const { state, spec, nowMs } = turn;
  if (state.life.kind !== "up") return;
  const ranMs = nowMs - state.life.sinceMs;
  state.breaker = { futile: state.breaker.futile + 1, prescribedBy: by, passingSinceMs: null };
  const { reason } = judge(state, nowMs, spec);
  countRestart(turn, { why: { kind: "health" }, words: reason, ranMs }, 0);
  stop(turn, "health");
}

/** The check that prescribed the last restart passes, or not: passing for `stable_after` is the cure. */
function noteCure(turn: Turn, observation: Observation): void {
  const { state } = turn;
  const { breaker } = state;
  if (breaker.prescribedBy === null) return;
  const passes =
    breaker.prescribedBy === "endpoint" ? observation.endpoint?.kind === "ok" : state.port.failingSinceMs === null;
  breaker.passingSinceMs = passes ? (breaker.passingSinceMs ?? observation.endedMs) : null;
}

/** Restarts that do not cure are stopped being prescribed: a person is told instead. */
function tellFutile(turn: Turn): void {
  const { state, spec, nowMs, effects } = turn;
  if (state.loop !== null) return;
  const inside = state.restartTimes.filter((mark) => mark.health);
  const withinMs = Math.max(0, ...spec.loopWindows.map((window) => window.withinMs));
  state.loop = openLoop(state, { withinMs, inside }, { kind: "health" }, nowMs, spec);
  effects.push({ kind: "loop-opened", loop: state.loop });
}
