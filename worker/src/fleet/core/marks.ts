/** Which of a host's events are new, and how far the host may forget. */

/** The smallest mark that hello itself proves: an agent forgets only what was recorded. */
export function recordedOf(
  known: { journalId: string | null; recordedSeq: number },
  hello: { journalId: string; firstSeq: number },
): number {
  const ours = known.journalId === hello.journalId ? known.recordedSeq : 0;
  return Math.max(ours, hello.firstSeq - 1, 0);
}

/** An event, or one that stands for all from `from` to its own number. */
export interface Numbered {
  seq: number;
  from?: number;
}

/** The number of the first event that this one is, or stands for. */
export function firstOf({ seq, from }: Numbered): number {
  return from ?? seq;
}

/**
 * The events that continue what is held, oldest first. What was held before is dropped; behind a hole nothing is taken,
 * since the journal has none: it comes again.
 */
export function continuing<E extends Numbered>(events: readonly E[], heldSeq: number): E[] {
  const taken: E[] = [];
  let next = heldSeq + 1;
  for (const event of events) {
    if (event.seq < next) continue;
    // One that stands for several continues where some of them are known.
    if (firstOf(event) > next) break;
    taken.push(event);
    next = event.seq + 1;
  }
  return taken;
}
