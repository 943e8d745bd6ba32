/**
 * Who is silent. Judged by when something was last heard, never by "the socket is listed": half-open sockets stay listed.
 */

/** Agents ping this often, milliseconds. Proxies are known to cut sockets that idle for about 100 s. */
export const HEARTBEAT_MS = 30_000;

/** An agent that has missed a heartbeat and half of the next no longer holds its place against another one. */
export const HOLDS_PLACE_MS = 1.5 * HEARTBEAT_MS;

/** A deadline found passed by more than this was not watched: we were away, not the host. */
export const ABSENCE_MS = 20_000;

/** What is known of a host whose link counts as online. */
export interface Watched {
  /** The newest sign of it, milliseconds by the cloud's clock. */
  heardMs: number;
  /** The deadline counts from here at least. */
  countFromMs: number;
  offlineAfterMs: number;
}

export type Liveness =
  | { kind: "heard"; dueMs: number }
  | { kind: "silent"; sinceMs: number }
  /** Nobody was watching when it passed: the deadline counts from now. */
  | { kind: "excused"; dueMs: number };

/** Decides for one host; the caller asks again at `dueMs`. */
export function decideLiveness(host: Watched, nowMs: number): Liveness {
  const dueMs = Math.max(host.heardMs, host.countFromMs) + host.offlineAfterMs;
  if (nowMs < dueMs) return { kind: "heard", dueMs };
  if (nowMs - dueMs > ABSENCE_MS) return { kind: "excused", dueMs: nowMs + host.offlineAfterMs };
  return { kind: "silent", sinceMs: host.heardMs };
}

/** Who speaks for a host: this journal on this boot of the machine. */
export interface Speaker {
  journalId: string;
  bootId: string;
}

/**
 * A second machine on one credential: another journal or another boot while the first was heard just now. The same
 * journal on the same boot is the same agent coming back, and replaces its own older connection.
 */
export function isInUseElsewhere(first: Speaker & { heardMs: number }, second: Speaker, nowMs: number): boolean {
  const same = first.journalId === second.journalId && first.bootId === second.bootId;
  return !same && nowMs - first.heardMs < HOLDS_PLACE_MS;
}
