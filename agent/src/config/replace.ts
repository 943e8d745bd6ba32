import {
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";

/**
 * Writes a file anew, whole or not at all, with its owner and rights; a link stays a link. `before` is what it must still be:
 * false where somebody changed it meanwhile, and then nothing is written. Throws where the disk does not take it.
 */
export function replaceFile(path: string, before: string, after: string): boolean {
  const file = realpathSync(path);
  const { mode, uid, gid } = statSync(file);
  const temporary = `${file}.${process.pid}.new`;
  const descriptor = openSync(temporary, "wx", mode & 0o7777);
  try {
    try {
      writeSync(descriptor, after);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (process.getuid?.() === 0) chownSync(temporary, uid, gid);
    if (readFileSync(file, "utf8") !== before) return false;
    renameSync(temporary, file);
    return true;
  } finally {
    // Gone already where it was renamed.
    rmSync(temporary, { force: true });
  }
}
