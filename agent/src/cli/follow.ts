import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

/** How often a file is looked at, milliseconds. */
const LOOK_MS = 150;
const CHUNK_BYTES = 64 * 1024;
/** A line longer than this is printed in pieces. */
const LINE_LIMIT = 64 * 1024;

/**
 * Calls `each` for every whole line that is added to a file from now on, also after it was cut short or replaced by another.
 * Answers how to stop.
 */
export function follow(path: string, each: (line: string) => void): () => void {
  let at = statOf(path)?.size ?? 0;
  let inode = statOf(path)?.ino;
  let rest = "";
  const buffer = Buffer.alloc(CHUNK_BYTES);
  const timer = setInterval(() => {
    const now = statOf(path);
    if (now === undefined) return;
    if (now.ino !== inode || now.size < at) {
      inode = now.ino;
      at = 0;
      rest = "";
    }
    while (at < now.size) {
      const read = readAt(path, buffer, at);
      if (read === 0) return;
      at += read;
      const lines = (rest + buffer.toString("utf8", 0, read)).split("\n");
      rest = lines.pop() ?? "";
      lines.forEach(each);
      if (rest.length < LINE_LIMIT) continue;
      each(rest);
      rest = "";
    }
  }, LOOK_MS);
  return () => clearInterval(timer);
}

function readAt(path: string, buffer: Buffer, at: number): number {
  try {
    const file = openSync(path, "r");
    try {
      return fstatSync(file).size <= at ? 0 : readSync(file, buffer, 0, buffer.length, at);
    } finally {
      closeSync(file);
    }
  } catch {
    // Rotated away between two looks.
    return 0;
  }
}

function statOf(path: string): { size: number; ino: number } | undefined {
  return statSync(path, { throwIfNoEntry: false });
}
