/** What two sides speak with each other, each of which may have been updated without the other. */
export type Agreement =
  /** The older one's version: whoever is newer speaks it, too. */
  | { kind: "agreed"; protocol: number }
  /** More than one version apart; `older` has to be updated. */
  | { kind: "too-far"; older: "ours" | "theirs" };

/** Versions begin here. */
const FIRST = 1;

/** Neighbouring versions of the protocol (wire.ts) work together; what is further apart does not. */
export function agreeOn(ours: number, theirs: number): Agreement {
  if (theirs < FIRST || ours - theirs > 1) return { kind: "too-far", older: "theirs" };
  if (theirs - ours > 1) return { kind: "too-far", older: "ours" };
  return { kind: "agreed", protocol: Math.min(ours, theirs) };
}
