import { readlinkSync, statSync } from "node:fs";
import { startedWith, wordsOf } from "../process/proc.ts";
import { MARK } from "../process/mark.ts";
import { holdersOf, listeners } from "../process/sockets.ts";
import type { Running } from "./core/running.ts";

/** More is of no use to a reader. */
const LIMIT = 500;

/** This user's own processes that listen on TCP ports, but for those that an agent looks after already, in the order of their ports. */
export function whoListens(): Running[] {
  const all = listeners() ?? [];
  const holders = holdersOf(new Set(all.map(({ inode }) => inode)));
  const found = new Map<string, Running>();
  for (const { port, inode } of all) {
    const pid = holders.get(inode)?.pid;
    const dir = pid === undefined ? null : folderOf(pid);
    if (pid === undefined || dir === null || startedWith(pid, MARK) !== null) continue;
    const words = wordsOf(pid);
    found.set(`${port} ${pid}`, { port, pid, words, command: words.join(" "), dir });
  }
  return [...found.values()].sort((a, b) => a.port - b.port).slice(0, LIMIT);
}

/** Where it runs; null where it is somebody else's, or gone. */
function folderOf(pid: number): string | null {
  try {
    return statSync(`/proc/${pid}`).uid === process.getuid?.() ? readlinkSync(`/proc/${pid}/cwd`) : null;
  } catch {
    // As above.
    return null;
  }
}
