import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { SourceFile } from "@afloat/shared/spec";

/** A file that was read, as it is now. It may be gone already: then it is not as it was. */
export function sourceFile(path: string, text: string): SourceFile {
  const { mtimeMs = 0, size = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return { path, modifiedMs: mtimeMs, bytes: size, hash: hashOf(text) };
}

/** Those that are not as they were when they were read: cheap where nobody has touched them. */
export function changedSources(sources: readonly SourceFile[]): string[] {
  return sources.filter(hasChanged).map(({ path }) => path);
}

function hasChanged({ path, modifiedMs, bytes, hash }: SourceFile): boolean {
  const seen = statSync(path, { throwIfNoEntry: false });
  if (seen === undefined) return true;
  if (seen.mtimeMs === modifiedMs && seen.size === bytes) return false;
  try {
    return hashOf(readFileSync(path, "utf8")) !== hash;
  } catch {
    // It may not be read any more.
    return true;
  }
}

const hashOf = (text: string) => createHash("sha256").update(text).digest("hex");
