import { publicStatus } from "@afloat/shared/core/public-status";
import type { PublicStatus, ServiceSnapshot } from "@afloat/shared/domain";
import type { JournalEvent, Omitted } from "@afloat/shared/wire";
import type { Kept } from "./line.ts";
import { firstOf, omit } from "./omit.ts";

/**
 * How much is missed of an event that is not told, least first. `storm`: nothing but a number, since the next state of the service has
 * the count. `detail`: nothing that the public sees. `change`: what was asked, noticed, or changed without harm. `trouble`: loops, and
 * what begins or ends an outage.
 */
export const IMPORTANCE = ["storm", "detail", "change", "trouble"] as const;
export type Importance = (typeof IMPORTANCE)[number];

/** How important each of these events is, oldest first, in the light of the others. */
export function importanceOf(events: readonly JournalEvent[]): Importance[] {
  const before = neighbours(events);
  const after = neighbours(events.toReversed()).toReversed();
  const words = new Map<string, PublicStatus>();
  return events.map((event, i) => {
    if (event.kind !== "flip") return ofKind(event);
    const { snapshot } = event;
    const word = words.get(snapshot.name) ?? null;
    const now = publicStatus(snapshot, word);
    words.set(snapshot.name, now);
    if (isLooping(snapshot) && sameLoop(snapshot, before[i]) && sameLoop(snapshot, after[i])) return "storm";
    if (now === word && after[i] !== null) return "detail";
    return now !== word && (now === "outage" || word === "outage") ? "trouble" : "change";
  });
}

/** The same events, with runs of those that are no more important than `most` counted together. */
export function thin(events: readonly Kept[], most: Importance, why: Omitted["why"]): Kept[] {
  const limit = IMPORTANCE.indexOf(most);
  const importance = importanceOf(events);
  const thinned: Kept[] = [];
  let run: Kept[] = [];
  const end = () => {
    const [first, ...more] = run;
    if (first !== undefined) thinned.push(more.length === 0 ? first : omit([first, ...more], why));
    run = [];
  };
  for (const [i, event] of events.entries()) {
    const last = run.at(-1);
    if (last !== undefined && firstOf(event) !== last.seq + 1) end();
    if (IMPORTANCE.indexOf(importance[i] ?? "trouble") <= limit) run.push(event);
    else {
      end();
      thinned.push(event);
    }
  }
  end();
  return thinned;
}

function ofKind(event: Exclude<JournalEvent, { kind: "flip" }>): Importance {
  switch (event.kind) {
    case "exited":
    case "omitted":
      return "storm";
    case "restart":
      return event.planned ? "detail" : "storm";
    case "agent-started":
    case "agent-stopped":
    case "notice":
    case "command":
    case "removed":
      return "change";
    case "loop-opened":
    case "loop-closed":
      return "trouble";
  }
}

/** For each event what the one before it said of the same service; null where none did. */
function neighbours(events: readonly JournalEvent[]): (ServiceSnapshot | null)[] {
  const known = new Map<string, ServiceSnapshot>();
  return events.map((event) => {
    if (event.kind === "removed") known.delete(event.service);
    if (event.kind !== "flip") return null;
    const neighbour = known.get(event.snapshot.name) ?? null;
    known.set(event.snapshot.name, event.snapshot);
    return neighbour;
  });
}

/** Crashing and being started again: what each of its states says, the loop says for all of them. */
function isLooping({ loop, verdict, state }: ServiceSnapshot): boolean {
  return loop !== null && loop.closedMs === null && verdict !== "paused" && state !== "completed";
}

function sameLoop({ loop }: ServiceSnapshot, other: ServiceSnapshot | null | undefined): boolean {
  return other !== null && other !== undefined && isLooping(other) && other.loop?.openedMs === loop?.openedMs;
}
