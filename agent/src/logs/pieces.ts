import { execFile } from "node:child_process";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
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
 * and `to` which of all bytes they are. Other programs do it: what services write never passes through the agent's memory.
 */
export async function writePiece(
  live: string,
  dir: string,
  range: { start: number; from: number; to: number },
  compress: boolean,
): Promise<void> {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const length = range.to - range.from;
  const name = `${pad(range.from)}-${pad(range.to)}.log${compress ? ".gz" : ""}`;
  const beside = join(dir, `${name}.new`);
  const compressor = compress ? `gzip -${GZIP_LEVEL}` : "cat";
  const line = `umask 077; tail -c +${range.start + 1} "$1" | head -c ${length} | ${compressor} >"$2"`;
  try {
    await promisify(execFile)("/bin/sh", ["-c", line, "sh", live, beside]);
    const written = compress ? gunzippedLength(beside) : statSync(beside).size;
    if (written !== length % 2 ** 32) throw new Error(`expected ${length} bytes in ${name}, got ${written}`);
    renameSync(beside, join(dir, name));
  } catch (error) {
    rmSync(beside, { force: true });
    // No gzip on this system: then as it is.
    if (compress && isMissing(error)) return writePiece(live, dir, range, false);
    throw error;
  }
}

/** What a gzip file says of its content: the last four bytes are its length, modulo 2^32 (RFC 1952). */
function gunzippedLength(path: string): number {
  const file = openSync(path, "r");
  try {
    const trailer = Buffer.alloc(4);
    readSync(file, trailer, 0, 4, fstatSync(file).size - 4);
    return trailer.readUInt32LE();
  } finally {
    closeSync(file);
  }
}

/** 127 is what a shell ends with where there is no such program. */
const isMissing = (error: unknown) => error instanceof Error && "code" in error && error.code === 127;

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
