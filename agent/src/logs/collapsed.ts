import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { BLOCK } from "./holes.ts";
import type { Ledger } from "./ledger.ts";

/**
 * Whether the bytes that `collapsing` speaks of are out of the live file already. They were a hole before: where the file is
 * shorter than that, or something other than nothing stands at its end, they are out.
 */
export function isCollapsed(live: string, { base, behind, collapsing }: Ledger): boolean {
  const length = behind - base;
  const file = openSync(live, "r");
  try {
    if (fstatSync(file).size < length) return true;
    const probe = Buffer.alloc(Math.min(BLOCK, collapsing));
    const read = readSync(file, probe, 0, probe.length, length - collapsing);
    return probe.subarray(0, read).some((byte) => byte !== 0);
  } finally {
    closeSync(file);
  }
}
