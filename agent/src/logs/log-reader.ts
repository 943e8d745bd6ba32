import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { isCollapsed } from "./collapsed.ts";
import { type Gap, type Ledger, type LogPlace, readLedger } from "./ledger.ts";
import { listPieces, type Piece } from "./pieces.ts";

const CHUNK_BYTES = 256 * 1024;
/** How often a read is tried anew because the agent cut the file meanwhile. */
const TRIES = 20;

/**
 * Reads a service's output from any offset on, across pieces and the live file, while the agent may be cutting it. Reads the
 * files alone: the agent does not notice.
 */
export class LogReader {
  /** The offset of the next byte. */
  at: number;
  readonly #place: LogPlace;
  #piece: { from: number; bytes: Buffer } | null = null;

  constructor(place: LogPlace, from: number) {
    this.#place = place;
    this.at = Math.max(from, 0);
  }

  /** What comes next, or null where nothing is there yet. What is not kept any more is passed over. */
  next(): Buffer | null {
    for (let tries = 0; tries < TRIES; tries++) {
      const read = this.#readOnce();
      if (read !== "again") return read;
    }
    return null;
  }

  #readOnce(): Buffer | null | "again" {
    const ledger = ledgerOf(this.#place);
    if (ledger === null) return this.#fromLive(0);
    if (this.at >= ledger.behind) return this.#fromLive(ledger.base, ledger);
    const piece = listPieces(this.#place.dir).find(({ to }) => to > this.at);
    if (piece === undefined || piece.from >= ledger.behind) {
      this.at = ledger.behind;
      return "again";
    }
    this.at = Math.max(this.at, piece.from);
    return this.#fromPiece(piece);
  }

  #fromPiece(piece: Piece): Buffer | "again" {
    if (this.#piece?.from !== piece.from) {
      try {
        const bytes = readFileSync(piece.path);
        this.#piece = { from: piece.from, bytes: piece.compressed ? gunzipSync(bytes) : bytes };
      } catch {
        // Removed a moment ago, or damaged: what follows it is read.
        if (statSync(piece.path, { throwIfNoEntry: false }) !== undefined) this.at = piece.to;
        return "again";
      }
    }
    const start = this.at - piece.from;
    const chunk = this.#piece.bytes.subarray(start, start + CHUNK_BYTES);
    if (chunk.length === 0) this.at = piece.to;
    this.at += chunk.length;
    return chunk.length === 0 ? "again" : chunk;
  }

  #fromLive(base: number, ledger?: Ledger): Buffer | null | "again" {
    let file: number;
    try {
      file = openSync(this.#place.live, "r");
    } catch (error) {
      // No output yet, or its file was removed. What we may not read is told.
      if (existsSync(this.#place.live)) throw error;
      return null;
    }
    try {
      const { size } = fstatSync(file);
      // Somebody cut it short. Where an agent keeps a ledger, it sees that and says from where to go on.
      if (ledger === undefined && size < this.at - base) this.at = base;
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(0, size - (this.at - base))));
      const read = readSync(file, chunk, 0, chunk.length, this.at - base);
      // The agent may have cut the file between the look at the ledger and the read.
      const now = ledgerOf(this.#place);
      if (now?.base !== ledger?.base || now?.behind !== ledger?.behind || now?.inode !== ledger?.inode) return "again";
      this.at += read;
      return read === 0 ? null : chunk.subarray(0, read);
    } finally {
      closeSync(file);
    }
  }
}

/** The first byte that is kept, and the one after the last. */
export function extentOf(place: LogPlace): { from: number; end: number } {
  const ledger = ledgerOf(place);
  const size = statSync(place.live, { throwIfNoEntry: false })?.size ?? 0;
  if (ledger === null) return { from: 0, end: size };
  const [oldest] = listPieces(place.dir);
  return {
    from: Math.min(oldest?.from ?? ledger.behind, ledger.behind),
    end: Math.max(ledger.base + size, ledger.behind),
  };
}

/** What is missing from a log. */
export function gapsOf(place: LogPlace): Gap[] {
  return ledgerOf(place)?.gaps ?? [];
}

/** As the files are now. While bytes are taken out of the live file's beginning, the ledger alone does not tell whether they are. */
function ledgerOf(place: LogPlace): Ledger | null {
  const ledger = readLedger(place, () => {});
  if (ledger === null || ledger.collapsing === 0) return ledger;
  try {
    const base = isCollapsed(place.live, ledger) ? ledger.base + ledger.collapsing : ledger.base;
    return { ...ledger, base, collapsing: 0 };
  } catch {
    // No live file just now.
    return ledger;
  }
}
