/**
 * A link that goes and comes again and again (bad Wi-Fi, a proxy) is one incident, not one for each time. Nagios counts changes among the
 * last 21 checks, with a higher bound to begin (50 %) than to end (20 %), so that flapping does not itself flap. Here nothing is checked
 * at intervals, so the same is said in times: it begins with the fourth silence inside an hour, as a restart loop with the fourth restart,
 * and ends when the link was one thing, up or gone, for half an hour.
 */

/** Silences that make it flapping. */
export const SILENCES = 4;
/** Inside so long, milliseconds. */
export const WITHIN_MS = 3_600_000;
/** Up, or gone, for so long ends it, milliseconds. */
export const STEADY_MS = 1_800_000;

/** One more silence begins. `before`: when earlier ones began. Answers those worth keeping, and whether it flaps by now. */
export function countSilence(before: readonly number[], nowMs: number): { silencesMs: number[]; isFlapping: boolean } {
  const recent = before.filter((atMs) => nowMs - atMs < WITHIN_MS);
  const silencesMs = [...recent, nowMs].slice(-SILENCES);
  return { silencesMs, isFlapping: silencesMs.length >= SILENCES };
}

/** Is it over? `link` holds since `sinceMs`. `gone`: it did not come back, which is an alarm of its own. */
export type Steadiness = { kind: "unsteady"; dueMs: number } | { kind: "up" | "gone" | "left" };

/** Decides for a link that flaps; the caller asks again at `dueMs`. */
export function decideSteady(link: "online" | "silent" | "away", sinceMs: number, nowMs: number): Steadiness {
  if (link === "away") return { kind: "left" };
  const dueMs = sinceMs + STEADY_MS;
  if (nowMs < dueMs) return { kind: "unsteady", dueMs };
  return { kind: link === "online" ? "up" : "gone" };
}
