import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JournalEvent } from "@afloat/shared/wire";
import type { JournalStatus } from "../control/protocol.ts";
import type { Journal, NewEvent } from "../host.ts";
import { IMPORTANCE, thin } from "./core/importance.ts";
import type { Kept } from "./core/line.ts";
import { droppedOf, firstOf } from "./core/omit.ts";
import { Marks } from "./marks.ts";
import { LIMIT_BYTES, Shelf } from "./shelf.ts";

/** Events kept in memory; older ones are read from disk when the link asks for them. */
const RECENT = 256;
/** How soon a disk that took nothing is tried again where nothing happens, milliseconds. */
const RETRY_MS = 5_000;

/** What the journal stands on. */
export interface JournalGround {
  /** When it is, milliseconds since the epoch. */
  nowMs: () => number;
  /** Since the start of the machine, suspended time included, milliseconds. */
  upMs: () => number;
  /** Of which start `upMs` counts, and which run of the agent this is. */
  boot: string;
  run: string;
  say: (text: string) => void;
}

/** The record of every change on this host, on disk before anything else is done with it. */
export function openJournal(dir: string, ground: JournalGround): Journal {
  return new DiskJournal(dir, ground);
}

/**
 * Numbers events and has the newest in memory; the rest is on its shelf. No fault of the disk ends the agent: what it does not
 * take waits here, bounded, and what does not fit is counted.
 */
class DiskJournal implements Journal {
  journalId: string;
  readonly #dir: string;
  readonly #ground: JournalGround;
  readonly #shelf: Shelf;
  readonly #marks: Marks;
  readonly #listeners = new Set<(event: JournalEvent) => void>();
  /** The newest events, without a hole. */
  #recent: Kept[] = [];
  /** Events that the disk did not take yet, oldest first, without a hole. */
  #unwritten: Kept[] = [];
  #fault: { text: string; sinceMs: number } | null = null;
  #retry: NodeJS.Timeout | undefined;
  /** Events that were dropped before D1 had them, in this run. */
  #lost = 0;
  #lastSeq = 0;
  #beganSeq: number;

  constructor(dir: string, ground: JournalGround) {
    this.#dir = dir;
    this.#ground = ground;
    this.#shelf = new Shelf(dir, ground.say);
    try {
      this.#recent = this.#shelf.open().slice(-RECENT);
    } catch (error) {
      this.#faulty(error);
    }
    this.#lastSeq = this.#recent.at(-1)?.seq ?? this.#shelf.lastBegins - 1;
    this.journalId = this.#idOf(join(dir, "id"));
    this.#marks = new Marks(join(dir, "recorded"), this.journalId, this.#lastSeq);
    this.#beganSeq = this.#lastSeq;
  }

  get firstSeq(): number {
    if (this.#lastSeq === 0) return 0;
    const [waiting] = this.#unwritten;
    return this.#shelf.firstSeq ?? (waiting === undefined ? this.#lastSeq + 1 : firstOf(waiting));
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  get beganSeq(): number {
    return this.#beganSeq;
  }

  get recordedSeq(): number {
    return this.#marks.recordedSeq;
  }

  get status(): JournalStatus {
    return {
      bytes: this.#shelf.bytes,
      limitBytes: LIMIT_BYTES,
      fault: this.#fault,
      inMemory: this.#unwritten.length,
      lost: this.#lost,
    };
  }

  append(event: NewEvent): JournalEvent {
    const { nowMs, upMs, boot, run } = this.#ground;
    const now = nowMs();
    const atMs = Math.round(event.atMs ?? now);
    const stamp = { boot, run, upMs: Math.round(upMs() - (now - atMs)) };
    const kept: Kept = { ...event, atMs, seq: this.#lastSeq + 1, stamp };
    this.#lastSeq = kept.seq;
    this.#recent.push(kept);
    if (this.#recent.length > RECENT * 2) this.#recent = this.#recent.slice(-RECENT);
    this.#write(kept);
    for (const listener of this.#listeners) listener(kept);
    return kept;
  }

  since(seq: number, limit: number): Kept[] {
    const from = Math.max(seq + 1, this.firstSeq);
    if (from > this.#lastSeq) return [];
    const source = [this.#recent, this.#unwritten].find(([first]) => first !== undefined && firstOf(first) <= from);
    const events = source ?? this.#shelf.from(from);
    const start = events.findIndex((event) => event.seq >= from);
    return start === -1 ? [] : events.slice(start, start + limit);
  }

  forget(seq: number): void {
    this.#marks.recorded(seq);
    this.#shelf.forget(seq);
  }

  renew(): void {
    const ours: Kept[] = [];
    for (let more = this.since(this.#beganSeq, Number.POSITIVE_INFINITY); more.length > 0;) {
      ours.push(...more);
      more = this.since(ours.at(-1)?.seq ?? 0, Number.POSITIVE_INFINITY);
    }
    const before = this.#beganSeq;
    const renumbered = ours.map((event): Kept => renumber(event, before));
    this.#shelf.clear();
    this.journalId = this.#newId(join(this.#dir, "id"));
    this.#marks.renew(this.journalId);
    this.#unwritten = [];
    this.#recent = renumbered.slice(-RECENT);
    this.#lastSeq = renumbered.at(-1)?.seq ?? 0;
    this.#beganSeq = 0;
    for (const event of renumbered) this.#write(event);
  }

  onAppend(listener: (event: JournalEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#flush();
    clearTimeout(this.#retry);
    this.#marks.save();
    this.#listeners.clear();
  }

  /** On disk, with whatever it refused before: a hole would be a lie. */
  #write(event: Kept): void {
    this.#unwritten.push(event);
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#retry);
    try {
      for (let next = this.#unwritten[0]; next !== undefined; next = this.#unwritten[0]) {
        this.#shelf.append(next, firstOf(next));
        this.#unwritten.shift();
      }
      this.#lose(this.#shelf.makeRoom(this.#marks.recordedSeq), "the journal is full");
      if (this.#fault !== null) this.#ground.say("the journal can be written again");
      this.#fault = null;
    } catch (error) {
      this.#faulty(error);
      this.#thinUnwritten();
    }
  }

  #faulty(error: unknown): void {
    const text = String(error);
    if (this.#fault === null)
      this.#ground.say(`the journal could not be written: ${text}; its events are kept in memory meanwhile`);
    this.#fault = { text, sinceMs: this.#fault?.sinceMs ?? Math.round(this.#ground.nowMs()) };
    this.#retry = setTimeout(() => this.#flush(), RETRY_MS).unref();
  }

  /** Memory is bounded, too: what is least missed is counted together first, the oldest of all at last. */
  #thinUnwritten(): void {
    const before = this.#unrecorded(this.#unwritten);
    for (const most of IMPORTANCE) {
      if (this.#unwritten.length <= RECENT) break;
      const older = thin(this.#unwritten.slice(0, RECENT / 2), most, most === "storm" ? "storm" : "dropped");
      this.#unwritten = [...older, ...this.#unwritten.slice(RECENT / 2)];
    }
    this.#lose(droppedOf(this.#unrecorded(this.#unwritten)) - droppedOf(before), "the journal cannot be written");
  }

  #unrecorded(events: readonly Kept[]): Kept[] {
    return events.filter(({ seq }) => seq > this.#marks.recordedSeq);
  }

  #lose(count: number, why: string): void {
    if (count === 0) return;
    this.#lost += count;
    this.#ground.say(`${why}: ${count} events were dropped before the cloud had them; it is told how many`);
  }

  #idOf(path: string): string {
    try {
      const known = readFileSync(path, "utf8").trim();
      if (/^[a-z0-9]{16}$/.test(known)) return known;
    } catch {
      // A new journal.
    }
    return this.#newId(path);
  }

  #newId(path: string): string {
    const id = randomBytes(8).toString("hex");
    try {
      writeFileSync(path, `${id}\n`, { mode: 0o600 });
    } catch (error) {
      this.#faulty(error);
    }
    return id;
  }
}

function renumber(event: Kept, by: number): Kept {
  const seq = event.seq - by;
  return event.kind === "omitted" ? { ...event, seq, from: Math.max(1, event.from - by) } : { ...event, seq };
}
