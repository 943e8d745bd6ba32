import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
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
      writeFileSync(descriptor, after);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    if (process.getuid?.() === 0) chownSync(temporary, uid, gid);
    // Whatever the umask took away, and chown.
    chmodSync(temporary, mode & 0o7777);
    // By bytes: what is no UTF-8 would be lost, and is not written.
    if (!readFileSync(file).equals(Buffer.from(before, "utf8"))) return false;
    renameSync(temporary, file);
    return true;
  } finally {
    // Gone already where it was renamed.
    rmSync(temporary, { force: true });
  }
}
