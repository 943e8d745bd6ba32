import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { lastLines, lastLinesFolded } from "../src/supervisor/last-lines.ts";

const dir = mkdtempSync(join(tmpdir(), "afloat-last-lines-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it("a folder in the place of a log has no lines", () => {
  expect(lastLines(dir, 10)).toEqual([]);
  expect(lastLinesFolded(dir, 10)).toEqual([]);
});

it("neither has a log that is not there", () => {
  expect(lastLines(join(dir, "none.log"), 10)).toEqual([]);
});
