import { rmSync, statfsSync } from "node:fs";
import { listPieces, writtenMs } from "./pieces.ts";

/** How full the disk under a folder is. */
export interface Room {
  freeBytes: number;
  /** Nothing more can be written. */
  full: boolean;
  /** So little is left that old pieces should go before services notice. */
  low: boolean;
}

/** Low: less than a fiftieth of the disk, and less than this. */
const LOW_BYTES = 64 * 1024 * 1024;
const LOW_SHARE = 0.02;

/** Null where the system does not tell. */
export function roomAt(dir: string): Room | null {
  try {
    const { bsize, blocks, bfree, bavail } = statfsSync(dir);
    // What is kept in reserve is root's to use.
    const freeBytes = (process.getuid?.() === 0 ? bfree : bavail) * bsize;
    return { freeBytes, full: freeBytes < 2 * bsize, low: freeBytes < Math.min(LOW_BYTES, blocks * bsize * LOW_SHARE) };
  } catch {
    return null;
  }
}

/** Removes the oldest piece of all these folders; answers whether there was one. */
export function removeOldestPiece(dirs: readonly string[]): boolean {
  const [oldest] = dirs.flatMap((dir) => listPieces(dir).slice(0, 1)).toSorted((a, b) => writtenMs(a) - writtenMs(b));
  if (oldest === undefined) return false;
  rmSync(oldest.path, { force: true });
  return true;
}
