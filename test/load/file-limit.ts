import { readFileSync } from "node:fs";

/** What a process has open besides its sockets. */
const OTHERS = 200;

/** Null where so many sockets may be open at once; else what is in the way, and how to mend it. The server inherits the limit. */
export function fileLimitFault(sockets: number): string | null {
  const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  const limit = Number(line?.[1] ?? Number.POSITIVE_INFINITY);
  const needed = sockets + OTHERS;
  if (limit >= needed) return null;
  return `expected room for ${needed} open files, one socket for each host and some more, got ${limit}: say \`ulimit -n ${needed}\` before, or ask for fewer hosts`;
}
