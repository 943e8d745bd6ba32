import { HEARTBEAT_MS, HOLDS_PLACE_MS } from "./liveness.ts";

/**
 * Most of an organization gone within seconds is more often the network, a proxy or ourselves than so many hosts. It is not told at
 * once: those that are silent still when the hold is over are told together.
 */

/** At least so many hosts, and more than half of those online. */
export const MANY = 5;

/** Gone within so long of each other, milliseconds. */
export const WITHIN_MS = 10_000;

/** How long their alerts are held at most, milliseconds. */
export const HOLD_MS = 120_000;

/**
 * Where its hosts are spread over several Fleets, each hands those that it misses to the first so long before the hold is over,
 * milliseconds: what the others hand over by then is told with them, as one.
 */
export const GATHER_MS = 30_000;

/** That much apart may the last signs be of hosts that went at once: each was heard up to a heartbeat before it went. */
export const APART_MS = WITHIN_MS + HEARTBEAT_MS;

/**
 * Did this host, past its deadline now and last heard at `sinceMs`, go with many others? `signs`: when each host that counts as online was
 * last heard, itself among them; laptops that sleep are left out. Others need not be past their own deadline: two missed heartbeats say enough.
 */
export function isOneOfMany(sinceMs: number, signs: readonly number[], nowMs: number): boolean {
  const mute = signs.filter((signMs) => isMute(signMs, nowMs) && Math.abs(signMs - sinceMs) <= APART_MS);
  return mute.length >= MANY && 2 * mute.length > signs.length;
}

function isMute(signMs: number, nowMs: number): boolean {
  return nowMs - signMs > HOLDS_PLACE_MS;
}
