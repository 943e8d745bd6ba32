import { HOLDS_PLACE_MS } from "./liveness.ts";

/** No second machine tried for so long: it was enrolled by itself, or is gone. It tries every five minutes, milliseconds. */
export const OVER_AFTER_MS = 20 * 60_000;

/** Tries are written down at most so often, milliseconds: each writing is paid for. */
export const NOTED_EVERY_MS = 4 * 60_000;

/** So many are told apart, of a credential that was copied far and wide. */
export const TOLD_APART = 8;

/** A machine that was refused since the host's own is there with the same credential. */
interface Refused {
  name: string;
  bootId: string;
  /** Its first try, and the newest that was written down. */
  firstMs: number;
  lastMs: number;
}

/** The one that was refused last, and others besides. */
export interface SecondMachine extends Refused {
  besides?: Refused[] | undefined;
}

/**
 * One more try. `open`: it is a clone, and people are told. A machine that was started anew is refused as well, until its own former
 * self is known to be gone: only who is refused again when that would have passed is a second one. `notedMs`: its newest try that was written
 * down; null where it is new. Of more than can be told apart it is only known that somebody tries still.
 */
export function decideSecond(
  before: SecondMachine | null,
  tried: { name: string; bootId: string },
  nowMs: number,
): { second: SecondMachine; notedMs: number | null; open: boolean } {
  const refused = refusedOf(before).filter(({ lastMs }) => nowMs - lastMs < OVER_AFTER_MS);
  const same = refused.find(({ bootId }) => bootId === tried.bootId);
  if (before !== null && same === undefined && refused.length >= TOLD_APART) {
    return { second: { ...before, lastMs: nowMs }, notedMs: before.lastMs, open: false };
  }
  const besides = refused.filter((each) => each !== same);
  const firstMs = same?.firstMs ?? nowMs;
  const second = { ...tried, firstMs, lastMs: nowMs, ...(besides.length === 0 ? {} : { besides }) };
  return { second, notedMs: same?.lastMs ?? null, open: nowMs - firstMs > HOLDS_PLACE_MS };
}

function refusedOf(second: SecondMachine | null): Refused[] {
  if (second === null) return [];
  const { besides = [], ...last } = second;
  return [last, ...besides];
}

/** When nobody is left who tries. */
export function secondOverMs({ lastMs }: SecondMachine): number {
  return lastMs + OVER_AFTER_MS;
}
