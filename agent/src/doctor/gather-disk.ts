import { type Dirent, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ServiceSpec } from "@afloat/shared/spec";
import { logPlaceOf } from "../logs/ledger.ts";
import type { DiskFacts, LogsFacts } from "./core/disk.ts";
import { runTool } from "./run-tool.ts";

/** How long a disk is waited for, milliseconds. */
export const DISK_MS = 3_000;

/** Looks at a disk by a tool of the system: a call of our own would hang with it. The nearest folder that is there counts. */
export async function gatherDisk(dir: string): Promise<DiskFacts> {
  const type = typeOf(dir);
  for (let each = dir; ; each = dirname(each)) {
    const startedMs = performance.now();
    const told = await runTool(["stat", "-f", "-c", "%a %b %S %d %c", each], DISK_MS);
    const [free, total, block, freeInodes, totalInodes] = (told ?? "").trim().split(" ").map(Number);
    if (told !== null && totalInodes !== undefined) {
      const [f = 0, t = 0, size = 0] = [free, total, block];
      return {
        dir,
        type,
        space: { freeBytes: f * size, totalBytes: t * size, freeInodes: freeInodes ?? 0, totalInodes },
      };
    }
    if (performance.now() - startedMs >= DISK_MS || each === dirname(each)) return { dir, type, space: null };
  }
}

/** Of the mount that a path is on, by the kernel's list alone: no disk is touched. */
function typeOf(path: string): string | null {
  let best = { at: "", type: "" };
  for (const line of readOr("/proc/self/mountinfo").split("\n")) {
    // proc(5): field 5 is where it is mounted, the type follows a lone dash; blanks are written \040.
    const [before = "", after = ""] = line.split(" - ");
    const at = (before.split(" ")[4] ?? "").replaceAll("\\040", " ");
    const isOn = at !== "" && (path === at || path.startsWith(at === "/" ? "/" : `${at}/`));
    if (isOn && at.length >= best.at.length) best = { at, type: after.split(" ")[0] ?? "" };
  }
  return best.type === "" ? null : best.type;
}

/** What logs take, with the rotated pieces; a hole takes nothing. */
export function gatherLogs(stateDir: string, specs: readonly ServiceSpec[]): LogsFacts {
  const logs = entries(join(stateDir, "logs"))
    .flatMap(({ name }) => /^(.+)\.log$/.exec(name)?.[1] ?? [])
    .map((service) => {
      const { live, dir } = logPlaceOf(stateDir, service);
      const pieces = entries(dir).map(({ name }) => join(dir, name));
      const bytes = [live, ...pieces].reduce((sum, path) => sum + takenBy(path), 0);
      const log = specs.find(({ name }) => name === service)?.log;
      return { service, bytes, limitBytes: log === undefined ? null : log.maxBytes * (log.keep + 1) };
    });
  return { logs: logs.sort((a, b) => b.bytes - a.bytes) };
}

/** stat(2): blocks are of 512 bytes. */
function takenBy(path: string): number {
  try {
    return lstatSync(path).blocks * 512;
  } catch {
    // Rotated away in the meantime.
    return 0;
  }
}

function entries(dir: string): Dirent[] {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch {
    // Nothing is there yet.
    return [];
  }
}

/** A file of the kernel's, empty where there is none. */
export function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not on this system, or not ours to read.
    return "";
  }
}
