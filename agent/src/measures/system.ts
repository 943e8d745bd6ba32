import { readdirSync, readFileSync, statSync } from "node:fs";
import type { ProcessUse } from "@afloat/shared/core/usage";
import { MARK } from "../process/mark.ts";
import { startedWith } from "../process/proc.ts";
import { type Root, type Seen, treesOf } from "./core/trees.ts";

/** A process as /proc/PID/stat (proc(5)) tells of it. */
interface Line extends Seen {
  startTicks: number;
  isDead: boolean;
  ownMs: number;
  endedMs: number;
  threads: number;
}

type Marks = Map<number, { startTicks: number; mark: string | null }>;

/** A tick is a hundredth of a second wherever Linux shows one (time(7), USER_HZ). */
const TICK_MS = 10;
/** 4 KB nearly everywhere, 16 or 64 KB on some arm64. */
const PAGE_BYTES = pageBytes();

/**
 * Looks at all processes of the system, and says what those of each service use. One pass for all services: a look at one
 * costs nearly as much as at fifty. Who is a stranger is remembered between two whole looks, since strangers are the many.
 */
export class System {
  /** The mark a process was started with never changes in its life: read once. */
  #marks: Marks = new Map();
  #strangers = new Set<number>();

  /** `whole`: strangers are looked at, too. Null where the system does not tell (no /proc). */
  look(roots: readonly Root[], whole: boolean): Map<string, ProcessUse[]> | null {
    const listed = list("/proc");
    if (listed === null) return null;
    const lines: Line[] = [];
    const marks: Marks = new Map();
    for (const name of listed) {
      const pid = Number(name);
      if (Number.isNaN(pid) || pid === process.pid) continue;
      if (!whole && this.#strangers.has(pid)) continue;
      const line = this.#lineOf(pid);
      if (line === null) continue;
      lines.push(line);
      marks.set(pid, { startTicks: line.startTicks, mark: line.mark });
    }
    const trees = treesOf(lines, roots);
    const own = new Set([...trees.values()].flat().map(({ pid }) => pid));
    if (whole) this.#strangers = new Set(lines.map(({ pid }) => pid).filter((pid) => !own.has(pid)));
    this.#marks = whole ? marks : new Map([...this.#marks, ...marks]);
    return new Map([...trees].map(([name, tree]) => [name, tree.map(useOf)]));
  }

  #lineOf(pid: number): Line | null {
    const text = read(`/proc/${pid}/stat`);
    if (text === null) return null;
    // The name may hold spaces and brackets: everything after the last one is fields 3 and on.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const field = (number: number) => Number(fields[number - 3]);
    const startTicks = field(22);
    const known = this.#marks.get(pid);
    return {
      pid,
      parent: field(4),
      session: field(6),
      mark: known?.startTicks === startTicks ? known.mark : startedWith(pid, MARK),
      startTicks,
      isDead: fields[0] === "Z" || fields[0] === "X",
      ownMs: (field(14) + field(15)) * TICK_MS,
      endedMs: (field(16) + field(17)) * TICK_MS,
      threads: field(20),
    };
  }
}

function useOf({ pid, startTicks, isDead, ownMs, endedMs, threads }: Line): ProcessUse {
  const times = { pid, startTicks, isDead, ownMs, endedMs, threads };
  if (isDead) return { ...times, residentBytes: null, sharedBytes: null, openFiles: null };
  // Pages: all, resident, and of these shared; proc(5).
  const [, resident, shared] = read(`/proc/${pid}/statm`)?.split(" ").map(Number) ?? [];
  const bytes = (pages: number | undefined) => (pages === undefined ? null : pages * PAGE_BYTES);
  return {
    ...times,
    residentBytes: bytes(resident),
    sharedBytes: bytes(shared),
    openFiles: openFilesOf(pid),
  };
}

/** How many descriptors a process holds; null where we may not look. */
export function openFilesOf(pid: number | "self"): number | null {
  try {
    // Since Linux 6.2 the size of the folder is their number, for a fifth of what listing them costs.
    const { size } = statSync(`/proc/${pid}/fd`);
    return size > 0 ? size : readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    // Another user's, or gone.
    return null;
  }
}

/** By our own memory: what `statm` calls pages, `status` tells in kilobytes. Both are of the same moment, or nearly. */
function pageBytes(): number {
  const pages = Number(read("/proc/self/statm")?.split(" ")[0]);
  const kilobytes = Number(/VmSize:\s+(\d+)/.exec(read("/proc/self/status") ?? "")?.[1]);
  const bytes = (kilobytes * 1024) / pages;
  return [4096, 16_384, 65_536].find((size) => bytes < size * 1.5) ?? 4096;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone in the meantime, not ours to read, or not Linux.
    return null;
  }
}

function list(path: string): string[] | null {
  try {
    return readdirSync(path);
  } catch {
    // Not Linux.
    return null;
  }
}
