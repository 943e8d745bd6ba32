import { createReadStream, createWriteStream, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { LogSpec } from "@afloat/shared/spec";

/** A part of the output that was put behind: the bytes from `from` up to `to`. Its name says which. */
export interface Piece {
  path: string;
  from: number;
  to: number;
  compressed: boolean;
}

/** How hard pieces are compressed: logs shrink to a tenth at any level, and a flood must be kept up with. */
const GZIP_LEVEL = 3;

/** The pieces of a log, oldest first. */
export function listPieces(dir: string): Piece[] {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch {
    // Nothing was ever put behind.
    return [];
  }
  return names
    .flatMap((name) => {
      const [, from, to, gz] = /^(\d+)-(\d+)\.log(\.gz)?$/.exec(name) ?? [];
      if (from === undefined || to === undefined) return [];
      return [{ path: join(dir, name), from: Number(from), to: Number(to), compressed: gz !== undefined }];
    })
    .sort((a, b) => a.from - b.from);
}

/**
 * Copies bytes of the live file into a piece of its own, whole or not at all. `start` is where they are in the file, `from`
 * and `to` which of all bytes they are.
 */
export async function writePiece(
  live: string,
  dir: string,
  range: { start: number; from: number; to: number },
  compress: boolean,
): Promise<void> {
  const { start, from, to } = range;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const name = `${pad(from)}-${pad(to)}.log${compress ? ".gz" : ""}`;
  const beside = join(dir, `${name}.new`);
  try {
    await pipeline(
      createReadStream(live, { start, end: start + to - from - 1, highWaterMark: 256 * 1024 }),
      compress ? createGzip({ level: GZIP_LEVEL }) : new PassThrough(),
      createWriteStream(beside, { mode: 0o600 }),
    );
    renameSync(beside, join(dir, name));
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** Removes what is more than `keep` or older than `max_age`. */
export function prunePieces(dir: string, spec: LogSpec, nowMs: number): void {
  const pieces = listPieces(dir);
  const tooMany = pieces.slice(0, Math.max(0, pieces.length - spec.keep));
  const { maxAgeMs } = spec;
  const tooOld = maxAgeMs === null ? [] : pieces.filter((piece) => nowMs - writtenMs(piece) > maxAgeMs);
  for (const { path } of new Set([...tooMany, ...tooOld])) rmSync(path, { force: true });
}

/** When a piece was put behind, milliseconds since the epoch. */
export function writtenMs(piece: Piece): number {
  return statSync(piece.path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Removes what an agent left half written when it died. */
export function removeTorn(dir: string): void {
  try {
    for (const name of readdirSync(dir)) if (name.endsWith(".new")) rmSync(join(dir, name), { force: true });
  } catch {
    // Nothing was ever put behind.
  }
}

const pad = (offset: number) => String(offset).padStart(15, "0");
