import { appendFileSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { journalEvent, type JournalEvent } from "@afloat/shared/wire";
import * as v from "valibot";

/** One file of the journal: events from `firstSeq` on, one JSON object a line. Its name says where it begins. */
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
      return firstSeq === undefined ? [] : [{ path: join(dir, name), firstSeq: Number(firstSeq), bytes: 0 }];
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
export function appendTo(segment: Segment, event: JournalEvent): void {
  const line = `${JSON.stringify(event)}\n`;
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
 * The events of a segment. What is torn or altered is skipped, said, and taken out of the file, so that it cannot run into
 * the next event.
 */
export function readSegment(segment: Segment, say: (text: string) => void): JournalEvent[] {
  const text = readFileSync(segment.path, "utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  const events = lines.flatMap((line, i) => {
    const event = parseEvent(line);
    if (event === null) say(`${segment.path}:${i + 1} is no whole event (${line.length} characters); it was skipped`);
    return event ?? [];
  });
  segment.bytes = Buffer.byteLength(text);
  if (events.length < lines.length || (text !== "" && !text.endsWith("\n"))) mend(segment, events, say);
  return events;
}

/** Written beside it and put in its place: a death meanwhile loses nothing. */
function mend(segment: Segment, events: readonly JournalEvent[], say: (text: string) => void): void {
  const text = events.map((event) => `${JSON.stringify(event)}\n`).join("");
  const beside = `${segment.path}.new`;
  try {
    writeFileSync(beside, text, { mode: 0o600 });
    renameSync(beside, segment.path);
    segment.bytes = Buffer.byteLength(text);
  } catch (error) {
    say(`${segment.path} could not be mended: ${String(error)}; the next event begins another file`);
    segment.bytes = Number.MAX_SAFE_INTEGER;
  }
}

export function removeSegment({ path }: Segment): void {
  rmSync(path, { force: true });
}

/** An event as it is written, or null where the line is torn or of another version. */
export function parseEvent(line: string): JournalEvent | null {
  try {
    const parsed = v.safeParse(journalEvent, JSON.parse(line));
    return parsed.success ? parsed.output : null;
  } catch {
    // Torn: the caller says so.
    return null;
  }
}
