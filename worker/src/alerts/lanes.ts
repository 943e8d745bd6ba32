import { ChannelLanes } from "./channel-lanes.ts";
import {
  decideRetry,
  decideStanding,
  isAway,
  itemDueMs,
  type LaneItem,
  LEASE_MS,
  openAgainMs,
  type Outcome,
  QUEUED_MS,
  type Turn,
} from "./core/lane.ts";
import type { LaneStore } from "./lane-store.ts";

/** How much a channel takes: attempts at once, and the least time between two of them, milliseconds. */
export interface Pace {
  atOnce: number;
  gapMs: number;
}

/** This attempt of a message, on its way to this channel. */
export interface Send {
  noticeId: string;
  channelId: string;
  /** Counts from 1. */
  attempt: number;
}

/** What an attempt came to, for whoever tells people. */
export interface Attempted {
  turn: Turn | null;
  /** The message that was given up, or refused. */
  lost: LaneItem | null;
}

/**
 * The lanes of one organization. Only the head of a lane is ever on its way; what follows waits until it was heard, or was given up. That a head
 * is on the queue is known in memory alone: it is put there again after an eviction, and of two messages about one attempt only one is granted.
 */
export class Lanes {
  readonly #store: LaneStore;
  readonly #paceOf: (channelId: string) => Pace;
  readonly #channels = new Map<string, ChannelLanes>();

  constructor(store: LaneStore, paceOf: (channelId: string) => Pace) {
    this.#store = store;
    this.#paceOf = paceOf;
    for (const item of store.items.values()) {
      const lanes = this.#of(item.channelId);
      lanes.add(item.seq, item);
      if (item.leaseUntilMs !== null) lanes.flying.set(item.seq, item.leaseUntilMs);
    }
  }

  /** One more message for a channel. Put twice, it is one. `isAgain`: a person asked for it, though it was heard. */
  put(of: { noticeId: string; channelId: string; lane: string; isAgain?: boolean }, nowMs: number): void {
    const { noticeId, channelId, lane, isAgain = false } = of;
    const lanes = this.#of(channelId);
    if (lanes.find(noticeId) !== undefined) return;
    const item: LaneItem = {
      ...{ seq: this.#store.nextSeq(), noticeId, channelId, lane, isAgain },
      ...{ putMs: nowMs, attempts: 0, nextTryMs: nowMs, triedMs: null, leaseUntilMs: null },
    };
    this.#store.put(item);
    lanes.add(item.seq, item);
  }

  /** What is to go on the queue now. Whoever cannot put it there says `unsent`. */
  take(nowMs: number): Send[] {
    return [...this.#channels.keys()].flatMap((channelId) => this.#takeOf(channelId, nowMs));
  }

  unsent(sends: readonly Send[]): void {
    for (const { channelId, noticeId } of sends) {
      const lanes = this.#of(channelId);
      const seq = lanes.find(noticeId);
      if (seq !== undefined) lanes.flying.delete(seq);
    }
  }

  /** Begins an attempt: the item where it is the asker's to make, else null. From then on it is his for a while. */
  claim({ channelId, noticeId, attempt }: Send, nowMs: number): LaneItem | null {
    const lanes = this.#of(channelId);
    const item = this.#find(channelId, noticeId);
    if (item === null || item.attempts !== attempt - 1 || !lanes.heads.has(item.seq)) return null;
    const claimed = { ...item, attempts: attempt, leaseUntilMs: nowMs + LEASE_MS };
    lanes.flying.set(item.seq, claimed.leaseUntilMs);
    this.#store.put(claimed);
    return claimed;
  }

  /** What came of an attempt. Of one that is not the last any more it only counts that it was heard. */
  attempted({ channelId, noticeId, attempt }: Send, outcome: Outcome, nowMs: number, random: number): Attempted {
    const item = this.#find(channelId, noticeId);
    if (item === null || (item.attempts !== attempt && outcome.kind !== "heard")) return { turn: null, lost: null };
    const before = this.#store.standing(channelId);
    const { standing, turn } = decideStanding(before, outcome, nowMs, random);
    if (standing !== before) this.#store.putStanding(standing);
    const next = nextOf(item, outcome, nowMs, random);
    if (next !== null) {
      this.#store.put(next);
      this.#of(channelId).flying.delete(item.seq);
      return { turn, lost: null };
    }
    this.#remove(item);
    return { turn, lost: outcome.kind === "heard" || outcome.kind === "gone" ? null : item };
  }

  /** Another way it was seen that the channel hears: what waits for it is due. */
  hears(channelId: string, nowMs: number): Turn | null {
    const before = this.#store.standing(channelId);
    const { standing, turn } = decideStanding(before, { kind: "heard" }, nowMs, 0);
    // What it asked for is over, too: a person has seen that it hears.
    if (standing !== before || openAgainMs(before) > nowMs)
      this.#store.putStanding({ ...standing, leftAloneUntilMs: 0, recoveredMs: nowMs });
    return turn;
  }

  /** The channel is there no more, or is switched off: what waits for it is not sent. */
  leave(channelId: string): LaneItem[] {
    const left = [...this.#of(channelId).all()].map((seq) => this.#item(seq));
    for (const item of left) this.#remove(item);
    this.#channels.delete(channelId);
    this.#store.forgetStanding(channelId);
    return left;
  }

  /** When `take` may have something to give; null where only what is under way can change that. */
  dueMs(nowMs: number): number | null {
    const dues = [...this.#channels.keys()].flatMap((channelId) => this.#duesOf(channelId, nowMs));
    return dues.length === 0 ? null : Math.min(...dues);
  }

  /** What waits, by channel. */
  waiting(): { channelId: string; waiting: number; oldestMs: number }[] {
    return [...this.#channels].flatMap(([channelId, lanes]) => {
      const [oldest] = lanes.all();
      return oldest === undefined ? [] : [{ channelId, waiting: lanes.size, oldestMs: this.#item(oldest).putMs }];
    });
  }

  /** Attempts that are on the queue, or being made. */
  underWay(): number {
    return [...this.#channels.values()].reduce((sum, { flying }) => sum + flying.size, 0);
  }

  #takeOf(channelId: string, nowMs: number): Send[] {
    const lanes = this.#of(channelId);
    lanes.land(nowMs);
    const taken: Send[] = [];
    if (nowMs < openAgainMs(this.#store.standing(channelId))) return taken;
    const { gapMs } = this.#paceOf(channelId);
    let free = this.#free(channelId);
    for (const seq of this.#candidates(channelId)) {
      if (free <= 0 || nowMs < lanes.sentMs + gapMs) break;
      if (lanes.flying.has(seq) || this.#headDueMs(channelId, seq) > nowMs) continue;
      const { noticeId, attempts } = this.#item(seq);
      lanes.flying.set(seq, nowMs + QUEUED_MS);
      lanes.sentMs = nowMs;
      free -= 1;
      taken.push({ noticeId, channelId, attempt: attempts + 1 });
    }
    return taken;
  }

  #duesOf(channelId: string, nowMs: number): number[] {
    const lanes = this.#of(channelId);
    // What is on the queue will be claimed for as long as a lease: the alarm is set for that at once, and once only.
    const dues = [...lanes.flying].map(([seq, untilMs]) =>
      this.#item(seq).leaseUntilMs === null ? Math.min(untilMs, nowMs + LEASE_MS) : untilMs,
    );
    if (this.#free(channelId) <= 0) return dues;
    const fromMs = Math.max(
      openAgainMs(this.#store.standing(channelId)),
      lanes.sentMs + this.#paceOf(channelId).gapMs,
      nowMs,
    );
    for (const seq of this.#candidates(channelId)) {
      if (lanes.flying.has(seq)) continue;
      dues.push(Math.max(fromMs, this.#headDueMs(channelId, seq)));
      if (dues.at(-1) === fromMs) break;
    }
    return dues;
  }

  /** How many more may be on their way at once. */
  #free(channelId: string): number {
    const atOnce = isAway(this.#store.standing(channelId)) ? 1 : this.#paceOf(channelId).atOnce;
    return atOnce - this.#of(channelId).flying.size;
  }

  /** Of an absent channel only the head that was tried least, so that one bad message does not keep the others waiting. */
  #candidates(channelId: string): Iterable<number> {
    const { heads } = this.#of(channelId);
    if (!isAway(this.#store.standing(channelId))) return heads;
    let found: LaneItem | null = null;
    for (const seq of heads) {
      const item = this.#item(seq);
      if (found === null || item.attempts < found.attempts) found = item;
      if (found.attempts === 0) break;
    }
    return found === null ? [] : [found.seq];
  }

  #headDueMs(channelId: string, seq: number): number {
    const standing = this.#store.standing(channelId);
    // When an absent channel is tried is the channel's own matter.
    return isAway(standing) ? openAgainMs(standing) : itemDueMs(this.#item(seq), standing);
  }

  #remove({ channelId, seq }: LaneItem): void {
    this.#store.remove(seq);
    this.#of(channelId).remove(seq);
  }

  #find(channelId: string, noticeId: string): LaneItem | null {
    const seq = this.#of(channelId).find(noticeId);
    return seq === undefined ? null : this.#item(seq);
  }

  #item(seq: number): LaneItem {
    const item = this.#store.items.get(seq);
    if (item === undefined) throw new Error(`expected message ${seq} on disk, since a lane lists it`);
    return item;
  }

  #of(channelId: string): ChannelLanes {
    const known = this.#channels.get(channelId);
    if (known !== undefined) return known;
    const lanes = new ChannelLanes();
    this.#channels.set(channelId, lanes);
    return lanes;
  }
}

/** Null where there is no other attempt. */
function nextOf(item: LaneItem, outcome: Outcome, nowMs: number, random: number): LaneItem | null {
  switch (outcome.kind) {
    case "heard":
    case "gone":
    case "refused":
      return null;
    case "failed":
      return decideRetry(item, null, nowMs, random);
    case "retry":
      return decideRetry(item, outcome.afterMs, nowMs, random);
  }
}
