import { parseDuration } from "./duration.ts";

/**
 * How long a host may be silent before it counts as offline, milliseconds. It says a sign every 30 s, of which one may be lost and the
 * next be late: less than `least` would cry at that. A host of which nobody wants to hear for longer than `most` sleeps (`sleeps: true`).
 */
export const OFFLINE_AFTER_MS = { least: 75_000, otherwise: 90_000, most: 86_400_000 } as const;

/** A host that goes on purpose may say to be back within so long at most, milliseconds: 90 days. */
export const GONE_LIMIT_MS = 90 * 86_400_000;

/** Is it a duration that may be waited for? */
export function isOfflineAfter(text: string): boolean {
  const ms = parseDuration(text);
  return ms !== null && ms >= OFFLINE_AFTER_MS.least && ms <= OFFLINE_AFTER_MS.most;
}
