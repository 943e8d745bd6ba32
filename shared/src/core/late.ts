import { momentWords } from "./moment.ts";

/** Told later than this after it happened is late, milliseconds. */
export const LATE_AFTER_MS = 60_000;

/** Times of something that is told, milliseconds since the epoch; `endedMs` is null while it is not over. */
export interface Telling {
  beganMs: number;
  endedMs: number | null;
  toldMs: number;
}

/**
 * Why it is told only now: `happened at 03:12 UTC, told at 04:05 UTC, since the host could not be reached`. Null where it is told
 * in time, which of what is over goes by its end.
 */
export function lateWords({ beganMs, endedMs, toldMs }: Telling): string | null {
  if (toldMs - (endedMs ?? beganMs) <= LATE_AFTER_MS) return null;
  const at = (ms: number) => `${momentWords(ms, toldMs)} UTC`;
  const over = endedMs === null ? "" : `, was over at ${at(endedMs)}`;
  return `happened at ${at(beganMs)}${over}, told at ${at(toldMs)}, since the host could not be reached`;
}
