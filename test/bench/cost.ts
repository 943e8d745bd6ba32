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
