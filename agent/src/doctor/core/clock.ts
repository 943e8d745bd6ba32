import { durationWords } from "@afloat/shared/core/duration";
import { type Finding, finding, ok } from "./finding.ts";

export interface ClockFacts {
  /** How far this host is ahead of its cloud, and how long the answer took, milliseconds; null where it has none, or it gave no answer. */
  ahead: { byMs: number; tookMs: number } | null;
  /** The agent's own words on jumps of the clock, the newest last. */
  jumps: readonly string[];
}

/** An answer's Date has whole seconds; more than this is no rounding, milliseconds. */
const OFF_MS = 5_000;
const FAR_OFF_MS = 60_000;

/** Is it the time that it says? */
export function judgeClock({ ahead, jumps }: ClockFacts): Finding[] {
  const found = [];
  const last = jumps.at(-1);
  const why = "times of incidents are wrong on the status page, and certificates may seem invalid";
  if (ahead !== null && Math.abs(ahead.byMs) > OFF_MS + ahead.tookMs) {
    const what = `the clock is ${durationWords(Math.abs(ahead.byMs))} ${ahead.byMs > 0 ? "ahead of" : "behind"} the cloud's`;
    found.push(
      finding(
        "clock",
        Math.abs(ahead.byMs) > FAR_OFF_MS ? "problem" : "warning",
        what,
        why,
        "timedatectl set-ntp true",
      ),
    );
  }
  if (last !== undefined) {
    const what =
      jumps.length === 1 ? "the clock has jumped lately" : `the clock has jumped ${jumps.length} times lately`;
    found.push(finding("clock", "note", what, last, "timedatectl timesync-status    # does it keep time?"));
  }
  if (found.length > 0) return found;
  return [ok("clock", ahead === null ? "has not jumped lately" : "agrees with the cloud's")];
}
