/** How much one host and one organization may ask of a Fleet. What is over is answered with `busy` and a pace, and is kept by the host. */

/** A bucket of `burst` that is filled again by `perMinute`. */
export interface Cap {
  perMinute: number;
  burst: number;
}

/** What is left of a cap. */
export interface Allowance {
  left: number;
  atMs: number;
}

/** Why not now, in words that say how to mend it, and when to ask again. */
export interface Busy {
  why: string;
  afterMs: number;
}

export const HOST_EVENTS: Cap = { perMinute: 600, burst: 600 };
/** What D1 takes for long is in the hundreds a second; two thousand hosts that were offline for an hour are within the burst. */
export const ORGANIZATION_EVENTS: Cap = { perMinute: 12_000, burst: 60_000 };
/** What waits for D1 is in memory as well, and a Durable Object has 128 MB for everything. */
export const JOURNAL_LIMIT_BYTES = 16 * 1024 * 1024;
export const HOST_SERVICES = 500;
/** Ten on each of two thousand hosts, in each Fleet. All are in its memory, about a kilobyte and a half each, and go to each dashboard that is opened. */
export const ORGANIZATION_SERVICES = 20_000;
/** For each Fleet that an organization has: from about here on it needs one more. */
export const ORGANIZATION_HOSTS = 2_000;

/** A full journal is looked at again after so long: D1 is asked at least once a minute. */
const JOURNAL_AGAIN_MS = 30_000;
/** Too many services wait for a person. */
const SERVICES_AGAIN_MS = 10 * 60_000;

/** What is left after `count` more, or in how many milliseconds there is room for them. */
export function spend(
  allowance: Allowance | undefined,
  count: number,
  { perMinute, burst }: Cap,
  nowMs: number,
): Allowance | { afterMs: number } {
  const before = allowance ?? { left: burst, atMs: nowMs };
  // A clock that went back takes nothing away.
  const refilled = before.left + (Math.max(0, nowMs - before.atMs) * perMinute) / 60_000;
  const left = Math.min(burst, refilled) - count;
  return left < 0 ? { afterMs: Math.ceil((-left * 60_000) / perMinute) } : { left, atMs: nowMs };
}

/** What waits for D1 in a Fleet, bytes: all of it, that of one organization, and how many organizations share the Fleet. */
export interface JournalFill {
  bytes: number;
  ownBytes: number;
  organizations: number;
}

/** What is held and known at this moment. */
export interface Filled {
  journal: JournalFill;
  hostServices: number;
  organizationServices: number;
}

/** Is there room for so many services that were not known before, and in the journal at all? Null where there is. */
export function decideRoom({ journal, hostServices, organizationServices }: Filled, fresh: number): Busy | null {
  if (isJournalFull(journal)) {
    const why =
      "the database cannot be reached, and what waits for it fills the cloud's journal; the host keeps the rest";
    return { why, afterMs: JOURNAL_AGAIN_MS };
  }
  if (fresh === 0) return null;
  if (hostServices + fresh > HOST_SERVICES) {
    const why = `expected at most ${HOST_SERVICES} services on one host, got more: remove some from its afloat.yaml`;
    return { why, afterMs: SERVICES_AGAIN_MS };
  }
  if (organizationServices + fresh > ORGANIZATION_SERVICES) {
    const why = `expected at most ${ORGANIZATION_SERVICES} services in one organization for each Fleet it has, got more: remove some, remove hosts, or have the operator spread it over more Fleets (docs/fleet.md)`;
    return { why, afterMs: SERVICES_AGAIN_MS };
  }
  return null;
}

/**
 * Is there no more room for this organization? One half is for whoever needs it; the other is kept in equal parts for those that share
 * the Fleet, so that one which has much to say leaves room for the rest.
 */
export function isJournalFull({ bytes, ownBytes, organizations }: JournalFill): boolean {
  if (bytes >= JOURNAL_LIMIT_BYTES) return true;
  const half = JOURNAL_LIMIT_BYTES / 2;
  return organizations > 1 && bytes >= half && ownBytes >= half / organizations;
}
