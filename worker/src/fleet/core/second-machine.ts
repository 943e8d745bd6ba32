import { HOLDS_PLACE_MS } from "./liveness.ts";

/** No second machine tried for so long: it was enrolled by itself, or is gone. It tries every five minutes, milliseconds. */
export const OVER_AFTER_MS = 20 * 60_000;

/** Tries are written down at most so often, milliseconds: each writing is paid for. */
export const NOTED_EVERY_MS = 4 * 60_000;

/** A machine that was refused since the host's own is there with the same credential. */
export interface SecondMachine {
  name: string;
  bootId: string;
  /** Its first try, and the newest that was written down. */
  firstMs: number;
  lastMs: number;
}

/**
 * One more try. `open`: it is a clone, and people are told. A machine that was started anew is refused as well, until its own former
 * self is known to be gone: only who is refused again when that would have passed is a second one.
 */
export function decideSecond(
  before: SecondMachine | null,
  tried: { name: string; bootId: string },
  nowMs: number,
): { second: SecondMachine; isNew: boolean; open: boolean } {
  const known = before !== null && before.bootId === tried.bootId && nowMs - before.lastMs < OVER_AFTER_MS;
  const second = known ? { ...before, lastMs: nowMs } : { ...tried, firstMs: nowMs, lastMs: nowMs };
  return { second, isNew: !known, open: nowMs - second.firstMs > HOLDS_PLACE_MS };
}

/** When nobody is left who tries. */
export function secondOverMs({ lastMs }: SecondMachine): number {
  return lastMs + OVER_AFTER_MS;
}
