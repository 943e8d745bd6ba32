import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a process really costs: resident memory that it does not share with others, MB. Shared pages are there once anyway. */
export function ownMegabytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const kilobytes = ["Private_Clean", "Private_Dirty"].map((name) =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(rollup)?.[1] ?? Number.NaN),
  );
  return kilobytes.reduce((a, b) => a + b, 0) / 1024;
}

/** What tools like ps and top show, MB. */
export function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? Number.NaN) / 1024;
}

/** What a process has used of the processor since it began, milliseconds: user and system, of itself without its children. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Fields 14 and 15 of proc(5), in ticks of a hundredth of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** A process's children, as the kernel lists them. */
export function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

/** Kills a process and waits until its parent has another child in its place, looking at the system itself. Milliseconds. */
export function respawnMs(victim: number, parent: number): number {
  const count = childrenOf(parent).length;
  const startedMs = performance.now();
  process.kill(victim, "SIGKILL");
  for (;;) {
    const now = childrenOf(parent);
    if (now.length === count && !now.includes(victim)) return performance.now() - startedMs;
    if (performance.now() - startedMs > 60_000) throw new Error("nothing was started again within 60 s");
  }
}

/** A Node process that does nothing: the floor under every program in it. Ended by its caller. */
export function idleNode(): ChildProcess {
  return spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
}
