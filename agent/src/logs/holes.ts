import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * Taking bytes out of the beginning of a file that others append to, without losing one: fallocate (util-linux) gives their
 * room back to the disk (`punch`), and on ext4 and xfs takes them out altogether (`collapse`). Each answers false where the
 * system or the file system cannot.
 */

/** What `collapse` takes must be a multiple of the file system's block; nearly all have this one, bytes. */
export const BLOCK = 4096;

/** The first `length` bytes read as nothing from now on, and take no room; all others stay where they are. Twice is once. */
export function punch(path: string, length: number): Promise<boolean> {
  return fallocate("--punch-hole", path, length);
}

/** The first `length` bytes are gone, and all others move up. Appenders notice nothing; who writes at a place of its own does. */
export function collapse(path: string, length: number): Promise<boolean> {
  return fallocate("--collapse-range", path, length);
}

async function fallocate(how: string, path: string, length: number): Promise<boolean> {
  if (length <= 0) return true;
  try {
    await promisify(execFile)("fallocate", [how, "--offset", "0", "--length", String(length), path]);
    return true;
  } catch {
    // No fallocate here, or a file system that cannot: the caller has another way.
    return false;
  }
}
