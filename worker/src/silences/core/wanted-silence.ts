import { parseDuration } from "@afloat/shared/core/duration";
import type { Matcher } from "../../alerts/core/alert-types.ts";
import { isEmptyMatcher, type KnownHosts, parseMatcher, type TypedMatcher } from "../../matchers/core/typed-matcher.ts";

/** A silence as a person types it. */
export interface TypedSilence extends TypedMatcher {
  reason: string;
  /** `2h`. */
  lasts: string;
  /** `on`: nothing is chosen, and that is meant. */
  everything: string;
}

export type SilenceFaults = Partial<Record<keyof TypedSilence, string>>;

export interface WantedSilence {
  matcher: Matcher;
  reason: string;
  forMs: number;
}

export const REASON_LIMIT = 300;
const MIN_MS = 60_000;
const MAX_MS = 90 * 86_400_000;

/** Understands a silence, or says of each field what is wrong with it. */
export function parseSilence(
  typed: TypedSilence,
  known: KnownHosts,
): { kind: "wanted"; wanted: WantedSilence } | { kind: "faults"; faults: SilenceFaults } {
  const { matcher, faults: unfit } = parseMatcher(typed, known);
  const faults: SilenceFaults = { ...unfit };
  if (isEmptyMatcher(matcher) && Object.keys(unfit).length === 0 && typed.everything !== "on")
    faults.everything = "expected a kind, a host, a service or a tag; to silence everything, say so here";
  const reason = typed.reason.trim();
  if (reason === "") faults.reason = "expected why: whoever wonders at three in the morning reads it";
  if (reason.length > REASON_LIMIT) faults.reason = `expected at most ${REASON_LIMIT} characters, got ${reason.length}`;
  const forMs = parseDuration(typed.lasts);
  if (forMs === null) faults.lasts = `expected a duration such as 30m, 2h or 1d, got \`${typed.lasts}\``;
  else if (forMs < MIN_MS || forMs > MAX_MS) faults.lasts = `expected from 1m to 90d, got \`${typed.lasts}\``;
  if (Object.keys(faults).length > 0 || forMs === null) return { kind: "faults", faults };
  return { kind: "wanted", wanted: { matcher, reason, forMs } };
}
