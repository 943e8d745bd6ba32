import type { LinkState, Refusal, Via } from "./link-types.ts";

/** How the link paces itself. Pure: chance and clock come as arguments. Everything in milliseconds. */

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 60_000;
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

const REFUSED_MS: Record<Refusal, number> = {
  revoked: 15 * MINUTE_MS,
  "too-old": 15 * MINUTE_MS,
  "in-use-elsewhere": 5 * MINUTE_MS,
};
/** After a hard reset the other machine is ourselves under another boot id, whose place the cloud holds for 45 s. */
const OURSELVES_MS = 50_000;

/** When to try again after the `failures`-th failure in a row: full jitter, so that a thousand hosts do not come at once. */
export function retryDelayMs(failures: number, random: number): number {
  const ceiling = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(random * ceiling);
}

/**
 * When to ask again after a refusal: a person has to mend it, so seldom, and not all in the same second. `again`: it is not
 * the first in a row.
 */
export function refusedDelayMs(refusal: Refusal, again: boolean, random: number): number {
  const ms = refusal === "in-use-elsewhere" && !again ? OURSELVES_MS : REFUSED_MS[refusal];
  return Math.round(ms * (1 + random / 10));
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
