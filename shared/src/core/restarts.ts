import type { Exit } from "../domain.ts";
import { exitWords } from "./answer-words.ts";
import { backoffDelayMs } from "./backoff.ts";
import { blameProbe } from "./blame.ts";
import { durationWords } from "./duration.ts";
import { openLoop, type RestartCause, tripped, withinReach } from "./loop.ts";
import { isFailing, tryStart, type Turn } from "./turn.ts";

/** An unplanned restart that is to be counted: why, in words too, and how long the process had run. */
interface Unplanned {
  why: RestartCause;
  words: string;
  ranMs: number;
}

/** The process ended by itself, or during a stop plan, which then goes on until the last of its group is gone. */
export function handleExit(turn: Turn, exit: Exit, probing: boolean, chance: number): void {
  const { state, spec } = turn;
  const { life } = state;
  if (life.kind === "stopping") {
    state.life = { ...life, exit };
    state.lastExit = exit;
    return;
  }
  if (life.kind !== "up" && life.kind !== "starting") return;
  state.lastExit = exit;
  state.observation = null;
  blameProbe(turn, exit, probing);
  if (state.desired.kind === "pause") {
    state.life = { kind: "paused" };
    return;
  }
  if (life.kind === "starting" && life.stopWhy === "shutdown") {
    state.life = { kind: "off" };
    return;
  }
  if (!restarts(exit, spec.restart, spec.successCodes)) {
    state.life = { kind: "completed", exit };
    return;
  }
  // What it needed when it started is there no more: it waits for that, and is not counted for it.
  if (state.unmet.length > 0) {
    state.life = { kind: "waiting", unmet: state.unmet };
    return;
  }
  if (exit.ranMs >= spec.backoff.stableAfterMs && !isFailing(state)) state.backoff.attempt = 0;
  const words = `${exitWords(exit)} after ${durationWords(exit.ranMs)}`;
  countRestart(turn, { why: { kind: "exit", exit }, words, ranMs: exit.ranMs }, chance);
  scheduleStart(turn, chance, null);
}

/** A start that the system refused is tried again whatever the policy: what never ran has not ended. */
export function handleSpawnFailed(turn: Turn, error: string, chance: number): void {
  const { state } = turn;
  if (state.life.kind !== "starting") return;
  if (state.desired.kind === "pause") {
    state.life = { kind: "paused" };
    return;
  }
  if (state.life.stopWhy === "shutdown") {
    state.life = { kind: "off" };
    return;
  }
  // Nothing is won by trying again at once: even the first retry waits.
  state.backoff.attempt = Math.max(1, state.backoff.attempt);
  countRestart(turn, { why: { kind: "cannot-start", error }, words: `cannot start: ${error}`, ranMs: 0 }, chance);
  scheduleStart(turn, chance, error);
}

/** True where the policy wants what ended so to be started again. */
export function restarts(exit: Exit, policy: Turn["spec"]["restart"], successCodes: number[]): boolean {
  if (policy === "always") return true;
  if (policy === "never") return false;
  // A signal's death is never code 0; an exit that nobody saw is not taken for a success.
  return !(exit.signal === null && exit.code !== null && successCodes.includes(exit.code));
}

/** Counts an unplanned restart when it is decided, and opens a loop if that was one too many. */
export function countRestart(turn: Turn, { why, words, ranMs }: Unplanned, chance: number): void {
  const { state, spec, nowMs, effects } = turn;
  const mark = { atMs: nowMs, ranMs, health: why.kind === "health" };
  state.restartTimes = [...withinReach(state.restartTimes, spec.loopWindows, nowMs), mark];
  state.restarts++;
  const delayMs = backoffDelayMs(state.backoff.attempt, chance, spec.backoff);
  effects.push({ kind: "restart", planned: false, why: words, delayMs });
  if (state.loop !== null) return;
  const trip = tripped(state.restartTimes, spec.loopWindows, nowMs);
  if (trip === null) return;
  state.loop = openLoop(state, trip, why, nowMs, spec);
  effects.push({ kind: "loop-opened", loop: state.loop });
}

/** Starts at once after a stable run, else when the backoff is over. */
export function scheduleStart(turn: Turn, chance: number, cannotStart: string | null): void {
  const { state, spec, nowMs } = turn;
  const delayMs = backoffDelayMs(state.backoff.attempt, chance, spec.backoff);
  state.backoff.attempt++;
  if (delayMs === 0) tryStart(turn);
  else state.life = { kind: "backoff", untilMs: nowMs + delayMs, cannotStart };
}
