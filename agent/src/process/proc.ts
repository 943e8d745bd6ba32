import { existsSync, readdirSync, readFileSync } from "node:fs";
import { allByPs, statByPs } from "./ps.ts";
import { noteShortage, watchShortage } from "./shortage.ts";

/** What the system tells of processes: Linux through /proc, others through ps. What it does not tell is null or nothing. */

/** Where there is no /proc at all, ps is asked. */
const HAS_PROC = existsSync("/proc/self/stat");

/** A process beyond the reuse of its pid: the number alone may be another's by now. */
export interface Known {
  pid: number;
  /** Since boot, in clock ticks (proc(5), field 22); elsewhere seconds since the epoch; null where the system does not tell. */
  startTicks: number | null;
}

export interface ProcessStat {
  pid: number;
  name: string;
  /** `Z` is a zombie: dead, whatever signal 0 says, unless other threads of it live on. */
  state: string;
  parent: number;
  group: number;
  session: number;
  /** Its first one, though it may have ended, is among them. */
  threads: number;
  startTicks: number;
}

/** One process; null where there is no such process. */
export function statOf(pid: number): ProcessStat | null {
  if (!HAS_PROC) return statByPs(pid);
  const text = read(`/proc/${pid}/stat`);
  if (text === null) return null;
  return parseStat(pid, text);
}

/** What `/proc/PID/stat` says (proc(5)). */
export function parseStat(pid: number, text: string): ProcessStat {
  // The name may hold spaces and brackets: everything after the last one is fields 3 and on.
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  return {
    pid,
    name: text.slice(text.indexOf("(") + 1, end),
    state: fields[0] ?? "?",
    parent: Number(fields[1]),
    group: Number(fields[2]),
    session: Number(fields[3]),
    threads: Number(fields[17]),
    startTicks: Number(fields[19]),
  };
}

/** True while this very process is there and no zombie, and where that could not be seen: nobody is dead for our own want. */
export function isAlive(pid: number, startTicks: number | null): boolean {
  return isSeenAlive(pid, startTicks) !== false;
}

/** The same; null where it could not be seen. */
export function isSeenAlive(pid: number, startTicks: number | null): boolean | null {
  const wasShort = watchShortage();
  const stat = statOf(pid);
  if (stat === null) return wasShort() ? null : false;
  return !isDead(stat) && (startTicks === null || stat.startTicks === startTicks);
}

/** The kernel's id of this boot, letters and digits only. */
export function bootId(): string {
  boot ??= (read("/proc/sys/kernel/random/boot_id") ?? "unknown").trim().replaceAll(/[^a-z0-9]/gi, "");
  return boot;
}

/** It does not change while we live. */
let boot: string | null = null;

/** Now, as start times of processes are told; what starts later has more. Infinite where the system does not tell. */
export function ticksSinceBoot(): number {
  const seconds = Number(read("/proc/uptime")?.split(" ")[0] ?? Number.NaN);
  // A tick is a hundredth of a second wherever Linux shows one (time(7), USER_HZ).
  return Number.isNaN(seconds) ? Number.POSITIVE_INFINITY : Math.ceil(seconds * 100);
}

/** Every living process that we may see, but for those in `seen`, to which all that were looked at are added. */
export function livingProcesses(seen = new Set<number>()): ProcessStat[] {
  const listed = HAS_PROC
    ? list("/proc").filter((name) => /^\d+$/.test(name))
    : allByPs().map(({ pid }) => String(pid));
  const living: ProcessStat[] = [];
  for (const name of listed) {
    const pid = Number(name);
    if (seen.has(pid)) continue;
    seen.add(pid);
    const stat = statOf(pid);
    if (stat !== null && !isDead(stat)) living.push(stat);
  }
  return living;
}

/** The value of a variable in the environment that a process was started with; null where there is none or we may not look. */
export function startedWith(pid: number, variable: string): string | null {
  const environment = read(`/proc/${pid}/environ`);
  if (environment === null || !environment.includes(variable)) return null;
  const entry = environment.split("\0").find((line) => line.startsWith(`${variable}=`));
  return entry?.slice(variable.length + 1) ?? null;
}

/** The whole environment that a process was started with; null where there is none or we may not look. */
export function environOf(pid: number): Record<string, string> | null {
  const text = read(`/proc/${pid}/environ`);
  if (text === null || text === "") return null;
  const entries = text.split("\0").filter((entry) => entry.includes("="));
  return Object.fromEntries(
    entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}

/** The words a process was called with; none where it has none (the kernel's own) or the system does not tell. */
export function wordsOf(pid: number): string[] {
  const text = read(`/proc/${pid}/cmdline`) ?? "";
  return text
    .replace(/\0+$/, "")
    .split("\0")
    .filter((word) => word !== "");
}

/** How long ago a process started, milliseconds, of which those that the machine was suspended are part; null where that is not known. */
export function ageMs({ startTicks }: Known): number | null {
  const ticks = ticksSinceBoot();
  return startTicks === null || !Number.isFinite(ticks) ? null : Math.max(0, ticks - startTicks) * 10;
}

/** A process and all that it started and that did not leave the tree. */
export function treeOf(pid: number): number[] {
  const tree = [pid];
  for (const parent of tree) {
    for (const task of list(`/proc/${parent}/task`)) {
      const children = read(`/proc/${parent}/task/${task}/children`) ?? "";
      for (const child of children.split(" ")) if (child.trim() !== "") tree.push(Number(child));
    }
  }
  return tree;
}

/** A program whose first thread has ended looks like a zombie while the others go on (pthread_exit(3)). */
export const isDead = ({ state, threads }: Pick<ProcessStat, "state" | "threads">) =>
  (state === "Z" || state === "X") && threads <= 1;

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    noteShortage(error);
    // Gone in the meantime, not ours to read, or not Linux: all the same to the caller.
    return null;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    noteShortage(error);
    // As above.
    return [];
  }
}
