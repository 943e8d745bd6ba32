import type { Ours } from "./script.ts";

/** Are we away at this moment, or is the database? Then nobody can do anything with us. */
export function isAnyAway(ours: readonly Ours[], atMs: number): boolean {
  return ours.some((each) => (each.kind === "d1-away" || each.kind === "cloud-away") && isWithin(each, atMs));
}

export function isWithin({ fromMs, toMs }: { fromMs: number; toMs: number }, atMs: number): boolean {
  return fromMs <= atMs && atMs <= toMs;
}
