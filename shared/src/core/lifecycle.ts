import type { ServiceSpec } from "../spec.ts";
import { handleAsked } from "./asked.ts";
import { shiftTimes } from "./clock-shift.ts";
import { forgetDefinitions, handleEdited } from "./edited.ts";
import { handleObserved } from "./health-restart.ts";
import type { LifecycleEvent, ServiceState, Step } from "./lifecycle-types.ts";
import { handlePlanned } from "./planned.ts";
import { freshEndpoint, freshPort } from "./records.ts";
import { handleExit, handleSpawnFailed, scheduleStart } from "./restarts.ts";
import { loopEndsAfterMs } from "./loop.ts";
import { settle } from "./settle.ts";
import { isFailing, stop, tryStart, type Turn, unknownDependencies, wakeUp } from "./turn.ts";

/** A service that was never started. It waits for all its dependencies until they are known to be there. */
export function initialState(spec: ServiceSpec): ServiceState {
  return {
    desired: { kind: "run" },
    life: { kind: "off" },
    spawn: 0,
    restarts: 0,
    lastExit: null,
    observation: null,
    endpoint: freshEndpoint(spec),
    port: freshPort(spec),
    unmet: unknownDependencies(spec),
    backoff: { attempt: 0 },
    breaker: { futile: 0, prescribedBy: null, passingSinceMs: null },
    restartTimes: [],
    loop: null,
    ownChanges: 0,
    judgement: { verdict: "down", reasonCode: "shut-down", reason: "not started yet", sinceMs: 0 },
  };
}

/**
 * One turn of a service's life: what happened, and when (milliseconds, from a clock that never jumps), to the next state and
 * the effects to carry out in order. The same turns give the same results; late events of an older spawn change nothing.
 */
export function step(state: ServiceState, event: LifecycleEvent, nowMs: number, spec: ServiceSpec): Step {
  const turn: Turn = { state: copyOf(state), effects: [], nowMs, spec };
  handle(turn, event);
  settle(turn);
  return { state: turn.state, effects: turn.effects };
}

/** When the machine next wants a `tick`, or null. */
export function dueMs(state: ServiceState, spec: ServiceSpec): number | null {
  const { life } = state;
  if (life.kind === "backoff") return life.untilMs;
  if (life.kind !== "up") return null;
  const due: number[] = [];
  if (state.observation !== null) {
    if (state.judgement.reasonCode === "start-period") due.push(life.sinceMs + spec.check.startPeriodMs);
    if (state.judgement.reasonCode === "port-opening") due.push(life.sinceMs + spec.check.startTimeoutMs);
  }
  if (!isFailing(state)) {
    if (state.backoff.attempt > 0) due.push(life.sinceMs + spec.backoff.stableAfterMs);
    const endsAfterMs = state.loop === null ? null : loopEndsAfterMs(state.loop, spec);
    if (endsAfterMs !== null) due.push(life.sinceMs + endsAfterMs);
    if (state.breaker.passingSinceMs !== null) due.push(state.breaker.passingSinceMs + spec.backoff.stableAfterMs);
  }
  return due.length === 0 ? null : Math.min(...due);
}

function handle(turn: Turn, event: LifecycleEvent): void {
  const { state } = turn;
  switch (event.kind) {
    case "began":
      return handleBegan(turn, event);
    case "spawned":
      if (event.spawn === state.spawn) wakeUp(turn, event.pid, turn.nowMs, false);
      return;
    case "spawn-failed":
      if (event.spawn === state.spawn) handleSpawnFailed(turn, event.error, event.chance);
      return;
    case "exited":
      if (event.spawn === state.spawn) handleExit(turn, event.exit, event.probing, event.chance);
      return;
    case "gone":
      if (event.spawn === state.spawn) handleGone(turn, event.chance);
      return;
    case "replaced":
      if (event.spawn === state.spawn && state.life.kind === "up")
        state.life = { ...state.life, pid: event.pid, adopted: true };
      return;
    case "observed":
      if (event.spawn === state.spawn) handleObserved(turn, event.observation);
      return;
    case "dependencies":
      state.unmet = event.unmet;
      if (state.life.kind === "waiting") tryStart(turn);
      return;
    case "asked":
      return handleAsked(turn, event.verb, event.by);
    case "edited":
      return handleEdited(turn, event.anew);
    case "planned":
      return handlePlanned(turn, event.by, event.why);
    case "shutdown":
      return handleShutdown(turn);
    case "clock":
      turn.state = shiftTimes(state, event);
      return;
    case "tick":
      if (state.life.kind === "backoff" && turn.nowMs >= state.life.untilMs) tryStart(turn);
      return;
  }
}

function handleBegan(turn: Turn, event: Extract<LifecycleEvent, { kind: "began" }>): void {
  const { state, spec, nowMs } = turn;
  forgetDefinitions(turn);
  state.unmet = unknownDependencies(spec);
  const before = state.life;
  if (event.found !== null) {
    state.spawn = Math.max(state.spawn, event.found.spawn);
    state.life = { kind: "starting", sinceMs: event.found.startedMs, stopWhy: null };
    wakeUp(turn, event.found.pid, event.found.startedMs, true);
    return;
  }
  state.observation = null;
  if (before.kind === "up" || before.kind === "stopping") {
    const sinceMs = before.kind === "up" ? before.sinceMs : before.upSinceMs;
    const planned = before.kind === "stopping";
    // It ended some time after it was last seen: that long it has run for certain, and no longer is claimed.
    const atMs = Math.max(sinceMs, Math.min(event.seenMs ?? nowMs, nowMs));
    const exit = { code: null, signal: null, atMs, ranMs: atMs - sinceMs };
    state.life = { kind: "up", pid: before.pid, sinceMs, adopted: true };
    if (planned) {
      state.lastExit = exit;
      tryStart(turn);
    } else {
      // Nobody saw it, so that it says nothing of a call before it: none is to blame, and none acquitted.
      const { crashes } = state.endpoint;
      state.endpoint.lastProbeEndedMs = null;
      handleExit(turn, exit, false, event.chance);
      state.endpoint.crashes = crashes;
    }
    return;
  }
  if (before.kind === "off" || before.kind === "starting" || before.kind === "waiting") tryStart(turn);
}

function handleGone(turn: Turn, chance: number): void {
  const { state } = turn;
  if (state.life.kind !== "stopping") return;
  const why = state.life.why;
  if (why === "shutdown") {
    state.life = { kind: "off" };
  } else if (why === "health" && state.desired.kind === "run") {
    scheduleStart(turn, chance, null);
  } else {
    tryStart(turn);
  }
}

function handleShutdown(turn: Turn): void {
  const { state } = turn;
  switch (state.life.kind) {
    case "up":
      return stop(turn, "shutdown");
    case "starting":
      state.life = { ...state.life, stopWhy: "shutdown" };
      return;
    case "stopping":
      state.life = { ...state.life, why: "shutdown" };
      return;
    case "waiting":
    case "backoff":
      state.life = { kind: "off" };
      return;
    case "paused":
    case "completed":
    case "off":
      return;
  }
}

/** A copy that the handlers may change: everything they change in place is copied, the rest they replace. */
function copyOf(state: ServiceState): ServiceState {
  return {
    ...state,
    endpoint: { ...state.endpoint },
    port: { ...state.port },
    backoff: { ...state.backoff },
    breaker: { ...state.breaker },
  };
}
