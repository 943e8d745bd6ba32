import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openGround } from "./journal-ground.ts";

let dir: string;
let said: string[];
const open = () => openGround(dir, (text) => said.push(text));
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

/** Everything that a journal tells, read as the link does. */
function numbersOf(journal: ReturnType<typeof open>): number[] {
  const seen: number[] = [];
  for (let batch = journal.since(0, 200); batch.length > 0; batch = journal.since(seen.at(-1) ?? 0, 200)) {
    seen.push(...batch.map(({ seq }) => seq));
  }
  return seen;
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
    expect(said.join()).toContain("ends with no whole event");
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

  it("forgets what is recorded by whole segments, but for the newest, and never counts back", () => {
    const journal = open();
    fill(journal, 9_000);
    expect(segments().length).toBeGreaterThan(5);
    journal.forget(journal.lastSeq);
    // `afloat events` has 2 MB to tell from, also where the cloud has everything.
    expect(segments().length).toBe(4);
    const again = open();
    expect(again.lastSeq).toBe(9_000);
    expect(again.firstSeq).toBeGreaterThan(1);
    expect(again.since(again.firstSeq - 1, 1)[0]?.seq).toBe(again.firstSeq);
  });

  it("forgets nothing that is not recorded, and does not call lost what is", () => {
    const journal = open();
    fill(journal, 9_000);
    journal.forget(3_000);
    expect(journal.firstSeq).toBeLessThanOrEqual(3_001);
    fill(journal, 1_000);
    expect(said).toEqual([]);
    expect(journal.status.lost).toBe(0);
  });

  it("keeps its count even where the newest segment is empty", () => {
    writeFileSync(join(dir, "000000000042.jsonl"), "");
    expect(open().append(event).seq).toBe(42);
  });

  it("reads everything again from disk, batch by batch, without a hole", () => {
    const journal = open();
    fill(journal, 3_000);
    const seen = numbersOf(journal);
    expect(seen).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 1));
  });

  it("tells what older segments hold, also where the newest is empty", () => {
    fill(open(), 5);
    writeFileSync(join(dir, "000000000006.jsonl"), "");
    const journal = open();
    expect(journal.since(0, 10).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(journal.append(event).seq).toBe(6);
    expect(journal.since(5, 10).map(({ seq }) => seq)).toEqual([6]);
  });

  it("loses nothing to a disk that takes no events for a while", () => {
    const journal = open();
    fill(journal, 2);
    // A file in the folder's place takes nothing, like a full disk; nobody is above that, not even root.
    renameSync(dir, `${dir}-away`);
    writeFileSync(dir, "");
    fill(journal, 3);
    expect(said.join()).toContain("could not be written");
    expect(journal.status).toMatchObject({ inMemory: 3, lost: 0, fault: { sinceMs: 1_000 } });
    rmSync(dir);
    renameSync(`${dir}-away`, dir);
    journal.append(event);
    expect(numbersOf(open())).toEqual([1, 2, 3, 4, 5, 6]);
    expect(journal.status).toMatchObject({ inMemory: 0, fault: null });
    expect(said.at(-1)).toContain("can be written again");
  });

  it("begun anew, has another id, and the events of this run alone, counted from 1", () => {
    fill(open(), 700);
    const journal = open();
    const before = journal.journalId;
    journal.append({ kind: "agent-stopped", planned: true });
    fill(journal, 900);
    journal.renew();
    expect(journal.journalId).not.toBe(before);
    expect([journal.firstSeq, journal.lastSeq]).toEqual([1, 901]);
    const again = open();
    expect([again.journalId, again.lastSeq]).toEqual([journal.journalId, 901]);
    expect(again.since(0, 1)).toMatchObject([{ seq: 1, kind: "agent-stopped" }]);
  });

  it("killed with kill -9 in the middle of writing, has everything that it said was written", async () => {
    const writer = spawn(process.execPath, ["--input-type=module", "--eval", ENDLESS, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let written = "";
    writer.stdout.on("data", (chunk: Buffer) => {
      written += chunk.toString("utf8");
      if (written.length > 20_000) writer.kill("SIGKILL");
    });
    await new Promise((resolve) => writer.once("close", resolve));
    const last = Number(written.slice(0, written.lastIndexOf("\n")).split("\n").at(-1));
    const journal = open();
    expect(journal.lastSeq).toBeGreaterThanOrEqual(last);
    const seen = journal.since(0, Number.POSITIVE_INFINITY).map(({ seq }) => seq);
    expect(seen).toEqual(seen.map((_, i) => i + 1));
  });
});

/** Writes events as fast as it can, and each number once it is written. */
const ENDLESS = `
import { openGround } from ${JSON.stringify(new URL("./journal-ground.ts", import.meta.url).href)};
import { writeSync } from "node:fs";
const journal = openGround(process.argv[1]);
for (;;) writeSync(1, journal.append({ kind: "agent-stopped", planned: true }).seq + "\\n");
`;
