/**
 * How messages are brought to a channel: in order within a lane, again until they are heard, and gently while a channel is away. A lane is what one
 * channel is told of one alert: that it is over never overtakes that it began. Pure: clock and chance come as arguments.
 */

/** One message for one channel, until it was heard or given up. */
export interface LaneItem {
  /** In this order within its lane. */
  seq: number;
  noticeId: string;
  channelId: string;
  /** The alert it is about. */
  lane: string;
  putMs: number;
  /** Attempts that were begun. */
  attempts: number;
  nextTryMs: number;
  /** When its last attempt failed. */
  triedMs: number | null;
  /** Somebody is at it until then; past it he is believed dead. Null: nobody is. */
  leaseUntilMs: number | null;
  /** Asked for by a person: sent though it was heard before. */
  isAgain: boolean;
}

/** How a channel does. */
export interface ChannelStanding {
  channelId: string;
  /** Attempts in a row that were not heard. */
  failures: number;
  /** When the first of them failed; null while all is well. */
  failingSinceMs: number | null;
  /** What it answered last, for people. */
  lastAnswer: string | null;
  /** Nothing is sent before: it is away. */
  notBeforeMs: number;
  /** Nothing is sent before, whatever else it takes meanwhile: it asked for that. */
  leftAloneUntilMs: number;
  /** People were told that it does not hear, or refuses. */
  toldMs: number | null;
  /** It was away until then: what was put off meanwhile is due. */
  recoveredMs: number;
}

/** What came of an attempt. */
export type Outcome =
  | { kind: "heard" }
  /** Not heard; `afterMs`: so long it wants to be left alone. */
  | { kind: "retry"; afterMs: number | null; answer: string }
  /** It will never take this message. */
  | { kind: "refused"; answer: string }
  /** There is nothing to send any more, or nobody to send it to. */
  | { kind: "gone" }
  /** It failed on our own side: no fault of the channel. */
  | { kind: "failed" };

/** What became of the channel: worth telling people of. */
export type Turn = "dead" | "refusing" | "back";

const RETRY_MIN_MS = 5_000;
const RETRY_MAX_MS = 15 * 60_000;
/** Given up after this: the receiver may be away for a long weekend. */
export const GIVEN_UP_AFTER_MS = 72 * 3_600_000;
/** An attempt takes 10 s and some writing; whoever holds one for longer is believed dead. */
export const LEASE_MS = 45_000;
/** What is on the queue and was not begun for so long is put there again. */
export const QUEUED_MS = 120_000;

/** So many failures in a row, and a channel is tried with one message at a time. */
const AWAY_AFTER = 5;
/** Between two such tries: within a minute of its return all that waits goes out. */
const PROBE_MIN_MS = 5_000;
const PROBE_MAX_MS = 60_000;
/** After a day of that it is no short absence. */
const PROBE_RARELY_MS = 15 * 60_000;
const RARELY_AFTER_MS = 24 * 3_600_000;
/** Away for so long, people are told through another channel. */
const DEAD_AFTER_MS = 10 * 60_000;
/** No receiver is believed that wants to be left alone for longer. */
const LEFT_ALONE_MAX_MS = 3_600_000;

export function newStanding(channelId: string): ChannelStanding {
  return {
    ...{ channelId, failures: 0, failingSinceMs: null, lastAnswer: null },
    ...{ notBeforeMs: 0, leftAloneUntilMs: 0, toldMs: null, recoveredMs: 0 },
  };
}

/** Tried with one message at a time, until one is heard. */
export function isAway({ failures }: ChannelStanding): boolean {
  return failures >= AWAY_AFTER;
}

/** When a channel may be sent anything again. */
export function openAgainMs({ notBeforeMs, leftAloneUntilMs }: ChannelStanding): number {
  return Math.max(notBeforeMs, leftAloneUntilMs);
}

/** When an item may go out, by itself: what failed before its channel came back is due at once. */
export function itemDueMs({ leaseUntilMs, triedMs, nextTryMs }: LaneItem, { recoveredMs }: ChannelStanding): number {
  if (leaseUntilMs !== null) return leaseUntilMs;
  return triedMs !== null && triedMs <= recoveredMs ? 0 : nextTryMs;
}

/** The item after an attempt that was not heard; null where it is given up. `random` from 0 to 1. */
export function decideRetry(item: LaneItem, afterMs: number | null, nowMs: number, random: number): LaneItem | null {
  if (nowMs - item.putMs >= GIVEN_UP_AFTER_MS) return null;
  const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(item.attempts - 1, 20));
  // Full jitter, so that receivers which were away are not met by all at once; but never at once again.
  const delayMs = Math.max(1_000, Math.round(ceilingMs * random), boundedAfterMs(afterMs));
  return { ...item, nextTryMs: nowMs + delayMs, triedMs: nowMs, leaseUntilMs: null };
}

/** The channel after an attempt, and whether that is news for people. */
export function decideStanding(
  before: ChannelStanding,
  outcome: Outcome,
  nowMs: number,
  random: number,
): { standing: ChannelStanding; turn: Turn | null } {
  switch (outcome.kind) {
    case "gone":
      return { standing: before, turn: null };
    case "failed": {
      // It is known no better than before, and of one that is away nothing else keeps the next try waiting.
      const standing = isAway(before) ? { ...before, notBeforeMs: nowMs + probeMs(before, nowMs, random) } : before;
      return { standing, turn: null };
    }
    case "heard": {
      if (before.failures === 0 && before.toldMs === null) return { standing: before, turn: null };
      const { channelId, leftAloneUntilMs } = before;
      const standing = { ...newStanding(channelId), leftAloneUntilMs, recoveredMs: nowMs };
      return { standing, turn: before.toldMs === null ? null : "back" };
    }
    case "refused": {
      const standing = { ...before, lastAnswer: outcome.answer, toldMs: before.toldMs ?? nowMs };
      return { standing, turn: before.toldMs === null ? "refusing" : null };
    }
    case "retry":
      return decideFailing(before, outcome, nowMs, random);
  }
}

function decideFailing(
  before: ChannelStanding,
  { afterMs, answer }: Extract<Outcome, { kind: "retry" }>,
  nowMs: number,
  random: number,
): { standing: ChannelStanding; turn: Turn | null } {
  const failures = before.failures + 1;
  const failingSinceMs = before.failingSinceMs ?? nowMs;
  const failing = { ...before, failures, failingSinceMs, lastAnswer: answer };
  const probedMs = isAway(failing) ? nowMs + probeMs(failing, nowMs, random) : 0;
  const isDead = isAway(failing) && before.toldMs === null && nowMs - failingSinceMs >= DEAD_AFTER_MS;
  const standing = {
    ...failing,
    notBeforeMs: Math.max(before.notBeforeMs, probedMs),
    leftAloneUntilMs: Math.max(before.leftAloneUntilMs, nowMs + boundedAfterMs(afterMs)),
  };
  return isDead ? { standing: { ...standing, toldMs: nowMs }, turn: "dead" } : { standing, turn: null };
}

/** Between half of it and all of it: the return must be noticed within a minute. */
function probeMs({ failures, failingSinceMs }: ChannelStanding, nowMs: number, random: number): number {
  const isLong = nowMs - (failingSinceMs ?? nowMs) > RARELY_AFTER_MS;
  const maxMs = isLong ? PROBE_RARELY_MS : PROBE_MAX_MS;
  return Math.ceil(Math.min(maxMs, PROBE_MIN_MS * 2 ** Math.min(failures - AWAY_AFTER, 20)) * (0.5 + random / 2));
}

function boundedAfterMs(afterMs: number | null): number {
  return Math.ceil(Math.max(0, Math.min(afterMs ?? 0, LEFT_ALONE_MAX_MS)));
}
