import { readFileSync } from "node:fs";
import { descriptorsOf } from "../process/sockets.ts";

/** O_APPEND and the mask of the access mode, as /proc writes them: octal (fcntl.h of Linux on x86 and ARM). */
const APPEND = 0o2000;
const ACCESS = 0o3;

/** True where each of these processes that holds this file open for writing appends to it. */
export function appendsOnly(pids: readonly number[], path: string): boolean {
  return pids.every((pid) => descriptorsOf(pid).every(({ fd, target }) => target !== path || isFine(pid, fd)));
}

function isFine(pid: number, fd: string): boolean {
  try {
    const flags = Number.parseInt(
      /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8"))?.[1] ?? "",
      8,
    );
    return (flags & ACCESS) === 0 || (flags & APPEND) !== 0;
  } catch {
    // Closed in the meantime.
    return true;
  }
}
