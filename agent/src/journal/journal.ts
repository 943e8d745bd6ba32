import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JournalEvent } from "@afloat/shared/wire";
import type { Journal, NewEvent } from "../host.ts";
import { appendTo, listSegments, newSegment, readSegment, removeSegment, type Segment } from "./segment.ts";

/** A segment larger than this is put behind and a new one begun, bytes. */
const SEGMENT_BYTES = 512 * 1024;
/** With the cloud away for long, only so many are kept: the oldest go first, and `firstSeq` says so. */
const SEGMENTS_KEPT = 8;
/** What the cloud has is not forgotten at once: `afloat events` tells a person of it. So many segments stay. */
const SEGMENTS_TOLD = 4;
/** Events kept in memory; older ones are read from disk when the link asks for them. */
const RECENT = 256;

/** The record of every change on this host, on disk before anything else is done with it. */
export function openJournal(dir: string, now: () => number, say: (text: string) => void): Journal {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  return new SegmentedJournal(dir, now, say);
}

class SegmentedJournal implements Journal {
  journalId: string;
  readonly #dir: string;
  readonly #now: () => number;
  readonly #say: (text: string) => void;
  readonly #listeners = new Set<(event: JournalEvent) => void>();
  #segments: Segment[];
  /** The newest events, without a hole. */
  #recent: JournalEvent[];
  /** Events that the disk did not take yet, oldest first. */
  #unwritten: JournalEvent[] = [];
  /** The segment that was read last, for whoever reads on in it. */
  #page: { firstSeq: number; events: JournalEvent[] } | null = null;
  #lastSeq: number;
  /** Events before it may be on disk, but are not told: forgotten, or behind a hole. */
  #firstSeq: number;
  /** The cloud is known to have all up to this one. */
  #recordedSeq = 0;
  /** The newest event when this run began. */
  #runBegan: number;

  constructor(dir: string, now: () => number, say: (text: string) => void) {
    this.#dir = dir;
    this.#now = now;
    this.#say = say;
    this.journalId = idOf(join(dir, "id"));
    this.#segments = listSegments(dir);
    if (this.#segments.length === 0) this.#segments.push(newSegment(dir, 1));
    const last = this.#current();
    const found = readSegment(last, say);
    this.#lastSeq = found.at(-1)?.seq ?? last.firstSeq - 1;
    this.#firstSeq = this.#segments[0]?.firstSeq ?? 1;
    this.#recent = this.#afterHoles(last, found).slice(-RECENT);
    this.#runBegan = this.#lastSeq;
  }

  get firstSeq(): number {
    return this.#lastSeq === 0 ? 0 : this.#firstSeq;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  append(event: NewEvent): JournalEvent {
    const stamped: JournalEvent = { atMs: Math.round(this.#now()), ...event, seq: this.#lastSeq + 1 };
    this.#lastSeq = stamped.seq;
    this.#recent.push(stamped);
    if (this.#recent.length > RECENT * 2) this.#recent = this.#recent.slice(-RECENT);
    this.#write(stamped);
    for (const listener of this.#listeners) listener(stamped);
    return stamped;
  }

  since(seq: number, limit: number): JournalEvent[] {
    const from = Math.max(seq + 1, this.#firstSeq);
    if (from > this.#lastSeq) return [];
    const [oldest] = this.#recent;
    if (oldest !== undefined && oldest.seq <= from) {
      this.#page = null;
      return this.#recent.slice(from - oldest.seq, from - oldest.seq + limit);
    }
    const segment = this.#segments.findLast(({ firstSeq }) => firstSeq <= from);
    if (segment === undefined) return [];
    if (this.#page?.firstSeq !== segment.firstSeq || segment === this.#current()) {
      this.#page = { firstSeq: segment.firstSeq, events: this.#afterHoles(segment, readSegment(segment, this.#say)) };
    }
    const start = this.#page.events.findIndex((event) => event.seq >= Math.max(from, this.#firstSeq));
    return start === -1 ? [] : this.#page.events.slice(start, start + limit);
  }

  forget(seq: number): void {
    this.#recordedSeq = Math.max(this.#recordedSeq, seq);
    for (let next = this.#segments[1]; next !== undefined && next.firstSeq <= seq + 1; next = this.#segments[1]) {
      if (this.#segments.length <= SEGMENTS_TOLD) return;
      this.#dropOldest();
    }
  }

  renew(): void {
    const ours: JournalEvent[] = [];
    for (let more = this.since(this.#runBegan, Number.POSITIVE_INFINITY); more.length > 0;) {
      ours.push(...more);
      more = this.since(ours.at(-1)?.seq ?? 0, Number.POSITIVE_INFINITY);
    }
    this.#segments.forEach(removeSegment);
    this.journalId = newId(join(this.#dir, "id"));
    this.#segments = [newSegment(this.#dir, 1)];
    this.#page = null;
    this.#unwritten = [];
    const renumbered = ours.map((event, i) => ({ ...event, seq: i + 1 }));
    this.#recent = renumbered.slice(-RECENT);
    this.#lastSeq = renumbered.length;
    this.#firstSeq = 1;
    this.#runBegan = 0;
    this.#recordedSeq = 0;
    for (const event of renumbered) this.#write(event);
  }

  onAppend(listener: (event: JournalEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }

  /** On disk, with whatever it refused before: a hole would be a lie. */
  #write(event: JournalEvent): void {
    this.#unwritten.push(event);
    if (this.#unwritten.length > RECENT) this.#unwritten.shift();
    try {
      for (let next = this.#unwritten[0]; next !== undefined; next = this.#unwritten[0]) {
        if (this.#current().bytes > SEGMENT_BYTES) this.#segments.push(newSegment(this.#dir, next.seq));
        appendTo(this.#current(), next);
        this.#unwritten.shift();
      }
    } catch (error) {
      if (this.#unwritten.length === 1)
        this.#say(`the journal could not be written: ${String(error)}; its events are kept in memory meanwhile`);
    }
    while (this.#segments.length > SEGMENTS_KEPT) {
      this.#dropOldest();
      if (this.#firstSeq <= this.#recordedSeq + 1) continue;
      this.#say(
        `the journal is full; events before number ${this.#firstSeq} were dropped, and the cloud never got them`,
      );
    }
  }

  /** What of a segment follows its last hole; what is before it is told no more. */
  #afterHoles(segment: Segment, events: JournalEvent[]): JournalEvent[] {
    const hole = events.findLastIndex((event, i) => event.seq !== (events[i - 1]?.seq ?? segment.firstSeq - 1) + 1);
    const whole = events.slice(Math.max(0, hole));
    const [first] = whole;
    const next = this.#segments[this.#segments.indexOf(segment) + 1];
    const end = whole.at(-1)?.seq ?? segment.firstSeq - 1;
    if (hole > -1 && first !== undefined) this.#tellFrom(first.seq);
    if (next !== undefined && end + 1 !== next.firstSeq) this.#tellFrom(next.firstSeq);
    return whole;
  }

  #tellFrom(seq: number): void {
    if (seq <= this.#firstSeq) return;
    this.#firstSeq = seq;
    this.#say(`the journal has a hole before number ${seq}; what is older is told no more`);
  }

  #dropOldest(): void {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return;
    removeSegment(oldest);
    this.#firstSeq = Math.max(this.#firstSeq, this.#segments[0]?.firstSeq ?? 0);
  }

  /** There is always one. */
  #current(): Segment {
    const last = this.#segments.at(-1);
    if (last === undefined) throw new Error("a journal has at least one segment");
    return last;
  }
}

function idOf(path: string): string {
  try {
    const known = readFileSync(path, "utf8").trim();
    if (/^[a-z0-9]{16}$/.test(known)) return known;
  } catch {
    // A new journal.
  }
  return newId(path);
}

function newId(path: string): string {
  const id = randomBytes(8).toString("hex");
  writeFileSync(path, `${id}\n`, { mode: 0o600 });
  return id;
}
