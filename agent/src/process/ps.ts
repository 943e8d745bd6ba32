import { execFileSync } from "node:child_process";
import type { ProcessStat } from "./proc.ts";
import { noteShortage } from "./shortage.ts";

/**
 * Where there is no /proc (macOS), ps(1) tells who runs, since when, and whose child it is. It does not tell sessions, nor
 * the environment of a process, nor how many threads it has: what leaves its group and its parent is not found again there.
 */

const COLUMNS = "pid=,ppid=,pgid=,stat=,lstart=,comm=";

/** One process, or null; zombies are told, too. */
export function statByPs(pid: number): ProcessStat | null {
  return ask(["-p", String(pid)])[0] ?? null;
}

/** Every process. */
export function allByPs(): ProcessStat[] {
  return ask(["-ax"]);
}

function ask(which: string[]): ProcessStat[] {
  let text: string;
  try {
    const env = { ...process.env, LC_ALL: "C" };
    text = execFileSync("ps", [...which, "-o", COLUMNS], {
      encoding: "utf8",
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch (error) {
    noteShortage(error);
    // No such process, or no ps.
    return [];
  }
  return text.split("\n").flatMap((line) => parse(line) ?? []);
}

/** `  4711     1  4711 Ss   Tue Nov 24 11:37:35 2026 node` */
function parse(line: string): ProcessStat | null {
  const [, pid, parent, group, state, started, name] =
    /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line) ?? [];
  if (pid === undefined || started === undefined) return null;
  return {
    pid: Number(pid),
    name: name ?? "",
    state: state?.[0] ?? "?",
    parent: Number(parent),
    group: Number(group),
    session: 0,
    threads: 1,
    startTicks: Date.parse(started) / 1000,
  };
}
