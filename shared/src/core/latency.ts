import type { Latency } from "../domain.ts";
import type { EndpointResult } from "./lifecycle-types.ts";

/** How many answers are kept to tell how slow an endpoint is: ten minutes of them at the usual pace. */
const KEPT = 60;

/** What an endpoint's last answers took, milliseconds, oldest first, with one more. What never came took no time. */
export function withAnswer(tookMs: readonly number[], result: EndpointResult): number[] {
  return isAnswer(result) ? [...tookMs, Math.round(result.ms)].slice(-KEPT) : [...tookMs];
}

/** Count, median, 95th percentile (both by nearest rank) and maximum; null where there is none. */
export function latencyOf(tookMs: readonly number[]): Latency | null {
  if (tookMs.length === 0) return null;
  const sorted = tookMs.toSorted((a, b) => a - b);
  const rank = (share: number) => Math.round(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  return { count: sorted.length, p50Ms: rank(0.5), p95Ms: rank(0.95), maxMs: rank(1) };
}

/** True for an answer, wanted or not; what never came is none. */
export function isAnswer({ kind }: EndpointResult): boolean {
  return kind === "ok" || kind === "status" || kind === "body" || kind === "redirect" || kind === "failed";
}
