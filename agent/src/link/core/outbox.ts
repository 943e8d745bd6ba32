import { EVENTS_LIMIT, FRAME_LIMIT_BYTES, type JournalEvent } from "@afloat/shared/wire";

/** Where sending stands on one connection. */
export interface Outbox {
  /** The cloud told that it holds the journal up to here. */
  held: number;
  /** Sent on this connection up to here. */
  sent: number;
}

/** Events on the way without an answer, at most. */
export const IN_FLIGHT = 1_000;
/** Half of what a frame may be: names and numbers around the events need room too. */
const BATCH_BYTES = FRAME_LIMIT_BYTES / 2;

/** How many events may be sent now in one message. */
export function room({ held, sent }: Outbox, lastSeq: number, limit = EVENTS_LIMIT): number {
  return Math.max(0, Math.min(lastSeq - sent, IN_FLIGHT - (sent - held), limit));
}

/** As many of the next events as one message carries; always one at least. `sizeOf` counts bytes. */
export function batchOf(events: readonly JournalEvent[], sizeOf: (event: JournalEvent) => number): JournalEvent[] {
  const batch: JournalEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += sizeOf(event);
    if (batch.length > 0 && bytes > BATCH_BYTES) break;
    batch.push(event);
  }
  return batch;
}

/** After a welcome: everything that D1 does not have is sent again, whatever the cloud holds for the moment. */
export function afterWelcome({ recorded }: { recorded: number }): Outbox {
  return { held: recorded, sent: recorded };
}

/** After an acknowledgement; an older one than we know changes nothing. */
export function afterAck(outbox: Outbox, { held }: { held: number }): Outbox {
  return { held: Math.max(outbox.held, held), sent: Math.max(outbox.sent, held) };
}
