/** Which of a host's events are new, and how far the host may forget. */

/** The smallest mark that hello itself proves: an agent forgets only what was recorded. */
export function recordedOf(
  known: { journalId: string | null; recordedSeq: number },
  hello: { journalId: string; firstSeq: number },
): number {
  const ours = known.journalId === hello.journalId ? known.recordedSeq : 0;
  return Math.max(ours, hello.firstSeq - 1, 0);
}

/**
 * The events that continue what is held, oldest first. What was held before is dropped; behind a hole nothing is taken,
 * since the journal has none: it comes again.
 */
export function continuing<E extends { seq: number }>(events: readonly E[], heldSeq: number): E[] {
  const taken: E[] = [];
  let next = heldSeq + 1;
  for (const event of events) {
    if (event.seq < next) continue;
    if (event.seq > next) break;
    taken.push(event);
    next += 1;
  }
  return taken;
}

/** Events that one host may have written within a minute; beyond it is told `busy` and sends again later. */
export const EVENTS_PER_MINUTE = 600;

/** A bucket that refills by the minute. */
export interface Allowance {
  left: number;
  atMs: number;
}

/** What is left after `count` more events, or null where that is too many now. */
export function spend(allowance: Allowance | undefined, count: number, nowMs: number): Allowance | null {
  const full = { left: EVENTS_PER_MINUTE, atMs: nowMs };
  const before = allowance ?? full;
  const refilled = before.left + ((nowMs - before.atMs) * EVENTS_PER_MINUTE) / 60_000;
  const left = Math.min(EVENTS_PER_MINUTE, Math.max(refilled, before.left)) - count;
  return left < 0 ? null : { left, atMs: nowMs };
}
