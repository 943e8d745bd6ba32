import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A server whose keeper was killed runs on and holds database and port. The next keeper ends it: exactly this process, known
 * by pid and start time, never a stranger with the same number.
 */
interface Leftover {
  keeper: Named;
  server: Named;
}

interface Named {
  pid: number;
  /** In the kernel's ticks since boot: with the pid, it names one process. */
  startTime: string | null;
}

/** Writes down which process serves from this folder, and that this process keeps it. */
export function remember(stateDir: string, pid: number | undefined): void {
  if (pid === undefined) return;
  const leftover: Leftover = { keeper: named(process.pid), server: named(pid) };
  writeFileSync(join(stateDir, "server.json"), JSON.stringify(leftover), { mode: 0o600 });
}

/**
 * Ends the server that an earlier keeper left behind, where there is one, and waits until it is gone. Throws where that
 * keeper lives: two servers on one database harm each other.
 */
export function endLeftover(stateDir: string): void {
  const left = read(stateDir);
  if (left === null) return;
  if (isAlive(left.keeper) && left.keeper.pid !== process.pid) {
    throw new Error(`a server runs on ${stateDir} already, kept by pid ${left.keeper.pid}: end that one first`);
  }
  if (!isAlive(left.server)) return;
  process.kill(left.server.pid, "SIGKILL");
  for (const endMs = Date.now() + 5_000; Date.now() < endMs && isAlive(left.server);) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
}

function named(pid: number): Named {
  return { pid, startTime: startTimeOf(pid) };
}

function isAlive({ pid, startTime }: Named): boolean {
  return startTime !== null && startTimeOf(pid) === startTime;
}

function read(stateDir: string): Leftover | null {
  try {
    const known: Leftover = JSON.parse(readFileSync(join(stateDir, "server.json"), "utf8"));
    return known;
  } catch {
    // The first start, or nothing that can be believed.
    return null;
  }
}

/** When the process started, in the kernel's ticks; null where there is none, or only a zombie. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    // No such process.
    return null;
  }
}
