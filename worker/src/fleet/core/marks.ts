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
