import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournal } from "../src/journal/journal.ts";

let dir: string;
let said: string[];
const open = () =>
  openJournal(
    dir,
    () => 1_000,
    (text) => said.push(text),
  );
const event = { kind: "restart", service: "web", planned: false, why: "x".repeat(290) } as const;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "afloat-journal-"));
  said = [];
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const segments = () => readdirSync(dir).filter((name) => name.endsWith(".jsonl"));
function fill(journal: ReturnType<typeof open>, count: number): void {
  for (let i = 0; i < count; i++) journal.append(event);
}

describe("the journal", () => {
  it("numbers events from 1 without holes, also across restarts of the agent", () => {
    const first = open();
    expect([first.firstSeq, first.lastSeq]).toEqual([0, 0]);
    fill(first, 3);
    const second = open();
    expect(second.journalId).toBe(first.journalId);
    expect(second.append(event).seq).toBe(4);
    expect(second.since(0, 100).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    expect(second.since(2, 1).map(({ seq }) => seq)).toEqual([3]);
  });

  it("drops a torn last line, says so, and goes on behind it", () => {
    const journal = open();
    fill(journal, 2);
    appendFileSync(join(dir, segments()[0] ?? ""), '{"kind":"restart","seq":3,"at');
    const again = open();
    expect(said.join()).toContain("no whole event");
    expect(again.append(event).seq).toBe(3);
    expect(
      open()
        .since(0, 10)
        .map(({ seq }) => seq),
    ).toEqual([1, 2, 3]);
  });

  it("gives a torn line back no life when it would be whole with the next", () => {
    const path = join(dir, "000000000001.jsonl");
    fill(open(), 1);
    appendFileSync(path, '{"kind":"agent-stopped","seq":2,"atMs":1,"planned":true}');
    // Whole but for its newline: it counts, and the next event stands on a line of its own.
    const journal = open();
    journal.append(event);
    expect(
      open()
        .since(0, 10)
        .map(({ seq, kind }) => [seq, kind]),
    ).toEqual([
      [1, "restart"],
      [2, "agent-stopped"],
      [3, "restart"],
    ]);
  });

  it("forgets what is recorded by whole segments, and never counts back", () => {
    const journal = open();
    fill(journal, 4_000);
    expect(segments().length).toBeGreaterThan(2);
    journal.forget(journal.lastSeq);
    expect(segments().length).toBe(1);
    const again = open();
    expect(again.lastSeq).toBe(4_000);
    expect(again.firstSeq).toBeGreaterThan(1);
    expect(again.since(again.firstSeq - 1, 1)[0]?.seq).toBe(again.firstSeq);
  });

  it("that lost events in its middle is set aside, said, and begun anew under another id", () => {
    const journal = open();
    fill(journal, 3);
    const path = join(dir, segments()[0] ?? "");
    writeFileSync(path, readFileSync(path, "utf8").replace('"seq":2', '"seq":9'));
    const again = open();
    expect(said.join()).toContain("set aside");
    expect(again.journalId).not.toBe(journal.journalId);
    expect(again.append(event).seq).toBe(1);
    rmSync(/set aside as (\S+),/.exec(said.join())?.[1] ?? "", { recursive: true });
  });

  it("keeps its count even where the newest segment is empty", () => {
    writeFileSync(join(dir, "000000000042.jsonl"), "");
    expect(open().append(event).seq).toBe(42);
  });

  it("with the cloud away for long, keeps the newest, and says where they begin", () => {
    const journal = open();
    fill(journal, 20_000);
    expect(segments().length).toBeLessThanOrEqual(8);
    expect(journal.firstSeq).toBeGreaterThan(1);
    const [oldest] = journal.since(0, 200);
    expect(oldest?.seq).toBe(journal.firstSeq);
  });

  it("reads everything again from disk, batch by batch, without a hole", () => {
    const journal = open();
    fill(journal, 3_000);
    const seen: number[] = [];
    for (let batch = journal.since(0, 200); batch.length > 0; batch = journal.since(seen.at(-1) ?? 0, 200)) {
      seen.push(...batch.map(({ seq }) => seq));
    }
    expect(seen).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 1));
  });
});
