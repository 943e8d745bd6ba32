import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { JournalEvent } from "@afloat/shared/wire";

/** A crash storm that is longer than this may be told as a number, events. */
const STORM_EVENTS = 20;

/**
 * The numbers of events that need not be told one by one: of a service that crashes on and on, between the first and the last that
 * its open loop says of it, and only where many of them stand in a row.
 */
export function stormNumbers(events: readonly JournalEvent[]): Set<number> {
  const before = neighbours(events);
  const after = neighbours(events.toReversed()).toReversed();
  const numbers = new Set<number>();
  let row: number[] = [];
  for (const [i, event] of events.entries()) {
    const isOne = isOfStorm(event, before[i] ?? null, after[i] ?? null);
    if (isOne) row.push(event.seq);
    if (isOne && i < events.length - 1) continue;
    if (row.length > STORM_EVENTS) for (const seq of row) numbers.add(seq);
    row = [];
  }
  return numbers;
}

function isOfStorm(event: JournalEvent, before: ServiceSnapshot | null, after: ServiceSnapshot | null): boolean {
  if (event.kind === "exited") return true;
  if (event.kind === "restart") return !event.planned;
  return event.kind === "flip" && [before, event.snapshot, after].every((each) => loops(each));
}

const loops = (snapshot: ServiceSnapshot | null) => snapshot !== null && snapshot.loop?.closedMs === null;

/** For each flip what the one before it said of the same service. */
function neighbours(events: readonly JournalEvent[]): (ServiceSnapshot | null)[] {
  const known = new Map<string, ServiceSnapshot>();
  return events.map((event) => {
    if (event.kind !== "flip") return null;
    const neighbour = known.get(event.snapshot.name) ?? null;
    known.set(event.snapshot.name, event.snapshot);
    return neighbour;
  });
}
