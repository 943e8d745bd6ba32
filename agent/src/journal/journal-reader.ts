import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import type { JournalEvent } from "@afloat/shared/wire";
import { parseLine } from "./core/line.ts";
import { listSegments, type Segment } from "./segment.ts";

/** Read at once, bytes. */
const PIECE_BYTES = 64 * 1024;

const NEWLINE = 0x0a;

/**
 * Reads the journal beside the agent that writes it, or after it: nothing is locked, mended or kept in memory. What is torn
 * or unknown is passed over; a last line without its end waits for it.
 */
export class JournalReader {
  readonly #dir: string;
  #id = "";
  /** Events up to this one were told. */
  #seq = 0;
  /** Where the segment in which the newest was found goes on. */
  #place: { path: string; inode: number; offset: number } | null = null;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The events that came since the last time, oldest first; at first all that there are. */
  *next(): Generator<JournalEvent> {
    const id = this.#readId();
    // A journal that was begun anew counts from 1 again.
    if (id !== this.#id) [this.#id, this.#seq, this.#place] = [id, 0, null];
    const segments = this.#segments();
    const first = segments.findLastIndex(({ firstSeq }) => firstSeq <= this.#seq + 1);
    for (const segment of segments.slice(Math.max(0, first))) yield* this.#read(segment);
  }

  *#read({ path }: Segment): Generator<JournalEvent> {
    let file: number;
    try {
      file = openSync(path, "r");
    } catch {
      // Forgotten by the agent in this very moment.
      return;
    }
    try {
      const { ino, size } = fstatSync(file);
      const known = this.#place;
      const isKnown = known !== null && known.path === path && known.inode === ino && known.offset <= size;
      const place = isKnown ? known : { path, inode: ino, offset: 0 };
      this.#place = place;
      for (const line of linesFrom(file, place)) {
        const event = parseLine(line);
        if (event === null || event.seq <= this.#seq) continue;
        this.#seq = event.seq;
        yield event;
      }
    } finally {
      closeSync(file);
    }
  }

  #segments(): Segment[] {
    try {
      return listSegments(this.#dir);
    } catch {
      // No agent was ever here.
      return [];
    }
  }

  #readId(): string {
    try {
      return readFileSync(join(this.#dir, "id"), "utf8");
    } catch {
      return "";
    }
  }
}

/** The whole lines from a place on; the place goes on behind each. */
function* linesFrom(file: number, place: { offset: number }): Generator<string> {
  const piece = Buffer.alloc(PIECE_BYTES);
  let rest = Buffer.alloc(0);
  for (let at = place.offset; ;) {
    const count = readSync(file, piece, 0, piece.length, at);
    if (count === 0) return;
    at += count;
    rest = Buffer.concat([rest, piece.subarray(0, count)]);
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      place.offset += end + 1;
      const line = rest.toString("utf8", 0, end);
      rest = rest.subarray(end + 1);
      yield line;
    }
  }
}
