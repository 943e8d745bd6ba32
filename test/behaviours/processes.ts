import { readdirSync, readFileSync } from "node:fs";

/** Looks at the system itself, without asking the agent. */

/** True while a process is there and no zombie. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== null && state !== "Z" && state !== "X";
}

/** Signals it, if it is there: one that is ending anyway may be gone by now. */
export function killIfThere(pid: number, signal: NodeJS.Signals = "SIGKILL"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** Living processes whose mark begins so. */
export function markedProcesses(begin: string): { pid: number; service: string; spawn: number }[] {
  return pids().flatMap((pid) => {
    const mark = /(?:^|\0)AFLOAT_SPAWN=([^\0]*)/.exec(read(`/proc/${pid}/environ`))?.[1] ?? "";
    if (!mark.startsWith(begin) || !isAlive(pid)) return [];
    const [, service = "", spawn = ""] = mark.split(":");
    return [{ pid, service, spawn: Number(spawn) }];
  });
}

/** Living processes with exactly this command line. */
export function processesCalled(line: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/cmdline`).split("\0").join(" ").trim() === line && isAlive(pid));
}

/** A process's parent, group and session. */
export function relativesOf(pid: number): { parent: number; group: number; session: number } {
  const fields = afterName(pid).split(" ");
  return { parent: Number(fields[1]), group: Number(fields[2]), session: Number(fields[3]) };
}

function stateOf(pid: number): string | null {
  return afterName(pid)[0] ?? null;
}

function afterName(pid: number): string {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2);
}

const pids = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone, or not ours to read.
    return "";
  }
}
