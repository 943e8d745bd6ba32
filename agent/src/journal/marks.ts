import { readFileSync, writeFileSync } from "node:fs";

/** How often it is written down, at most, milliseconds: each writing is one that the disk is spared. */
const SAVE_MS = 60_000;

/** How far D1 has this journal. Known also before the cloud is reached again; lost or old, a little more is kept and sent than need be. */
export class Marks {
  recordedSeq: number;
  readonly #path: string;
  #journalId: string;
  #saved: number;
  #savedMs = Number.NEGATIVE_INFINITY;

  /** A mark beyond `lastSeq` is of events that this disk lost. */
  constructor(path: string, journalId: string, lastSeq: number) {
    this.#path = path;
    this.#journalId = journalId;
    this.recordedSeq = Math.min(lastSeq, readMark(path, journalId));
    this.#saved = this.recordedSeq;
  }

  recorded(seq: number): void {
    this.recordedSeq = Math.max(this.recordedSeq, seq);
    if (performance.now() - this.#savedMs > SAVE_MS) this.save();
  }

  renew(journalId: string): void {
    this.#journalId = journalId;
    this.recordedSeq = 0;
    this.#saved = 0;
  }

  save(): void {
    if (this.recordedSeq === this.#saved) return;
    this.#savedMs = performance.now();
    try {
      writeFileSync(this.#path, `${this.#journalId} ${this.recordedSeq}\n`, { mode: 0o600 });
      this.#saved = this.recordedSeq;
    } catch {
      // A full disk is said by the journal itself; the next mark tries again.
    }
  }
}

function readMark(path: string, journalId: string): number {
  try {
    const [, id, seq] = /^(\w+) (\d+)\n$/.exec(readFileSync(path, "utf8")) ?? [];
    return id === journalId ? Number(seq) : 0;
  } catch {
    // Nothing was recorded yet.
    return 0;
  }
}
