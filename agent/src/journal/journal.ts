import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import type { JournalEvent } from "@afloat/shared/wire";
import type { Journal, NewEvent } from "../host.ts";
import { appendTo, listSegments, newSegment, readSegment, removeSegment, type Segment } from "./segment.ts";

/** A segment larger than this is put behind and a new one begun, bytes. */
const SEGMENT_BYTES = 512 * 1024;
/** With the cloud away for long, only so many are kept: the oldest go first, and `firstSeq` says so. */
const SEGMENTS_KEPT = 8;
/** Events kept in memory; older ones are read from disk when the link asks for them. */
const RECENT = 256;

/** The record of every change on this host, on disk before anything else is done with it. */
export function openJournal(dir: string, now: () => number, say: (text: string) => void): Journal {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  if (hasHole(dir, say)) {
    const aside = `${dir}.broken-${Date.now()}`;
    renameSync(dir, aside);
    mkdirSync(dir, { mode: 0o700 });
    say(`the journal had lost events in its middle; it was set aside as ${aside}, and a new one begins`);
  }
  return new SegmentedJournal(dir, now, say);
}

/** Events are taken in order and without holes: behind one, the cloud would wait for ever for what is lost. */
function hasHole(dir: string, say: (text: string) => void): boolean {
  const segments = listSegments(dir);
  let next = segments[0]?.firstSeq ?? 1;
  return segments.some((segment) => {
    if (segment.firstSeq !== next) return true;
    const seqs = readSegment(segment, say).map(({ seq }) => seq);
    const whole = seqs.every((seq, i) => seq === segment.firstSeq + i);
    next = segment.firstSeq + seqs.length;
    return !whole;
  });
}

class SegmentedJournal implements Journal {
  readonly journalId: string;
  readonly #dir: string;
  readonly #now: () => number;
  readonly #say: (text: string) => void;
  readonly #listeners = new Set<(event: JournalEvent) => void>();
  readonly #segments: Segment[];
  #recent: JournalEvent[];
  #lastSeq: number;
  #firstSeq: number;

  constructor(dir: string, now: () => number, say: (text: string) => void) {
    this.#dir = dir;
    this.#now = now;
    this.#say = say;
    this.journalId = idOf(join(dir, "id"));
    this.#segments = listSegments(dir);
    if (this.#segments.length === 0) this.#segments.push(newSegment(dir, 1));
    const [first] = this.#segments;
    const last = this.#current();
    this.#recent = readSegment(last, say).slice(-RECENT);
    this.#lastSeq = this.#recent.at(-1)?.seq ?? last.firstSeq - 1;
    this.#firstSeq = first?.firstSeq ?? 1;
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
    const [oldest] = this.#recent;
    if (oldest === undefined || oldest.seq <= seq + 1)
      return this.#recent.filter((event) => event.seq > seq).slice(0, limit);
    const segment = this.#segments.findLast(({ firstSeq }) => firstSeq <= Math.max(seq + 1, this.#firstSeq));
    if (segment === undefined) return [];
    const found = readSegment(segment, this.#say).filter((event) => event.seq > seq);
    return found.slice(0, limit);
  }

  forget(seq: number): void {
    for (let next = this.#segments[1]; next !== undefined && next.firstSeq <= seq + 1; next = this.#segments[1]) {
      this.#dropOldest();
    }
  }

  onAppend(listener: (event: JournalEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }

  #write(event: JournalEvent): void {
    try {
      if (this.#current().bytes > SEGMENT_BYTES) this.#segments.push(newSegment(this.#dir, event.seq));
      appendTo(this.#current(), event);
      while (this.#segments.length > SEGMENTS_KEPT) this.#dropOldest();
    } catch (error) {
      this.#say(`the journal could not be written: ${String(error)}; the event is kept in memory`);
    }
  }

  #dropOldest(): void {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return;
    removeSegment(oldest);
    this.#firstSeq = this.#segments[0]?.firstSeq ?? this.#firstSeq;
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
  const id = randomBytes(8).toString("hex");
  writeFileSync(path, `${id}\n`, { mode: 0o600 });
  return id;
}
