import { appendFileSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { writeWhole } from "../state/files.ts";
import type { LogPlace } from "./ledger.ts";

/**
 * When a service wrote what. Its output goes straight into the file, so lines have no times of their own: whenever the agent
 * sees that the file grew, it notes when, and how far. A line's time is known to within a second while an agent watches.
 */
export interface Mark {
  atMs: number;
  /** All bytes before this offset were there by then. */
  end: number;
}

/** A larger index is thinned out, bytes. */
const LIMIT_BYTES = 256 * 1024;

export function noteTime(place: LogPlace, mark: Mark): void {
  mkdirSync(place.dir, { recursive: true, mode: 0o700 });
  appendFileSync(pathOf(place), `${Math.round(mark.atMs)} ${mark.end}\n`, { mode: 0o600 });
}

/** The marks of a log, oldest first. */
export function readTimes(place: LogPlace): Mark[] {
  let text: string;
  try {
    text = readFileSync(pathOf(place), "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    const [, atMs, end] = /^(\d+) (\d+)$/.exec(line) ?? [];
    return atMs === undefined || end === undefined ? [] : [{ atMs: Number(atMs), end: Number(end) }];
  });
}

/** Forgets marks of what is kept no more; of a large index, every other one as well. */
export function pruneTimes(place: LogPlace, from: number): void {
  const size = statSync(pathOf(place), { throwIfNoEntry: false })?.size ?? 0;
  if (size < LIMIT_BYTES) return;
  const kept = readTimes(place).filter((mark, i) => mark.end > from && i % 2 === 0);
  writeWhole(pathOf(place), kept.map(({ atMs, end }) => `${atMs} ${end}\n`).join(""));
}

/** When the byte before `offset` was written: at this time or up to a second before; null where nobody watched. */
export function timeOf(marks: readonly Mark[], offset: number): number | null {
  let [low, high] = [0, marks.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((marks[middle]?.end ?? 0) >= offset) high = middle;
    else low = middle + 1;
  }
  return marks[low]?.atMs ?? null;
}

/** The first offset that may have been written at `sinceMs` or later. */
export function offsetSince(marks: readonly Mark[], sinceMs: number): number {
  return marks.findLast(({ atMs }) => atMs < sinceMs)?.end ?? 0;
}

const pathOf = (place: LogPlace) => join(place.dir, "times");
