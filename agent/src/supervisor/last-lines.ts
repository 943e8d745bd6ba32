import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { redactLines } from "../redact.ts";
import { foldRepeats } from "./fold-repeats.ts";

/** How far back the end of a log is read, bytes. */
const TAIL_BYTES = 16 * 1024;
/** What a line is cut to, characters: the wire's bound. */
const LINE_LIMIT = 500;

/** The last lines of a service's output, oldest first; values that look like secrets are redacted before they leave. */
export function lastLines(path: string, count: number): string[] {
  return linesAtEnd(path).slice(-count);
}

/** The same with what is said again and again folded, so that more of what led to it is seen. */
export function lastLinesFolded(path: string, count: number): string[] {
  return foldRepeats(linesAtEnd(path)).slice(-count);
}

function linesAtEnd(path: string): string[] {
  let file: number | null = null;
  try {
    file = openSync(path, "r");
    const size = fstatSync(file).size;
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    const all = buffer.toString("utf8").split("\n");
    // Of a line whose beginning is not read it cannot be told what of it is secret.
    if (size > buffer.length) all[0] = "";
    const lines = all.filter((line) => line !== "");
    return redactLines(lines).map((line) => line.slice(0, LINE_LIMIT).toWellFormed());
  } catch {
    // No output yet, or what is there is no file.
    return [];
  } finally {
    if (file !== null) closeSync(file);
  }
}
