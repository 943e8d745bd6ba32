import type { Exit, Loop, LoopCauseCode } from "../domain.ts";
import type { ServiceSpec } from "../spec.ts";
import { answerWords, exitWords } from "./answer-words.ts";
import { durationWords } from "./duration.ts";
import { endpointWords } from "./endpoint-words.ts";
import type { RestartMark, ServiceState } from "./lifecycle-types.ts";

/** Why an unplanned restart is decided. */
export type RestartCause = { kind: "exit"; exit: Exit } | { kind: "cannot-start"; error: string } | { kind: "health" };

/** What the marks say: the first window that holds too many restarts, or null. Any one window is enough. */
export function tripped(
  marks: RestartMark[],
  windows: ServiceSpec["loopWindows"],
  nowMs: number,
): { withinMs: number; inside: RestartMark[] } | null {
  for (const { restarts, withinMs } of windows) {
    const inside = marks.filter((mark) => nowMs - mark.atMs < withinMs);
    if (inside.length >= restarts) return { withinMs, inside };
  }
  return null;
}

/**
 * Marks that some window can still see, and of those as many of the newest as the fullest window needs: a fast loop that goes on
 * for days must not grow what is kept and written at each restart.
 */
export function withinReach(marks: RestartMark[], windows: ServiceSpec["loopWindows"], nowMs: number): RestartMark[] {
  const reachMs = Math.max(0, ...windows.map((window) => window.withinMs));
  const most = Math.max(1, ...windows.map((window) => window.restarts));
  return marks.filter((mark) => nowMs - mark.atMs < reachMs).slice(-most);
}

/** The loop that these restarts are, with its cause. */
export function openLoop(
  state: ServiceState,
  trip: { withinMs: number; inside: RestartMark[] },
  why: RestartCause,
  nowMs: number,
  spec: ServiceSpec,
): Loop {
  const times = trip.inside.map((mark) => mark.atMs);
  const first = times[0] ?? nowMs;
  return {
    openedMs: nowMs,
    closedMs: null,
    restarts: times.length,
    spanMs: nowMs - first,
    withinMs: trip.withinMs,
    longestGapMs: longestGapMs(times),
    cause: causeOf(state, trip.inside, why, spec),
  };
}

function longestGapMs(times: number[]): number {
  let longest = 0;
  for (let i = 1; i < times.length; i++) longest = Math.max(longest, (times[i] ?? 0) - (times[i - 1] ?? 0));
  return longest;
}

function causeOf(state: ServiceState, inside: RestartMark[], why: RestartCause, spec: ServiceSpec): Loop["cause"] {
  const cause = (code: LoopCauseCode, text: string) => ({ code, text });
  if (why.kind === "health") {
    const last = state.endpoint.last;
    const asked = state.breaker.prescribedBy === "endpoint" && last !== null;
    return cause(
      "health-check",
      asked
        ? `health check: ${endpointWords(spec)} → ${answerWords(last)}`
        : `health check: port ${spec.ports.join(", ")} closed`,
    );
  }
  if (why.kind === "cannot-start") return cause("cannot-start", `cannot start: ${why.error}`);
  const { exit } = why;
  // The loop began with the end of a stable run, however long that was: it tells nothing of how soon it ends now.
  const [first, ...later] = inside;
  const stable = later.length > 0 && (first?.ranMs ?? 0) >= spec.backoff.stableAfterMs;
  const longest = Math.max(...(stable ? later : inside).map((mark) => mark.ranMs));
  const within = `within ${durationWords(Math.max(100, longest + 99))} of every start`;
  if (exit.outOfMemory === true) return cause("out-of-memory", `out of memory ${within}`);
  if (exit.signal !== null) return cause("signal", `${exitWords(exit)} ${within}`);
  if (exit.code !== null) return cause("exit-code", `exits with code ${exit.code} ${within}`);
  return cause("exit-unknown", exitWords(exit));
}

/**
 * How much uninterrupted uptime ends a loop, milliseconds: `stable_after`, and twice the longest gap between the restarts
 * that opened it, so that a slow loop is not called over between two of its crashes. Null: only a cure ends it.
 */
export function loopEndsAfterMs(loop: Loop, spec: ServiceSpec): number | null {
  if (loop.cause.code === "health-check") return null;
  return Math.max(spec.backoff.stableAfterMs, 2 * loop.longestGapMs);
}
