import { importanceOf } from "../../journal/core/importance.ts";
import type { Kept } from "../../journal/core/line.ts";
import { firstOf, omit } from "../../journal/core/omit.ts";

/** A crash storm is counted by windows of this length, milliseconds. */
export const STORM_WINDOW_MS = 60_000;
/** So many events of crashes in a row are told one by one. */
export const CALM_EVENTS = 20;

/**
 * What is told of these events: all of them, but crash storms counted, each window in one. What the cloud keeps of a service stays
 * exact: its state after the storm has the number of restarts, and loops are told as they are.
 */
export function coalesce(events: readonly Kept[]): Kept[] {
  const importance = importanceOf(events);
  const told: Kept[] = [];
  let run: Kept[] = [];
  const end = () => {
    const [first, ...more] = run;
    if (first !== undefined && more.length >= CALM_EVENTS) told.push(omit([first, ...more], "storm"));
    else told.push(...run);
    run = [];
  };
  for (const [i, event] of events.entries()) {
    const [first] = run;
    const last = run.at(-1);
    const isOfWindow = first !== undefined && Math.abs(event.atMs - first.atMs) < STORM_WINDOW_MS;
    if (last !== undefined && (!isOfWindow || firstOf(event) !== last.seq + 1)) end();
    if (importance[i] === "storm") run.push(event);
    else {
      end();
      told.push(event);
    }
  }
  end();
  return told;
}
