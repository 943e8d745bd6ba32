import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import type { SourceFile } from "@afloat/shared/spec";
import { messageOf } from "../error-words.ts";
import { sourceFile } from "./sources.ts";

/** Larger than any configuration that a person reads, bytes. */
const LIMIT_BYTES = 4 * 1024 * 1024;

/** A plain file and its text, or null where there is none, or what is wrong. A device or a pipe is never waited for. */
export function readText(path: string): { text: string; disk: SourceFile } | null | { fault: string } {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { fault: `${path} is not a file` };
    if (stat.size > LIMIT_BYTES) return { fault: `${path} is larger than ${LIMIT_BYTES} bytes` };
    const text = readFileSync(descriptor, "utf8");
    return { text, disk: sourceFile(path, stat, text) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    return { fault: `${path} cannot be read: ${messageOf(error)}` };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
