import type { Place } from "./place.ts";
import { fetchStatus } from "./fetch-status.ts";
import type { StatusOptions } from "./show-status.ts";

/** `afloat status`: once, or after every change until Ctrl-C. Throws NotRunning. */
export async function status(place: Place, asked: string[], options: StatusOptions): Promise<number> {
  // While the agent answers, what shows its answer is loaded.
  const [first, { showStatus }] = await Promise.all([fetchStatus(place.stateDir), import("./show-status.ts")]);
  return showStatus(first, place, asked, options);
}
