import { readFileSync, statSync } from "node:fs";
import type { SourceFile } from "@afloat/shared/spec";

/** The paths of those that are not as they were when they were read: cheap where nobody has touched them. */
export async function changedSources(sources: readonly SourceFile[]): Promise<string[]> {
  const touched = sources.filter(isTouched);
  if (touched.length === 0) return [];
  // What makes hashes takes longer to load than the whole of `afloat status` takes without it.
  const { hashOf } = await import("./sources.ts");
  return touched.filter(({ path, hash }) => hashAt(path, hashOf) !== hash).map(({ path }) => path);
}

function isTouched({ path, modifiedMs, bytes }: SourceFile): boolean {
  const seen = statSync(path, { throwIfNoEntry: false });
  return seen === undefined || seen.mtimeMs !== modifiedMs || seen.size !== bytes;
}

/** The hash of a file's text; null where it may not be read any more. */
function hashAt(path: string, hashOf: (text: string) => string): string | null {
  try {
    return hashOf(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}
