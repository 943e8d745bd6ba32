import { EVENTS_LIMIT, FRAME_LIMIT_BYTES, type JournalEvent } from "@afloat/shared/wire";
import type { Kept } from "../../journal/core/line.ts";
import { firstOf } from "../../journal/core/omit.ts";
import { coalesce } from "./coalesce.ts";

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

/** What is asked of the journal, and by which cloud. */
export interface Wanted {
  after: number;
  /** Events in one message at most. */
  limit: number;
  /** The cloud understands `omitted`. */
  omits: boolean;
}

/** How many events are read for a message, so that a storm can be counted. */
export function pageOf({ limit, omits }: Wanted): number {
  return omits ? STORM_PAGE : limit;
}
const STORM_PAGE = 2_000;

/**
 * What the next message tells of a page of the journal. `gap`: nothing that continues what was sent; an older cloud is told
 * by hello that the journal begins at `beginsAt`, since it understands nothing that stands for several numbers.
 */
export function nextEvents(
  page: readonly Kept[],
  { after, limit, omits }: Wanted,
): { kind: "events"; events: Kept[] } | { kind: "gap"; beginsAt: number } {
  const [first] = page;
  if (first === undefined || firstOf(first) > after + 1) return { kind: "gap", beginsAt: 0 };
  if (omits) return { kind: "events", events: coalesce(page).slice(0, limit) };
  if (first.kind === "omitted") return { kind: "gap", beginsAt: first.seq + 1 };
  const end = page.findIndex(({ kind }) => kind === "omitted");
  return { kind: "events", events: (end === -1 ? page : page.slice(0, end)).slice(0, limit) };
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
