import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { treeOf } from "./proc.ts";

/** How long the use of the processor is measured, milliseconds. */
const MEASURE_MS = 500;

/** proc(5), field 3. */
const STATES: Record<string, string> = {
  R: "running",
  S: "asleep",
  D: "waiting for the disk or the kernel",
  T: "stopped by a signal (SIGCONT lets it go on)",
  t: "stopped by a debugger",
  Z: "dead",
};

/** What a process and those it started are doing, in words; null where the system does not tell. */
export async function activityWords(pid: number): Promise<string | null> {
  const before = look(pid);
  if (before === null) return null;
  const startedMs = performance.now();
  await wait(MEASURE_MS);
  const after = look(pid);
  if (after === null) return null;
  // A tick is a hundredth of a second wherever Linux shows one (time(7), USER_HZ).
  const percent = Math.round(((after.ticks - before.ticks) * 10 * 100) / (performance.now() - startedMs));
  const threads = `${after.threads} thread${after.threads === 1 ? "" : "s"}`;
  return `pid ${pid} is ${STATES[after.state] ?? after.state}, ${threads}, ${percent} % of a processor`;
}

function look(pid: number): { state: string; threads: number; ticks: number } | null {
  const main = fieldsOf(pid);
  if (main === null) return null;
  // Fields 14, 15 and 20 of proc(5); the first here is field 3.
  const ticksOf = (fields: string[]) => Number(fields[11]) + Number(fields[12]);
  const ticks = treeOf(pid).reduce(
    (sum, each) => sum + ticksOf(fieldsOf(each) ?? ["", ...Array<string>(12).fill("0")]),
    0,
  );
  return { state: main[0] ?? "?", threads: Number(main[17]), ticks };
}

function fieldsOf(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    // Gone, or not Linux.
    return null;
  }
}
