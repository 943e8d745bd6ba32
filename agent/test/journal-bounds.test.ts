import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JournalEvent, Omitted } from "@afloat/shared/wire";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IMPORTANCE, importanceOf, thin } from "../src/journal/core/importance.ts";
import { countOf, firstOf } from "../src/journal/core/omit.ts";
import { LIMIT_BYTES } from "../src/journal/shelf.ts";
import type { NewEvent } from "../src/host.ts";
import { crash, openGround, readAll, snapshot } from "./journal-ground.ts";

let dir: string;
let said: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "afloat-journal-"));
  said = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = () => openGround(dir, (text) => said.push(text));
const bytesOnDisk = () => readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0);

const up = (name: string): NewEvent => ({ kind: "flip", snapshot: snapshot({ name }) });
const down = (name: string): NewEvent => ({
  kind: "flip",
  snapshot: snapshot({ name, verdict: "down", reasonCode: "exited", state: "completed" }),
});

/** Every number exactly once, whoever stands for it. */
function expectWhole(events: readonly JournalEvent[], lastSeq: number): void {
  let next = 1;
  for (const event of events) {
    expect(firstOf(event)).toBe(next);
    if (event.kind === "omitted") expect(countOf(event)).toBe(event.seq - event.from + 1);
    next = event.seq + 1;
  }
  expect(next - 1).toBe(lastSeq);
}

describe("a journal that the cloud does not fetch", () => {
  it("counts a crash storm together before anything else goes: nothing is lost of 10,000 crashes, and it stays small", () => {
    const journal = open();
    journal.append(up("web"));
    for (let i = 1; i <= 10_000; i++) for (const event of crash("ingest", i, 1_000 + i)) journal.append(event);
    expect(bytesOnDisk()).toBeLessThan(LIMIT_BYTES * 1.2);
    expect(journal.status.lost).toBe(0);
    const events = readAll(journal);
    expectWhole(events, 40_001);
    expect(events[0]).toMatchObject({ kind: "flip", snapshot: { name: "web" } });
    const omitted = events.filter((event): event is Omitted & { seq: number } => event.kind === "omitted");
    expect(new Set(omitted.map(({ why }) => why))).toEqual(new Set(["storm"]));
    const exits = events.filter(({ kind }) => kind === "exited").length;
    const counted = omitted.flatMap(({ services }) => services.map((each) => each.exits));
    expect(counted.reduce((sum, count) => sum + count, exits)).toBe(10_000);
  });

  it("that is full drops the oldest of what is least missed, and keeps loops and downs to the last; it says how many", () => {
    const journal = open();
    journal.append(up("web"));
    journal.append(down("web"));
    journal.append({ ...loopOf("loop-opened"), exit: null, lastLines: ["boom"] });
    journal.append({ ...loopOf("loop-closed") });
    journal.append(up("web"));
    // More than fits: what was asked, and changes that do no harm.
    for (let i = 0; i < 14_000; i++) {
      journal.append({ kind: "command", command: `c${i}`, step: "done", detail: "x".repeat(300) });
    }
    expect(bytesOnDisk()).toBeLessThan(LIMIT_BYTES * 1.2);
    const events = readAll(journal);
    expectWhole(events, 14_005);
    const kinds = events.slice(0, 6).map(({ kind }) => kind);
    expect(kinds).toEqual(["flip", "flip", "loop-opened", "loop-closed", "flip", "omitted"]);
    const dropped = events.filter((event) => event.kind === "omitted" && event.why === "dropped");
    const count = dropped.reduce((sum, event) => sum + countOf(event), 0);
    expect(count).toBeGreaterThan(2_000);
    expect(journal.status.lost).toBe(count);
    expect(said.join()).toContain("events were dropped before the cloud had them");
    expect(events.at(-1)).toMatchObject({ kind: "command", command: "c13999" });
    // The next agent goes on with the same.
    expectWhole(readAll(open()), 14_005);
  });

  it("full of nothing but loops and downs, drops these, oldest first", () => {
    const journal = open();
    for (let i = 0; i < 12_000; i++) journal.append(i % 2 === 0 ? down("web") : up("web"));
    expect(bytesOnDisk()).toBeLessThan(LIMIT_BYTES * 1.2);
    const events = readAll(journal);
    expectWhole(events, 12_000);
    expect(events.filter(({ kind }) => kind === "omitted").map(({ seq }) => seq)).toEqual([events[0]?.seq]);
    expect(events.at(-1)).toMatchObject({ snapshot: { verdict: "healthy" } });
  });

  it("remembers over its own end how far D1 has it, and drops that first", () => {
    const journal = open();
    for (let i = 0; i < 3_000; i++) journal.append(down("web"));
    journal.forget(2_900);
    journal.close();
    const again = open();
    expect(again.recordedSeq).toBe(2_900);
    for (let i = 0; i < 9_500; i++) again.append(i % 2 === 0 ? down("web") : up("web"));
    expect(again.status.lost).toBe(0);
    expect(again.firstSeq).toBeGreaterThan(1);
  });
});

function loopOf<K extends "loop-opened" | "loop-closed">(kind: K) {
  const [, , flip] = crash("web", 4, 1_000);
  if (flip?.kind !== "flip" || flip.snapshot.loop === null) throw new Error("no loop");
  return { kind, service: "web", loop: flip.snapshot.loop };
}

describe("what is counted together", () => {
  it("of any story: every number is stood for once, counts are exact, and what is more important is untouched", () => {
    const one = fc.oneof(
      fc.constantFrom("a", "b").map((name) => crash(name, 3, 5_000)),
      fc.constantFrom("a", "b").map((name) => [up(name)]),
      fc.constantFrom("a", "b").map((name) => [down(name)]),
      fc.constant<NewEvent[]>([{ kind: "command", command: "c", step: "done", detail: "" }]),
      fc.constant<NewEvent[]>([{ kind: "removed", service: "a" }]),
    );
    fc.assert(
      fc.property(fc.array(one, { maxLength: 30 }), fc.constantFrom(...IMPORTANCE), (story, most) => {
        const events = story.flat().map((event, i) => ({ atMs: 1_000 + i, ...event, seq: i + 1 }));
        const importance = importanceOf(events);
        const thinned = thin(events, most, "dropped");
        expectWhole(thinned, events.length);
        const limit = IMPORTANCE.indexOf(most);
        for (const [i, event] of events.entries())
          if (IMPORTANCE.indexOf(importance[i] ?? "trouble") > limit) expect(thinned).toContainEqual(event);
        // Twice is once.
        expect(thin(thinned, most, "dropped").map(({ seq }) => seq)).toEqual(thinned.map(({ seq }) => seq));
      }),
    );
  });

  it("a flip that begins or ends an outage is trouble; one within a loop is a storm's; starting changes nothing", () => {
    const flips = [up("web"), down("web"), starting(), up("web"), up("web"), ...crash("x", 1, 1).slice(2)];
    const events = [...flips, ...crash("x", 2, 2).slice(2), up("x")].map((event, i) => ({
      ...event,
      seq: i + 1,
      atMs: 1,
    }));
    expect(importanceOf(events as JournalEvent[])).toEqual([
      ...["change", "trouble", "detail", "trouble", "change"],
      ...["trouble", "storm", "storm", "detail", "trouble"],
    ]);
  });
});

it("one loop after the other is two: the state between them is told", () => {
  const [, , first, again] = crash("x", 1, 1);
  const [, , other] = crash("x", 2, 2);
  if (other?.kind !== "flip" || other.snapshot.loop === null || first === undefined || again === undefined)
    throw new Error("no loop");
  const later = { ...other, snapshot: { ...other.snapshot, loop: { ...other.snapshot.loop, openedMs: 9_000 } } };
  const events = [first, again, later, later, later].map((event, i) => ({ ...event, atMs: 1, seq: i + 1 }));
  expect(importanceOf(events)).toEqual(["trouble", "detail", "detail", "storm", "change"]);
});

const starting = (): NewEvent => ({
  kind: "flip",
  snapshot: snapshot({ verdict: "starting", reasonCode: "start-period" }),
});

/** A disk of 256 KB where this machine lets us mount one; else a limit on the size of files. */
const canMount = (() => {
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe("a disk that takes no more", () => {
  it.runIf(canMount)(
    "is full for a while: nobody is stopped by it, what waits in memory is bounded, what is dropped is counted",
    () => {
      const disk = join(dir, "disk");
      mkdirSync(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", disk]);
      try {
        const journal = openGround(disk, (text) => said.push(text));
        for (let i = 0; i < 3_000; i++)
          journal.append({ kind: "command", command: `c${i}`, step: "done", detail: "y" });
        const { fault, inMemory, lost } = journal.status;
        expect(fault?.text).toContain("ENOSPC");
        expect(inMemory).toBeLessThanOrEqual(260);
        expect(lost).toBeGreaterThan(500);
        expectWhole(readAll(journal), 3_000);
        execFileSync("mount", ["-o", "remount,size=8m", disk]);
        journal.append(up("web"));
        expect(journal.status).toMatchObject({ fault: null, inMemory: 0, lost });
        expectWhole(readAll(openGround(disk)), 3_001);
      } finally {
        execFileSync("umount", ["--lazy", disk]);
      }
    },
  );

  it.runIf(canMount)(
    "can only be read: the journal says so, goes on in memory, and has all of it when it can write again",
    () => {
      const disk = join(dir, "disk");
      mkdirSync(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", disk]);
      try {
        openGround(disk).append(up("web"));
        execFileSync("mount", ["-o", "remount,ro", disk]);
        const journal = openGround(disk, (text) => said.push(text));
        for (const event of crash("web", 1, 2_000)) journal.append(event);
        expect(journal.status).toMatchObject({ inMemory: 4, lost: 0 });
        expect(said.join()).toContain("EROFS");
        expectWhole(readAll(journal), 5);
        execFileSync("mount", ["-o", "remount,rw", disk]);
        journal.append(up("web"));
        expectWhole(readAll(openGround(disk)), 6);
      } finally {
        execFileSync("umount", ["--lazy", disk]);
      }
    },
  );

  it("takes only a part of a line: that part is taken out, and the line comes whole later", async () => {
    // bash counts in blocks of 1024 bytes; SIGXFSZ is ignored by Node, so that writing fails with EFBIG.
    const writer = spawn("bash", ["-c", `ulimit -f 1; exec "$0" "$@"`, process.execPath, ...SCRIPT, dir]);
    let out = "";
    writer.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
    await new Promise((resolve) => writer.once("close", resolve));
    const told = JSON.parse(out) as { lastSeq: number; inMemory: number; fault: string };
    expect(told.fault).toContain("EFBIG");
    expect(told.inMemory).toBeGreaterThan(0);
    const journal = open();
    expect(journal.lastSeq).toBe(told.lastSeq - told.inMemory);
    expectWhole(readAll(journal), journal.lastSeq);
    expect(said).toEqual([]);
  });
});

const SCRIPT = [
  "--input-type=module",
  "--eval",
  `
import { openGround } from ${JSON.stringify(new URL("./journal-ground.ts", import.meta.url).href)};
const journal = openGround(process.argv[1]);
for (let i = 0; i < 40; i++) journal.append({ kind: "agent-stopped", planned: true });
console.log(JSON.stringify({ ...journal.status, fault: journal.status.fault?.text, lastSeq: journal.lastSeq }));
process.exit(0);
`,
];
