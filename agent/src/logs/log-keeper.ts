import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { ServiceSpec } from "@afloat/shared/spec";
import { appendsOnly } from "./appends-only.ts";
import { gapWords } from "./gap-words.ts";
import { isCollapsed } from "./collapsed.ts";
import { behindOf, cut } from "./cut.ts";
import { freshLedger, type Gap, type Ledger, type LogPlace, readLedger, withGap, writeLedger } from "./ledger.ts";
import { listPieces, prunePieces, removeTorn } from "./pieces.ts";
import { Stray } from "./stray.ts";
import { noteTime, pruneTimes, readTimes } from "./times.ts";

interface Ground {
  nowMs: () => number;
  say: (text: string) => void;
  /** The processes that may write to it: the service's tree. */
  writers: () => number[];
}

/** Watches over one service's output: notes when it grew, says when to cut it, carries on what lost its name. Never in its way. */
export class LogKeeper {
  readonly name: string;
  readonly place: LogPlace;
  #spec: ServiceSpec["log"];
  readonly #ground: Ground;
  #ledger: Ledger | null = null;
  #unwritten = false;
  #stray: Stray | null = null;
  #cutting = false;
  #grew = 0;

  constructor(spec: ServiceSpec, place: LogPlace, ground: Ground) {
    this.name = spec.name;
    this.place = place;
    this.#spec = spec.log;
    this.#ground = ground;
    removeTorn(place.dir);
  }

  /** From the next look on by this. */
  edit(spec: ServiceSpec["log"]): void {
    this.#spec = spec;
  }

  /** Looks at the file. Answers by how many bytes it grew, and whether it is to be cut. */
  look(): { grew: number; due: boolean } {
    if (this.#cutting) return { grew: this.#grew, due: false };
    const seen = statSync(this.place.live, { throwIfNoEntry: false });
    const ledger = this.#known();
    if (ledger !== null && seen?.ino !== ledger.inode) return this.#lost(ledger, seen);
    if (seen === undefined || !seen.isFile()) return { grew: 0, due: false };
    this.#carryOn();
    const known = this.#afterCollapse(ledger ?? freshLedger(seen.ino, 0));
    if (known.base + seen.size < known.end) return this.#cutShort(known);
    const end = known.base + seen.size;
    const grew = end - known.end;
    this.#grew = grew;
    if (grew > 0) noteTime(this.place, { atMs: this.#ground.nowMs(), end });
    this.#ledger = { ...known, end };
    if (this.#unwritten || ledger === null) this.#note({});
    return { grew, due: end - known.behind > this.#spec.maxBytes };
  }

  /** Puts behind what is too much. Resolves when it is done; throws where the disk does not take it. */
  async cut(): Promise<void> {
    if (this.#ledger === null || this.#cutting) return;
    this.#cutting = true;
    const before = this.#ledger.gaps.length;
    try {
      await cut({
        place: this.place,
        spec: this.#spec,
        ledger: () => this.#ledger ?? freshLedger(0, 0),
        note: (changes) => this.#noteFirst(changes),
        nowMs: this.#ground.nowMs,
        appendedOnly: () => appendsOnly(this.#ground.writers(), this.place.live),
      });
      pruneTimes(this.place, listPieces(this.place.dir)[0]?.from ?? this.#ledger.behind);
    } finally {
      this.#cutting = false;
      for (const gap of this.#ledger.gaps.slice(before)) this.#sayGap(gap);
    }
  }

  /** Removes pieces that became too old. */
  prune(): void {
    if (!this.#cutting && this.#spec.maxAgeMs !== null) prunePieces(this.place.dir, this.#spec, Date.now());
  }

  /** What was written in that time is lost, as much as it may have been. */
  lostWhileFull(fromMs: number, toMs: number): void {
    if (this.#ledger !== null) this.#gap({ at: this.#ledger.end, bytes: null, fromMs, toMs, why: "disk-full" });
  }

  close(): void {
    this.#stray?.close();
    this.#stray = null;
  }

  #known(): Ledger | null {
    if (this.#ledger !== null) return this.#ledger;
    const found = readLedger(this.place, this.#ground.say);
    if (found === null) return null;
    const end = Math.max(found.end, readTimes(this.place).at(-1)?.end ?? 0);
    this.#ledger = { ...found, behind: behindOf(this.place, found.behind), end: Math.max(end, found.behind) };
    return this.#ledger;
  }

  /** An agent died while it took bytes out: were they, or not? */
  #afterCollapse(ledger: Ledger): Ledger {
    if (ledger.collapsing === 0) return ledger;
    const base = isCollapsed(this.place.live, ledger) ? ledger.base + ledger.collapsing : ledger.base;
    return { ...ledger, base, collapsing: 0 };
  }

  /** Another file has the name, or none. Whoever still writes to the old one is heard. */
  #lost(ledger: Ledger, seen: { ino: number; size: number } | undefined): { grew: number; due: boolean } {
    const stray = Stray.find(this.#ground.writers(), ledger.inode, ledger.end - ledger.base) ?? this.#stray;
    if (seen === undefined && stray === null) return { grew: 0, due: false };
    const at = ledger.base + (stray?.skipped ?? ledger.end - ledger.base);
    const inode = seen?.ino ?? this.#create();
    if (this.#stray !== stray) this.#stray?.close();
    this.#stray = stray;
    this.#ledger = { ...ledger, ...freshLedger(inode, Math.max(at, ledger.behind)), gaps: ledger.gaps };
    this.#note({});
    if (stray !== null)
      this.#ground.say(
        `${this.name}: its log was removed or renamed; what it writes there is carried on into ${this.place.live}`,
      );
    this.#carryOn();
    return { grew: 0, due: false };
  }

  #create(): number {
    const file = openLive(this.place.live);
    closeSync(file);
    return statSync(this.place.live).ino;
  }

  /** As long as somebody writes to the file without a name. */
  #carryOn(): void {
    if (this.#stray === null) return;
    const held = this.#stray.isHeld(this.#ground.writers());
    const file = openLive(this.place.live);
    try {
      this.#stray.carryOn(file);
    } finally {
      closeSync(file);
    }
    // Looked at before the last bytes are taken, so that none is written in between.
    if (held) return;
    this.#stray.close();
    this.#stray = null;
  }

  /** It is shorter than it was: the service opened its own output anew, or somebody truncated it. */
  #cutShort(ledger: Ledger): { grew: number; due: boolean } {
    const bytes = ledger.end - Math.max(ledger.behind, ledger.base);
    const atMs = Math.round(this.#ground.nowMs());
    this.#ledger = { ...ledger, base: ledger.end, behind: ledger.end, collapsing: 0 };
    this.#gap({ at: ledger.end, bytes, fromMs: atMs, toMs: atMs, why: "cut-short" });
    return { grew: 0, due: false };
  }

  #gap(gap: Gap): void {
    if (this.#ledger === null) return;
    this.#note(withGap(this.#ledger, gap));
    this.#sayGap(gap);
  }

  #sayGap(gap: Gap): void {
    this.#ground.say(`${this.name}: log: ${gapWords(gap)}`);
  }

  /** What the disk does not take now is written at the next look. */
  #note(changes: Partial<Ledger>): void {
    if (this.#ledger === null) return;
    this.#ledger = { ...this.#ledger, ...changes };
    try {
      writeLedger(this.place, this.#ledger);
      this.#unwritten = false;
    } catch {
      this.#unwritten = true;
    }
  }

  /** For what must be on disk before anything else is done. */
  #noteFirst(changes: Partial<Ledger>): void {
    if (this.#ledger === null) return;
    const next = { ...this.#ledger, ...changes };
    writeLedger(this.place, next);
    this.#ledger = next;
  }
}

function openLive(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  return openSync(path, "a", 0o600);
}
