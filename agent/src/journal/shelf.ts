import { mkdirSync } from "node:fs";
import { IMPORTANCE, type Importance, thin } from "./core/importance.ts";
import type { Kept } from "./core/line.ts";
import { countOf, droppedOf, omit } from "./core/omit.ts";
import {
  appendTo,
  joinSegments,
  listSegments,
  newSegment,
  readSegment,
  removeSegment,
  rewriteSegment,
  type Segment,
} from "./segment.ts";

/** A segment larger than this is put behind and a new one begun, bytes. */
const SEGMENT_BYTES = 512 * 1024;
/** With the cloud away for long, so much is kept: beyond it, what is least missed goes first, bytes. */
export const LIMIT_BYTES = 8 * SEGMENT_BYTES;
/** What the cloud has is not forgotten at once: `afloat events` tells a person of it. So many segments stay. */
const SEGMENTS_TOLD = 4;
/** Segments that shrank below this together are put into one, bytes. */
const SMALL_BYTES = SEGMENT_BYTES / 2;

/** The journal's files: events are added at the end, found by their number, and counted together where they are too many. */
export class Shelf {
  readonly #dir: string;
  readonly #say: (text: string) => void;
  #segments: Segment[] = [];
  /** As what importance each segment was thinned out. */
  readonly #thinned = new Map<string, Importance>();
  /** The segment that was read last, for whoever reads on in it. */
  #page: { segment: Segment; events: Kept[] } | null = null;

  constructor(dir: string, say: (text: string) => void) {
    this.#dir = dir;
    this.#say = say;
  }

  /** What is there already; answers the newest segment's events. Throws where the disk lets nobody read. */
  open(): Kept[] {
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
    this.#segments = listSegments(this.#dir);
    const last = this.#segments.at(-1);
    return last === undefined ? [] : this.#read(last);
  }

  /** Where the newest segment begins; 1 before the first. */
  get lastBegins(): number {
    return this.#segments.at(-1)?.firstSeq ?? 1;
  }

  /** The oldest number that is kept; null where there is none. */
  get firstSeq(): number | null {
    return this.#segments[0]?.firstSeq ?? null;
  }

  get bytes(): number {
    // One that is given up counts as full.
    return this.#segments.reduce((sum, { bytes }) => sum + Math.min(bytes, SEGMENT_BYTES), 0);
  }

  /** Throws where the disk does not take it. */
  append(event: Kept, firstSeq: number): void {
    let last = this.#segments.at(-1);
    if (last === undefined || last.bytes > SEGMENT_BYTES) {
      // Its folder may have been on a disk that is another one now.
      mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
      last = newSegment(this.#dir, firstSeq);
      this.#segments.push(last);
    }
    appendTo(last, event);
    if (this.#page?.segment === last) this.#page = null;
  }

  /** Events from this number on, without a hole: some of them, at least one if there is one. */
  from(seq: number): Kept[] {
    const segment = this.#segments.findLast(({ firstSeq }) => firstSeq <= seq) ?? this.#segments[0];
    if (segment === undefined) return [];
    if (this.#page?.segment !== segment) this.#page = { segment, events: this.#read(segment) };
    const start = this.#page.events.findIndex((event) => event.seq >= seq);
    return start === -1 ? [] : this.#page.events.slice(start);
  }

  /** Up to this number D1 has everything: older segments go, but for those that people are told from. */
  forget(recordedSeq: number): void {
    while (this.#segments.length > SEGMENTS_TOLD && this.#isRecorded(recordedSeq)) this.#dropOldest();
  }

  /** Takes no more room than is given: answers how many events were lost that D1 does not have. */
  makeRoom(recordedSeq: number): number {
    while (this.bytes > LIMIT_BYTES && this.#isRecorded(recordedSeq)) this.#dropOldest();
    try {
      return this.#thinOut();
    } catch (error) {
      // Nothing can be written beside it: the oldest goes whole, and where the journal begins says so.
      const [oldest, second] = this.#segments;
      if (oldest === undefined || second === undefined) return 0;
      this.#say(`the journal is full, and cannot be thinned out: ${String(error)}`);
      this.#dropOldest();
      return second.firstSeq - oldest.firstSeq;
    }
  }

  clear(): void {
    this.#segments.forEach(removeSegment);
    this.#segments = [];
    this.#thinned.clear();
    this.#page = null;
  }

  #thinOut(): number {
    let lost = 0;
    for (const most of IMPORTANCE.slice(0, -1)) {
      for (const segment of this.#segments.slice(0, -1)) {
        if (this.bytes <= LIMIT_BYTES) return lost;
        lost += this.#thin(segment, most);
      }
      this.#joinSmall();
    }
    while (this.bytes > LIMIT_BYTES && this.#segments.length > 2) lost += this.#countOldest();
    return lost;
  }

  /** Answers how many more events are gone; those of a storm are counted, and not missed. */
  #thin(segment: Segment, most: Importance): number {
    const done = this.#thinned.get(segment.path);
    if (done !== undefined && IMPORTANCE.indexOf(done) >= IMPORTANCE.indexOf(most)) return 0;
    const events = this.#read(segment);
    const thinned = thin(events, most, most === "storm" ? "storm" : "dropped");
    rewriteSegment(segment, thinned);
    this.#thinned.set(segment.path, most);
    this.#page = null;
    return droppedOf(thinned) - droppedOf(events);
  }

  /** The two oldest segments become one line that counts what was in them. */
  #countOldest(): number {
    const [oldest, second] = this.#segments;
    if (oldest === undefined || second === undefined) return 0;
    const events = [...this.#read(oldest), ...this.#read(second)].filter(
      (event, i, all) => event.seq > (all[i - 1]?.seq ?? 0),
    );
    const [first, ...rest] = events;
    if (first === undefined) return 0;
    const counted = omit([first, ...rest], "dropped");
    rewriteSegment(oldest, [counted]);
    removeSegment(second);
    this.#segments.splice(1, 1);
    this.#page = null;
    return countOf(counted) - droppedOf(events);
  }

  #joinSmall(): void {
    for (let i = this.#segments.length - 2; i > 0; i--) {
      const [first, second] = [this.#segments[i - 1], this.#segments[i]];
      if (first === undefined || second === undefined || first.bytes + second.bytes > SMALL_BYTES) continue;
      joinSegments(first, second);
      this.#segments.splice(i, 1);
      this.#page = null;
    }
  }

  #isRecorded(recordedSeq: number): boolean {
    const next = this.#segments[1];
    return next !== undefined && next.firstSeq <= recordedSeq + 1;
  }

  #dropOldest(): void {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return;
    removeSegment(oldest);
    this.#thinned.delete(oldest.path);
    if (this.#page?.segment === oldest) this.#page = null;
  }

  #read(segment: Segment): Kept[] {
    const next = this.#segments[this.#segments.indexOf(segment) + 1];
    return readSegment(segment, next?.firstSeq ?? null, this.#say);
  }
}
