import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { firstOf } from "../src/journal/core/omit.ts";
import { JournalReader } from "../src/journal/journal-reader.ts";
import { crash, openGround, readAll, snapshot } from "./journal-ground.ts";

/** `,"crc":"` without the digits behind it: altered there, the event itself is whole. */
const CHECKSUM_NAME = { from: 18, length: 8 };

let dir: string;
let file: string;
/** A real journal of every size of event, as bytes; where each of its lines ends. */
let whole: Buffer;
let ends: number[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "afloat-journal-"));
  const journal = openGround(dir);
  journal.append({ kind: "agent-started", runId: "run1", version: "0.1.0" });
  journal.append({ kind: "flip", snapshot: snapshot({ reason: "ähem: it runs" }) });
  for (const event of crash("web", 1, 2_000).slice(0, 2)) journal.append(event);
  journal.append({ kind: "removed", service: "web" });
  journal.close();
  file = join(dir, "000000000001.jsonl");
  whole = readFileSync(file);
  ends = [...whole.entries()].flatMap(([at, byte]) => (byte === 0x0a ? [at] : []));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** No number twice, none missing: what is not there is stood for. */
function expectNoHole(events: readonly { seq: number }[], from = 1): void {
  let next = from;
  for (const event of events) {
    expect(firstOf(event as never)).toBe(next);
    next = event.seq + 1;
  }
}

describe("a journal whose writing was cut off", () => {
  it("at any byte: every event whole before it is there, and the count goes on", () => {
    for (let at = 0; at <= whole.length; at++) {
      writeFileSync(file, whole.subarray(0, at));
      const journal = openGround(dir);
      // Whole but for the end of its line is whole.
      const kept = ends.filter((end) => end <= at).length;
      expect(journal.lastSeq, `cut at ${at}`).toBe(kept);
      expect(journal.append({ kind: "removed", service: "next" }).seq).toBe(kept + 1);
      const again = openGround(dir);
      expect(readAll(again).map(({ seq, kind }) => (kind === "omitted" ? -seq : seq))).toEqual(
        Array.from({ length: kept + 1 }, (_, i) => i + 1),
      );
      rmSync(join(dir, "recorded"), { force: true });
    }
  });
});

describe("a journal of which the disk has altered a byte", () => {
  it("whichever it is: what is whole is there, what is not is counted, and no number is given again", () => {
    const events = ends.length;
    for (let at = 0; at < whole.length; at++) {
      const altered = Buffer.from(whole);
      altered[at] = (altered[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(file, altered);
      const journal = openGround(dir);
      const read = readAll(journal);
      expectNoHole(read);
      const line = ends.findIndex((end) => at <= end) + 1;
      const told = read.filter(({ kind }) => kind !== "omitted").map(({ seq }) => seq);
      // An end of a line that is altered makes one of two.
      const lost = ends.includes(at) && line < events ? [line, line + 1] : [line];
      // The last end of all is missed by nobody.
      const isLastEnd = at === whole.length - 1;
      const expected = Array.from({ length: events }, (_, i) => i + 1).filter((seq) => !lost.includes(seq));
      const end = (ends[line - 1] ?? 0) - CHECKSUM_NAME.from;
      const isWhole = at >= end && at < end + CHECKSUM_NAME.length;
      if (!isLastEnd && !(isWhole && told.length > expected.length))
        expect(told, `bit ${at % 8} of byte ${at}`).toEqual(expected);
      expect(journal.append({ kind: "removed", service: "next" }).seq).toBeGreaterThan(expected.at(-1) ?? 0);
      expectNoHole(readAll(openGround(dir)));
    }
  });

  it("in a segment that is not the newest, is whole again up to where the next begins", () => {
    const journal = openGround(dir);
    while (readdirSync(dir).filter((name) => name.endsWith(".jsonl")).length < 3) {
      for (const event of crash("web", journal.lastSeq, 3_000)) journal.append(event);
    }
    const [first = "", second = ""] = readdirSync(dir).filter((name) => name.endsWith(".jsonl"));
    const text = readFileSync(join(dir, first), "utf8").split("\n");
    // One in the middle, and the last three.
    text[9] = "altered";
    writeFileSync(join(dir, first), `${text.slice(0, -4).join("\n")}\n`);
    const said: string[] = [];
    const read = readAll(openGround(dir, (words) => said.push(words)));
    expectNoHole(read);
    const omitted = read.filter((event) => event.kind === "omitted");
    const next = Number(second.slice(0, 12));
    expect(omitted.map(({ from, seq, why }) => [from, seq, why])).toEqual([
      [10, 10, "damaged"],
      [next - 3, next - 1, "damaged"],
    ]);
    expect(said.join()).toContain("4 events at most can be read no more");
  });

  it("is read by `afloat events` as far as it can be, without touching it", () => {
    appendFileSync(file, "altered\n");
    const before = readFileSync(file);
    expect([...new JournalReader(dir).next()].length).toBe(ends.length);
    expect(readFileSync(file)).toEqual(before);
  });
});
