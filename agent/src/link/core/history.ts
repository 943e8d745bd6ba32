import type { Fault } from "./faults.ts";
import type { Via } from "./link-types.ts";

/** Tries that came to the same, one after the other. */
export interface Attempt {
  outcome: "connected" | Fault;
  via: Via;
  /** Why it failed; what was lost, of a connection that ended; empty while it lasts. */
  why: string;
  firstMs: number;
  lastMs: number;
  times: number;
}

/** So many are kept. */
export const ATTEMPTS_KEPT = 20;

/** One more; the same again only counts. */
export function noteAttempt(
  history: readonly Attempt[],
  { outcome, via, why }: Pick<Attempt, "outcome" | "via" | "why">,
  nowMs: number,
): Attempt[] {
  const last = history.at(-1);
  const isSame = last !== undefined && last.outcome === outcome && last.via === via && last.why === why;
  if (isSame && outcome !== "connected") {
    return [...history.slice(0, -1), { ...last, lastMs: nowMs, times: last.times + 1 }];
  }
  return [...history, { outcome, via, why, firstMs: nowMs, lastMs: nowMs, times: 1 }].slice(-ATTEMPTS_KEPT);
}

/** The connection that is the newest of them lasted until now. */
export function noteEnd(history: readonly Attempt[], nowMs: number): Attempt[] {
  const last = history.at(-1);
  return last?.outcome === "connected" ? [...history.slice(0, -1), { ...last, lastMs: nowMs }] : [...history];
}

/** Whether the log has told of it just now: two faults that take turns are told once each, not for ever. */
export function isTold(history: readonly Attempt[], outcome: Fault, why: string): boolean {
  const connected = history.findLastIndex((each) => each.outcome === "connected");
  return history.slice(connected + 1).some((each) => each.outcome === outcome && each.why === why);
}

/** The same by the clock that people read, which was set by `byMs` meanwhile; what an earlier agent tried, before `fromMs`, was told by it. */
export function moveHistory(history: readonly Attempt[], fromMs: number, byMs: number): Attempt[] {
  return history.map((each) =>
    each.firstMs < fromMs ? each : { ...each, firstMs: each.firstMs + byMs, lastMs: each.lastMs + byMs },
  );
}
