/**
 * Who is silent. Judged by when something was last heard, never by "the socket is listed": half-open sockets stay listed.
 * Silence that is our own is not the host's: after it, deadlines count from our return.
 */

/** Agents ping this often, milliseconds. Proxies are known to cut sockets that idle for about 100 s. */
export const HEARTBEAT_MS = 30_000;

/** An agent that has missed a heartbeat and half of the next no longer holds its place against another one. */
export const HOLDS_PLACE_MS = 1.5 * HEARTBEAT_MS;

/**
 * A host that posts is back so long after we are, milliseconds: an agent whose posts met nobody waits for a minute at most
 * (agent/src/link/core/pace.ts), and then tries a socket first.
 */
export const HTTP_BACK_MS = 75_000;

/** A deadline found passed by more than this was not watched: we were away, not the host. */
export const ABSENCE_MS = 20_000;

/** So often in a row a deadline may count from our return: whoever is always late must tell all the same. */
export const EXCUSES_LIMIT = 3;

/**
 * What stands between us and a host whose link counts as online. `listed`: a socket, half-open maybe. `closed`: it hung up, which we
 * saw. `http`: it posts. `lost`: it had a socket, which is listed no more though nobody hung up: a deploy, an update or a crash of ours took it.
 */
export type Line = "listed" | "closed" | "http" | "lost";

/** What is known of a host whose link counts as online. */
export interface Watched {
  /** The newest sign of it, milliseconds by the cloud's clock. */
  heardMs: number;
  /** The deadline counts from here at least. */
  countFromMs: number;
  offlineAfterMs: number;
  /** When its last maintenance was over: the deadline counts from there at least. Absent: it never was in any. */
  maintainedMs?: number;
  /** How often its deadline was moved since it was last heard; absent: never. */
  excuses?: number | undefined;
  line: Line;
  /** Since when we ourselves are awake without a pause, as far as is known. */
  wokeMs: number;
}

export type Liveness =
  | { kind: "heard"; dueMs: number }
  | { kind: "silent"; sinceMs: number }
  /** It was ourselves, or may have been: the deadline counts from `countFromMs`. */
  | { kind: "excused"; countFromMs: number; excuses: number; dueMs: number };

/** Decides for one host; the caller asks again at `dueMs`. */
export function decideLiveness(host: Watched, nowMs: number): Liveness {
  const dueMs = Math.max(host.heardMs, host.countFromMs, host.maintainedMs ?? 0) + host.offlineAfterMs;
  if (nowMs < dueMs) return { kind: "heard", dueMs };
  const excuses = host.heardMs > host.countFromMs ? 0 : (host.excuses ?? 0);
  const countFromMs = returnOf(host, excuses, dueMs, nowMs);
  if (countFromMs === null || nowMs >= countFromMs + host.offlineAfterMs)
    return { kind: "silent", sinceMs: lastOf(host) };
  return { kind: "excused", countFromMs, excuses: excuses + 1, dueMs: countFromMs + host.offlineAfterMs };
}

/** From where its deadline counts anew; null where it does not. */
function returnOf(host: Watched, excuses: number, dueMs: number, nowMs: number): number | null {
  // Its pings are lost with its socket: what the disk remembers of it may be hours old, and says nothing of an alarm that is late.
  const isLost = host.line === "lost" && excuses === 0;
  const watchedMs = isLost ? Math.max(dueMs, host.wokeMs + host.offlineAfterMs) : dueMs;
  if (excuses < EXCUSES_LIMIT && nowMs - watchedMs > ABSENCE_MS) return nowMs;
  if (excuses > 0) return null;
  if (host.line === "lost") return host.wokeMs;
  // Nobody can see whether the posts met us asleep, or away: awake for so long, we know.
  if (host.line === "http") return host.wokeMs + HTTP_BACK_MS - host.offlineAfterMs;
  return null;
}

/** Since when nothing is known of it. With a lost socket the times of its pings are lost, too: it was there until we went. */
function lastOf({ line, heardMs, countFromMs }: Watched): number {
  return line === "lost" ? Math.max(heardMs, countFromMs) : heardMs;
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
