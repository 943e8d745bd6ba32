import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { messageOf } from "../error-words.ts";

/** Larger than any configuration that a person reads, bytes. */
const LIMIT_BYTES = 4 * 1024 * 1024;

/** The text of a plain file, or null where there is none, or what is wrong. A device or a pipe is never waited for. */
export function readText(path: string): string | null | { fault: string } {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { fault: `${path} is not a file` };
    if (stat.size > LIMIT_BYTES) return { fault: `${path} is larger than ${LIMIT_BYTES} bytes` };
    return readFileSync(descriptor, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    return { fault: `${path} cannot be read: ${messageOf(error)}` };
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
