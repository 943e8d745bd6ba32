import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readSecrets } from "../src/process/secrets.ts";

const dir = mkdtempSync(join(tmpdir(), "afloat-secrets-"));
afterAll(() => rmSync(dir, { recursive: true }));
const path = join(dir, "secret");

const read = () => {
  const result = readSecrets({ secretFiles: { KEY: path } });
  return "fault" in result ? result.fault : result.env["KEY"];
};
const of = (content: string | Buffer) => {
  writeFileSync(path, content);
  return read();
};

it.each([
  ["swordfish\n", "swordfish"],
  ["swordfish\r\n", "swordfish"],
  ["swordfish", "swordfish"],
  ["two\nlines\n\n", "two\nlines\n"],
  [" blanks \n", " blanks "],
  ["", ""],
  ["\n", ""],
  ["ümläut 🚀\n", "ümläut 🚀"],
])("the value of %j is what is in the file, without one line end at its end", (content, value) => {
  expect(of(content)).toBe(value);
});

it("it is 64 KiB at most, and has no NUL byte", () => {
  expect(of("x".repeat(65_536))).toHaveLength(65_536);
  expect(of("x".repeat(65_537))).toBe(`KEY cannot be read from ${path}: it is larger than 65536 bytes`);
  expect(of("a\0b")).toContain("NUL byte");
});

it("a folder, a pipe that nobody writes to, and what is not there are told and never waited for", () => {
  rmSync(path);
  expect(read()).toContain("ENOENT");
  mkdirSync(path);
  expect(read()).toContain("it is not a file");
  rmSync(path, { recursive: true });
  execFileSync("mkfifo", [path]);
  expect(read()).toContain("it is not a file");
});

it("a service without secrets reads nothing", () => {
  expect(readSecrets({ secretFiles: {} })).toEqual({ env: {} });
});
