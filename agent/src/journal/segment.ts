import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Kept, lineOf, parseLine } from "./core/line.ts";
import { firstOf, omitUnknown } from "./core/omit.ts";

/** One file of the journal: events from `firstSeq` on, each a line (core/line.ts). Its name says where it begins. */
export interface Segment {
  path: string;
  firstSeq: number;
  bytes: number;
}

/** The segments in a folder, oldest first. */
export function listSegments(dir: string): Segment[] {
  return readdirSync(dir)
    .flatMap((name) => {
      const firstSeq = /^(\d{12})\.jsonl$/.exec(name)?.[1];
      if (firstSeq === undefined) return [];
      const path = join(dir, name);
      const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
      return [{ path, firstSeq: Number(firstSeq), bytes }];
    })
    .sort((a, b) => a.firstSeq - b.firstSeq);
}

/** A new, empty segment. The file is there at once, so that its name keeps the count even if nothing is ever written to it. */
export function newSegment(dir: string, firstSeq: number): Segment {
  const path = join(dir, `${String(firstSeq).padStart(12, "0")}.jsonl`);
  writeFileSync(path, "", { mode: 0o600 });
  return { path, firstSeq, bytes: 0 };
}

/** One write an event: it survives kill -9 of the agent at any byte. Throws where the disk does not take it, whole or not at all. */
export function appendTo(segment: Segment, event: Kept): void {
  const line = `${lineOf(event)}\n`;
  try {
    appendFileSync(segment.path, line, { mode: 0o600 });
  } catch (error) {
    cutBack(segment);
    throw error;
  }
  segment.bytes += Buffer.byteLength(line);
}

/** A full disk takes a part of a line: what follows must not stand on the same one. */
function cutBack(segment: Segment): void {
  try {
    truncateSync(segment.path, segment.bytes);
  } catch {
    // Not even that: the next event begins another file.
    segment.bytes = Number.MAX_SAFE_INTEGER;
  }
}

/**
 * The events of a segment, without a hole: what is altered is counted as damaged, and said. A last line without its end was
 * never told to anybody, and is taken out: its number is free. `nextSeq`: where the segment behind it begins, if there is one.
 */
export function readSegment(segment: Segment, nextSeq: number | null, say: (text: string) => void): Kept[] {
  const text = textOf(segment, say);
  const { events, damaged, isTorn } = eventsOf(text, segment.firstSeq, nextSeq);
  segment.bytes = Buffer.byteLength(text);
  if (isTorn) say(`${segment.path} ends with no whole event; it was taken out`);
  if (damaged > 0) say(`${segment.path} is damaged: ${damaged} events at most can be read no more`);
  if (isTorn || damaged > 0 || (text !== "" && !text.endsWith("\n"))) tryRewrite(segment, events, say);
  return events;
}

/** Puts these events in the place of what it has; a death meanwhile loses nothing. Throws where the disk does not take it. */
export function rewriteSegment(segment: Segment, events: readonly Kept[]): void {
  const text = events.map((event) => `${lineOf(event)}\n`).join("");
  const beside = `${segment.path}.new`;
  writeFileSync(beside, text, { mode: 0o600 });
  renameSync(beside, segment.path);
  segment.bytes = Buffer.byteLength(text);
}

/** Puts all of the second at the end of the first. A death in between leaves some events in both, where they count once. */
export function joinSegments(first: Segment, second: Segment): void {
  const beside = `${first.path}.new`;
  writeFileSync(beside, readFileSync(first.path, "utf8") + readFileSync(second.path, "utf8"), { mode: 0o600 });
  renameSync(beside, first.path);
  first.bytes += second.bytes;
  removeSegment(second);
}

export function removeSegment({ path }: Segment): void {
  rmSync(path, { force: true });
}

function textOf({ path }: Segment, say: (text: string) => void): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    say(`${path} cannot be read: ${String(error)}; its events count as damaged`);
    return "";
  }
}

function eventsOf(text: string, firstSeq: number, nextSeq: number | null) {
  const lines = text.split("\n");
  // What follows the last end of a line: nothing, or a line that was cut off.
  const tail = lines.pop() ?? "";
  const events: Kept[] = [];
  let next = firstSeq;
  let damaged = 0;
  let unread = 0;
  const fill = (upTo: number, atMs: number) => {
    if (upTo < next) return;
    events.push(omitUnknown(next, upTo, atMs));
    damaged += upTo - next + 1;
    next = upTo + 1;
  };
  for (const line of tail === "" ? lines : [...lines, tail]) {
    const event = parseLine(line);
    if (event === null) {
      if (line !== tail) unread++;
      continue;
    }
    unread = 0;
    // It stands in two segments that were being joined.
    if (event.seq < next) continue;
    fill(firstOf(event) - 1, event.atMs);
    events.push(event);
    next = event.seq + 1;
  }
  const lastMs = events.at(-1)?.atMs ?? 0;
  // Whole lines at the end that say nothing: their numbers may be known elsewhere, and are not given again.
  fill(nextSeq === null ? next + unread - 1 : nextSeq - 1, lastMs);
  return { events, damaged, isTorn: tail !== "" && parseLine(tail) === null };
}

function tryRewrite(segment: Segment, events: readonly Kept[], say: (text: string) => void): void {
  try {
    rewriteSegment(segment, events);
  } catch (error) {
    say(`${segment.path} could not be mended: ${String(error)}; the next event begins another file`);
    segment.bytes = Number.MAX_SAFE_INTEGER;
  }
}
