/**
 * The bounds of the buckets, seconds, upper ones included: those that Prometheus' own clients have, and two more below, since
 * an endpoint on the same host answers within a few milliseconds.
 */
export const LATENCY_BOUNDS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** How long answers took, counted by buckets. */
export interface Histogram {
  /** Of each bucket by itself; one more than there are bounds, for what was slower than all of them. */
  counts: readonly number[];
  sumSeconds: number;
}

/** Nothing counted yet. */
export function emptyHistogram(): Histogram {
  return { counts: Array.from({ length: LATENCY_BOUNDS_S.length + 1 }, () => 0), sumSeconds: 0 };
}

/** With one more. What is no time, or a negative one, is not counted. */
export function withTime({ counts, sumSeconds }: Histogram, seconds: number): Histogram {
  if (!Number.isFinite(seconds) || seconds < 0) return { counts, sumSeconds };
  const found = LATENCY_BOUNDS_S.findIndex((bound) => seconds <= bound);
  const at = found === -1 ? LATENCY_BOUNDS_S.length : found;
  // Whole microseconds: what is finer is noise of adding.
  const sum = Math.round((sumSeconds + seconds) * 1e6) / 1e6;
  return { counts: counts.with(at, (counts[at] ?? 0) + 1), sumSeconds: sum };
}

/** As people and Prometheus read it: each bucket includes those before it; the last, without a bound, is all. */
export function cumulative({ counts }: Histogram): { leSeconds: number | null; count: number }[] {
  let sum = 0;
  return counts.map((count, i) => {
    sum += count;
    return { leSeconds: LATENCY_BOUNDS_S[i] ?? null, count: sum };
  });
}
