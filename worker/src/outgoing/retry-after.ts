/** A receiver that asks for more is asked again nevertheless: an alert of yesterday helps nobody. */
const RETRY_AFTER_LIMIT_MS = 3_600_000;

/**
 * How long a `Retry-After` asks to wait, milliseconds, at most an hour: seconds or a date (RFC 9110, 10.2.3). Null where there is
 * none, or nothing that can be read.
 */
export function parseRetryAfter(text: string | null, nowMs: number): number | null {
  if (text === null) return null;
  const asked = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(asked) ? null : Math.min(RETRY_AFTER_LIMIT_MS, Math.max(0, asked));
}
