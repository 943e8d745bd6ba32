import type { ServiceSpec } from "../spec.ts";

/**
 * How long to wait before the next unplanned restart, milliseconds. `attempt` is how many there were since the last stable
 * run: the first is immediate, each later one waits somewhere between the least delay and twice as much as the one before it
 * could have. `chance` is in [0, 1).
 */
export function backoffDelayMs(attempt: number, chance: number, backoff: ServiceSpec["backoff"]): number {
  if (attempt <= 0) return 0;
  // Past 2^40 every product is above any max; a larger exponent would only end in Infinity.
  const ceilingMs = Math.min(backoff.maxMs, backoff.minMs * 2 ** Math.min(attempt, 40));
  return Math.round(backoff.minMs + chance * Math.max(0, ceilingMs - backoff.minMs));
}
