import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { namedServices } from "../src/cli/named-services.ts";
import { isCollapsed } from "../src/logs/collapsed.ts";
import { freshLedger } from "../src/logs/ledger.ts";
import { LineCutter } from "../src/logs/lines.ts";
import { offsetSince, timeOf } from "../src/logs/times.ts";

const dir = mkdtempSync(join(tmpdir(), "afloat-logs-"));
afterAll(() => rmSync(dir, { recursive: true }));

it("lines are the same whatever the pieces in which their bytes come, and their offsets add up", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 8 })), fc.array(fc.nat(12)), (lines, cuts) => {
      const clean = lines.map((line) => line.replaceAll(/[\n\r\0]/g, "·"));
      const bytes = Buffer.from(clean.map((line) => `${line}\n`).join(""));
      const cutter = new LineCutter();
      const got = [];
      let at = 0;
      for (const length of [...cuts, bytes.length]) {
        const chunk = bytes.subarray(at, at + length);
        at += chunk.length;
        got.push(...cutter.take(chunk, at));
      }
      expect(got.map(({ text }) => text)).toEqual(clean);
      expect(got.at(-1)?.end ?? 0).toBe(bytes.length);
      expect(cutter.rest(at)).toBeNull();
    }),
    { numRuns: 500 },
  );
});

it("output without an end of line is told in parts, and holds no more memory than one", () => {
  const cutter = new LineCutter();
  let told = 0;
  for (let i = 1; i <= 64; i++) told += cutter.take(Buffer.alloc(16 * 1024, "x"), i * 16 * 1024).length;
  expect(told).toBeGreaterThanOrEqual(15);
  expect((cutter.rest(0)?.text.length ?? 0) <= 64 * 1024).toBe(true);
});

it("an agent died over a collapse: whether it happened is seen from the file", () => {
  const live = join(dir, "live");
  const ledger = { ...freshLedger(1, 0), behind: 8192, collapsing: 8192 };
  writeFileSync(live, Buffer.concat([Buffer.alloc(8192), Buffer.from("next line\n")]));
  expect(isCollapsed(live, ledger)).toBe(false);
  writeFileSync(live, "next line\n");
  expect(isCollapsed(live, ledger)).toBe(true);
  // As long as before already, with what was written since.
  writeFileSync(live, "x".repeat(9000));
  expect(isCollapsed(live, ledger)).toBe(true);
});

it("a line's time is that of the first look that saw it; before, between and after all looks", () => {
  const marks = [
    { atMs: 1000, end: 10 },
    { atMs: 2000, end: 30 },
  ];
  expect([1, 10, 11, 30, 31].map((offset) => timeOf(marks, offset))).toEqual([1000, 1000, 2000, 2000, null]);
  expect([500, 1000, 1001, 2000, 3000].map((sinceMs) => offsetSince(marks, sinceMs))).toEqual([0, 0, 10, 10, 30]);
});

it("patterns choose services in the order of the file, each once, and stand for themselves in every other letter", () => {
  const known = ["web.1", "web-2", "webx1", "api"];
  expect(namedServices(["api", "web*"], known)).toEqual({ names: ["web.1", "web-2", "webx1", "api"] });
  expect(namedServices(["web.?", "web.1"], known)).toEqual({ names: ["web.1"] });
  expect(namedServices(["all"], known)).toEqual({ names: known });
  expect(namedServices(["all"], ["all", "api"])).toEqual({ names: ["all"] });
  expect(namedServices(["[a-z]*"], known)).toHaveProperty("fault");
});
