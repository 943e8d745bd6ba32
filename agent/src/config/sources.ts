import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { SourceFile } from "@afloat/shared/spec";

/** A file and its text. Looked at before it is read: what is written in between is then found to be what was read. */
export function readSource(path: string): { text: string; source: SourceFile } {
  const { mtimeMs, size } = statSync(path);
  const text = readFileSync(path, "utf8");
  return { text, source: sourceFile(resolve(path), { mtimeMs, size }, text) };
}

/** What is remembered of a file, by what was seen of it before its text was read. */
export function sourceFile(path: string, seen: { mtimeMs: number; size: number }, text: string): SourceFile {
  return { path, modifiedMs: seen.mtimeMs, bytes: seen.size, hash: hashOf(text) };
}

/** Tells a text from every other. */
export const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
