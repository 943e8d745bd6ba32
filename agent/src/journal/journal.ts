import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { journalEvent, type JournalEvent } from "@afloat/shared/wire";
import * as v from "valibot";
import type { Journal, NewEvent } from "../host.ts";

/** A segment larger than this is put behind, bytes; one is kept behind. */
const SEGMENT_BYTES = 4 * 1024 * 1024;

/**
 * The record of every change on this host: one JSON object a line, written before anything else is done with it. One write
 * an event survives kill -9 of the agent at any byte; a torn last line is dropped when it is opened again, and said.
 */
export function openJournal(dir: string, now: () => number, say: (text: string) => void): Journal {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, "events.jsonl");
  const behind = join(dir, "events.1.jsonl");
  const journalId = idOf(join(dir, "id"));
  const listeners = new Set<(event: JournalEvent) => void>();
  let held = [...readEvents(behind, say), ...readEvents(path, say)];
  let lastSeq = held.at(-1)?.seq ?? 0;
  const write = (event: JournalEvent) => {
    try {
      appendFileSync(path, `${JSON.stringify(event)}\n`, { mode: 0o600 });
      if (statSync(path).size < SEGMENT_BYTES) return;
      renameSync(path, behind);
      held = readEvents(behind, say);
    } catch (error) {
      say(`the journal could not be written: ${String(error)}; the event is kept in memory`);
    }
  };
  return {
    journalId,
    get firstSeq() {
      return held[0]?.seq ?? 0;
    },
    get lastSeq() {
      return lastSeq;
    },
    append(event: NewEvent) {
      lastSeq++;
      const stamped: JournalEvent = { atMs: Math.round(now()), ...event, seq: lastSeq };
      held.push(stamped);
      write(stamped);
      for (const listener of listeners) listener(stamped);
      return stamped;
    },
    since: (seq, limit) => held.filter((event) => event.seq > seq).slice(0, limit),
    forget(seq) {
      held = held.filter((event) => event.seq > seq);
    },
    onAppend(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => listeners.clear(),
  };
}

function readEvents(path: string, say: (text: string) => void): JournalEvent[] {
  const lines = linesOf(path);
  const events: JournalEvent[] = [];
  lines.forEach((line, i) => {
    const event = parseEvent(line);
    if (event !== null) events.push(event);
    else say(`${path}:${i + 1} is not a whole event (${line.length} characters); it was skipped`);
  });
  // A torn tail must not run into the next event.
  if (lines.length > 0 && lines.length !== events.length) {
    writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(""), { mode: 0o600 });
  }
  return events;
}

function parseEvent(line: string): JournalEvent | null {
  try {
    const parsed = v.safeParse(journalEvent, JSON.parse(line));
    return parsed.success ? parsed.output : null;
  } catch {
    // Torn: the caller says so.
    return null;
  }
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch {
    // No journal yet.
    return [];
  }
}

function idOf(path: string): string {
  const [known] = linesOf(path);
  if (known !== undefined && /^[a-z0-9]{16}$/.test(known)) return known;
  const id = randomBytes(8).toString("hex");
  writeFileSync(path, `${id}\n`, { mode: 0o600 });
  return id;
}
