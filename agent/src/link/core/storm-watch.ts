import type { JournalEvent } from "@afloat/shared/wire";
import { CALM_EVENTS, STORM_WINDOW_MS } from "./coalesce.ts";

/** Notices that a service crashes and crashes: what else is told of that needs not be told at once. */
export class StormWatch {
  readonly #crashes = new Map<string, { fromMs: number; events: number }>();

  /** Is this event one more of many of its kind? The first of each window are told as they come, like everything else. */
  sees(event: JournalEvent): boolean {
    const service = crashOf(event);
    if (service === null) return false;
    const known = this.#crashes.get(service);
    const isOfWindow = known !== undefined && Math.abs(event.atMs - known.fromMs) < STORM_WINDOW_MS;
    const window = isOfWindow ? known : { fromMs: event.atMs, events: 0 };
    window.events++;
    this.#crashes.set(service, window);
    return window.events > CALM_EVENTS;
  }
}

/** Whose crash an event belongs to: nothing that opens, ends, or is news within a loop. */
function crashOf(event: JournalEvent): string | null {
  if (event.kind === "exited") return event.service;
  if (event.kind === "restart") return event.planned ? null : event.service;
  if (event.kind !== "flip") return null;
  const { name, loop, verdict, state } = event.snapshot;
  const isLooping = loop !== null && loop.closedMs === null && state !== "completed";
  return isLooping && (verdict === "down" || verdict === "starting") ? name : null;
}
