import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** What is larger is no configuration, bytes. */
const LIMIT_BYTES = 256 * 1024;

/** A text file; null where there is none; words where it is none that is read: huge, binary, a pipe, a device, a loop of links. */
export function readBounded(path: string): string | null | { why: string } {
  let file: number;
  try {
    // A pipe that nobody writes to would be waited for.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    return code === "ENOENT" || code === "ENOTDIR" ? null : { why: `could not be opened (${String(code)})` };
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return { why: "is no file" };
    if (stat.size > LIMIT_BYTES) return { why: "is larger than 256 KB, and was not read" };
    const text = readFileSync(file, "utf8");
    return text.includes("\0") ? { why: "is no text, and was not read" } : text.replace(/^\uFEFF/, "");
  } catch (error) {
    return { why: `could not be read (${String(error)})` };
  } finally {
    closeSync(file);
  }
}
