import { type Absence, absenceWords } from "./core/absence.ts";
import type { FleetHost } from "./core/fleet-types.ts";
import { decideLink } from "./core/link-change.ts";
import type { Nerve } from "./nerve.ts";

/** The host is there from now on. `knownFromMs`: since when more is known than that it was not there. */
export function turnOnline(nerve: Nerve, host: FleetHost, nowMs: number, knownFromMs: number | null = null): FleetHost {
  const reason = knownFromMs === null ? "connected" : "connected; it tells what happened meanwhile";
  const back = knownFromMs === null ? {} : { knownFromMs };
  const at = { ...atNow(nerve, nowMs), reason, ...back };
  return nerve.commit(host.id, decideLink(host, "online", at, nerve.known(host).incidents), null, nowMs) ?? host;
}

/** It is not there, as it says itself. */
export function turnAway(nerve: Nerve, host: FleetHost, absence: Absence, nowMs: number): FleetHost {
  const at = { ...atNow(nerve, nowMs), absence, reason: absenceWords(absence, nowMs) };
  return nerve.commit(host.id, decideLink(host, "away", at, nerve.known(host).incidents), null, nowMs) ?? host;
}

function atNow(nerve: Nerve, nowMs: number) {
  return { sinceMs: nowMs, heardMs: nowMs, nowMs, position: nerve.store.journal.nextPosition(nowMs) };
}
