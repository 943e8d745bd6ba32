import { randomFrom } from "../../../test/behaviours/random.ts";

/** Milliseconds. */
export const S = 1_000;
export const MIN = 60 * S;

export type Random = ReturnType<typeof randomFrom>;

/** A whole second between two times. */
export function between(random: Random, fromMs: number, toMs: number): number {
  return Math.round((fromMs + random() * (toMs - fromMs)) / S) * S;
}

/** So long until the next time, on average `meanMs`. */
export function nap(random: Random, meanMs: number): number {
  return Math.round((-Math.log(1 - random()) * meanMs) / S) * S;
}
