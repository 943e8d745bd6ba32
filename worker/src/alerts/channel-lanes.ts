/** The lanes of one channel, in memory: which message is first in each, and which are on their way. */
export class ChannelLanes {
  /** When something was sent last. */
  sentMs = 0;
  /** First of their lanes, those on their way included; in the order in which they became it. */
  readonly heads = new Set<number>();
  /** On the queue, or with a consumer; believed lost after this time. */
  readonly flying = new Map<number, number>();
  readonly #lanes = new Map<string, number[]>();
  readonly #bySeq = new Map<number, { noticeId: string; lane: string }>();
  readonly #byNotice = new Map<string, number>();

  get size(): number {
    return this.#bySeq.size;
  }

  /** All that wait, oldest first. */
  all(): Iterable<number> {
    return this.#bySeq.keys();
  }

  find(noticeId: string): number | undefined {
    return this.#byNotice.get(noticeId);
  }

  add(seq: number, { noticeId, lane }: { noticeId: string; lane: string }): void {
    this.#bySeq.set(seq, { noticeId, lane });
    this.#byNotice.set(noticeId, seq);
    const line = this.#lanes.get(lane);
    if (line !== undefined) return void line.push(seq);
    this.#lanes.set(lane, [seq]);
    this.heads.add(seq);
  }

  remove(seq: number): void {
    const of = this.#bySeq.get(seq);
    if (of === undefined) return;
    this.#bySeq.delete(seq);
    this.#byNotice.delete(of.noticeId);
    this.heads.delete(seq);
    this.flying.delete(seq);
    const line = (this.#lanes.get(of.lane) ?? []).filter((each) => each !== seq);
    const [next] = line;
    if (next === undefined) return void this.#lanes.delete(of.lane);
    this.#lanes.set(of.lane, line);
    this.heads.add(next);
  }

  /** Those of which nothing was heard for too long are free again. */
  land(nowMs: number): void {
    for (const [seq, untilMs] of this.flying) if (untilMs <= nowMs) this.flying.delete(seq);
  }
}
