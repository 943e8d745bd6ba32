import { appendFileSync, mkdtempSync, readdirSync, rmSync, truncateSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { JournalReader } from "../src/journal/journal-reader.ts";
import { openGround } from "./journal-ground.ts";
import { tellEvent } from "../src/cli/core/told-event.ts";
import { localTime, parseWhen, shortTime } from "../src/cli/when.ts";

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "afloat-events-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = () => openGround(dir);
const event = { kind: "restart", service: "web", planned: false, why: "größer 🚀 ".repeat(20) } as const;
const numbers = (reader: JournalReader) => [...reader.next()].map(({ seq }) => seq);
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("whoever reads the journal beside its writer", () => {
  it("sees each event once and in order, across segments and what is forgotten behind them", () => {
    const journal = open();
    const reader = new JournalReader(dir);
    expect(numbers(reader)).toEqual([]);
    const seen: number[] = [];
    for (let i = 0; i < 6_000; i++) {
      journal.append(event);
      if (i % 700 === 0) seen.push(...numbers(reader));
      if (i % 1_000 === 0) journal.forget(journal.lastSeq);
    }
    seen.push(...numbers(reader));
    expect(seen).toEqual(count(1, 6_000));
    expect(readdirSync(dir).length).toBeGreaterThan(3);
    expect(numbers(reader)).toEqual([]);
  });

  it("waits for the end of a line, passes over what is torn, and changes nothing in the files", () => {
    const journal = open();
    for (let i = 0; i < 3; i++) journal.append(event);
    const [name = ""] = readdirSync(dir).filter((each) => each.endsWith(".jsonl"));
    const path = join(dir, name);
    const whole = readFileSync(path);
    truncateSync(path, whole.length - 10);
    const reader = new JournalReader(dir);
    expect(numbers(reader)).toEqual([1, 2]);
    appendFileSync(path, whole.subarray(whole.length - 10));
    expect(numbers(reader)).toEqual([3]);
    appendFileSync(path, 'no event\\n{"seq":9,"kind":"of a later version","atMs":1}\\n'.replaceAll("\\n", "\n"));
    const before = readFileSync(path);
    journal.append(event);
    expect(numbers(reader)).toEqual([4]);
    expect(readFileSync(path).subarray(0, before.length)).toEqual(before);
  });

  it("begins anew with a journal that does", () => {
    const journal = open();
    for (let i = 0; i < 3; i++) journal.append(event);
    const reader = new JournalReader(dir);
    expect(numbers(reader)).toEqual([1, 2, 3]);
    journal.renew();
    journal.append(event);
    expect(numbers(reader)).toEqual([1, 2, 3, 4]);
  });

  it("finds nothing where no agent ever was", () => {
    expect(numbers(new JournalReader(join(dir, "nowhere")))).toEqual([]);
  });
});

describe("a moment that a person writes", () => {
  const nowMs = new Date(2026, 10, 24, 12, 0, 0).getTime();
  it.each([
    ["10m", nowMs - 600_000],
    ["03:12", new Date(2026, 10, 24, 3, 12).getTime()],
    ["12:00", nowMs],
    ["12:00:01", new Date(2026, 10, 23, 12, 0, 1).getTime()],
    ["23:59", new Date(2026, 10, 23, 23, 59).getTime()],
    ["2026-11-01T10:00", new Date(2026, 10, 1, 10, 0).getTime()],
    ["24:00", null],
    ["3:60", null],
    ["soon", null],
    ["", null],
  ])("%s", (text, ms) => expect(parseWhen(text, nowMs)).toBe(ms));

  it("is shown with its day only where that is not today", () => {
    expect(shortTime(new Date(2026, 10, 24, 3, 12, 4).getTime(), nowMs)).toBe("03:12:04");
    expect(shortTime(new Date(2026, 10, 23, 3, 12, 4).getTime(), nowMs)).toBe("2026-11-23 03:12:04");
    expect(localTime(nowMs)).toBe("2026-11-24 12:00:00");
  });
});

describe("a command from afar, as the host's own story tells it", () => {
  const told = (more: { verb?: "stop"; service?: string; by?: string }) =>
    tellEvent(
      { kind: "command", seq: 1, atMs: 0, command: "c1", step: "failed", detail: "it would not stop", ...more },
      { services: new Map(), agentEnded: false },
    );

  it("is of its service, and says who asked what, and what became of it", () => {
    expect(told({ verb: "stop", service: "web", by: "Anna" })).toMatchObject({
      ...{ service: "web", kind: "asked" },
      text: "stop asked from the dashboard by Anna: failed: it would not stop",
    });
  });

  it("of an agent that did not write that down says what it knows", () => {
    expect(told({})).toMatchObject({ service: null, text: "asked from the dashboard: failed: it would not stop" });
  });
});
