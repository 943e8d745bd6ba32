/** How the Fleet tries again what D1 did not take. Pure: clock and chance come as arguments. */

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** Refused for so long though D1 answers, and not for its own content: no person has mended it, and the host must go on. */
const HOPELESS_MS = 6 * 3_600_000;

/**
 * When to try again what has waited for `waitedMs`: about as long as that again, so the delays double without anything
 * that an eviction could lose. Between half of it and all of it, so that not all Fleets come back at once.
 */
export function retryDelayMs(waitedMs: number, random: number): number {
  const ceiling = Math.min(RETRY_MAX_MS, Math.max(RETRY_MIN_MS, waitedMs));
  return Math.round(ceiling * (0.5 + random / 2));
}

/** Does D1 refuse this for what it is, so that asking again would change nothing? In SQLite's own words for it. */
export function isRefusedForGood(error: string, waitedMs: number): boolean {
  return FOR_GOOD.test(error) || waitedMs > HOPELESS_MS;
}

/** https://www.sqlite.org/rescode.html: CONSTRAINT, TOOBIG, MISMATCH, RANGE; and a value that is no JSON. */
const FOR_GOOD = /SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|RANGE)|constraint failed|too big|datatype mismatch|malformed JSON/;
