import { type Ended, ruleOf } from "./faults.ts";
import type { LinkState, Via } from "./link-types.ts";

/** How the link paces itself. Pure: chance and clock come as arguments. Everything in milliseconds. */

const MINUTE_MS = 60_000;

/** Up for so long, and the next failure is a first one again. */
export const STABLE_AFTER_MS = 60_000;
/** A heartbeat without an answer for so long: the connection is dead, whatever the system says. */
export const PONG_WITHIN_MS = 10_000;
/** So long for a connection to open, and again for the answer to hello. */
export const GREETING_WITHIN_MS = 20_000;
/** Events that come together are sent together: so long after the first of them. */
export const GATHER_MS = 15;
/** While a crash storm goes on, its events wait so long for each other. */
export const STORM_MS = 5_000;
/** Told `busy` without a time, the rest is sent after so long. */
export const BUSY_MS = MINUTE_MS;
/** What is left to say when the host goes on purpose may take so long. */
export const LEAVE_MS = 1_000;
/** Hello is not said again sooner than this on one connection: a cloud that asks and asks is hung up on. */
export const HELLO_AGAIN_MS = 5_000;

/** After so many sockets in a row without a welcome, HTTP is tried. */
const SOCKET_TRIES = 3;
const SOCKET_AGAIN_MIN_MS = 30_000;
const SOCKET_AGAIN_MAX_MS = 10 * MINUTE_MS;

/**
 * When to try again after the `failures`-th failure in a row. What may pass by itself is tried with full jitter, so that a
 * thousand hosts do not come at once; what a person has to mend is asked seldom, and not by all in the same second. `again`:
 * it is not the first of its kind in a row.
 */
export function retryDelayMs({ kind, afterMs = 0 }: Ended, failures: number, again: boolean, random: number): number {
  const { fromMs, upToMs, isRefusal } = ruleOf(kind);
  if (isRefusal) return Math.round((again ? upToMs : fromMs) * (1 + random / 10));
  const ceiling = Math.min(upToMs, fromMs * 2 ** Math.min(failures - 1, 20));
  // Asked to wait, none comes sooner, and not all at the end of it.
  return Math.round(afterMs + random * ceiling);
}

/** How to connect next: by socket, and once these fail and fail, by turns, since HTTP may fail for the same reason. */
export function nextVia({ socketFailures, lastVia }: Pick<LinkState, "socketFailures" | "lastVia">): Via {
  if (socketFailures < SOCKET_TRIES) return "socket";
  return lastVia === "socket" ? "http" : "socket";
}

/**
 * How long HTTP is spoken before a socket is tried again: soon at first (sockets may have failed because the cloud was
 * away), then ever more seldom.
 */
export function socketAgainDelayMs(trials: number): number {
  return Math.min(SOCKET_AGAIN_MAX_MS, SOCKET_AGAIN_MIN_MS * 2 ** Math.min(trials, 10));
}

/**
 * When to beat next: a host beats at its own place between two beats of the fleet's, wherever its connection began, so that a
 * thousand hosts that were cut at once do not beat at once ever after. `place` is in [0, 1).
 */
export function nextBeatMs(nowMs: number, heartbeatMs: number, place: number): number {
  const atMs = Math.round(place * heartbeatMs);
  return (Math.floor((nowMs - atMs) / heartbeatMs) + 1) * heartbeatMs + atMs;
}

/** A host's place, of its id: always the same (FNV-1a of 32 bits, and the last mixing of MurmurHash3). */
export function placeOf(hostId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < hostId.length; i++) hash = Math.imul(hash ^ hostId.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** The cloud says how often to tell what services use; between a second and a minute, whatever it says, or not at all. */
export function streamOf(wantedMs: number): number {
  return wantedMs === 0 ? 0 : Math.min(MINUTE_MS, Math.max(1_000, wantedMs));
}

/** The cloud says how often to ping; between a second and ten minutes, whatever it says. */
export function heartbeatOf(wantedMs: number): number {
  return Math.min(10 * MINUTE_MS, Math.max(1_000, wantedMs));
}

/** Told `busy`, and when there is room again; between a second and ten minutes, whatever it says, and not all hosts at once. */
export function busyOf(afterMs: number | undefined, random: number): number {
  if (afterMs === undefined) return BUSY_MS;
  return Math.round(Math.min(10 * MINUTE_MS, Math.max(1_000, afterMs)) * (1 + random / 10));
}
