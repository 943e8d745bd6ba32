import type { FleetHost } from "./core/fleet-types.ts";
import { decideLink } from "./core/link-change.ts";
import type { Nerve } from "./nerve.ts";

/** The host is there from now on, or is not, as it says itself. `back`: since when more is known than that it was not there. */
export function turnLink(
  nerve: Nerve,
  host: FleetHost,
  link: "online" | "away",
  nowMs: number,
  back: { knownFromMs?: number } = {},
): FleetHost {
  const position = nerve.store.journal.nextPosition(nowMs);
  const { incidents } = nerve.known(host);
  const change = decideLink(host, link, { sinceMs: nowMs, heardMs: nowMs, nowMs, position, ...back }, incidents);
  return nerve.commit(host.id, change, null, nowMs) ?? host;
}
