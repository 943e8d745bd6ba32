import { join } from "node:path";
import * as v from "valibot";
import { readJson, writeJson } from "../state/files.ts";

/**
 * What is kept of a service's output, and where. Offsets count every byte it ever wrote, whatever became of the files: the
 * live file's first byte has number `base`, all before `behind` is in pieces or was dropped, and what is written now has
 * number `end`. Cutting moves `behind`; no offset ever changes its meaning.
 */
const ledger = v.object({
  version: v.literal(1),
  /** The live file: another one by that name is not what these numbers are of. */
  inode: v.number(),
  base: v.number(),
  behind: v.number(),
  /** The live file's end when it was last looked at. */
  end: v.number(),
  /** So many bytes are being taken out of the live file's beginning, or were: an agent died in between. */
  collapsing: v.number(),
  /** What is missing, oldest first. */
  gaps: v.array(
    v.object({
      at: v.number(),
      bytes: v.nullable(v.number()),
      fromMs: v.number(),
      toMs: v.number(),
      why: v.picklist(["flood", "cut-short", "disk-full"]),
    }),
  ),
});
export type Ledger = v.InferOutput<typeof ledger>;
export type Gap = Ledger["gaps"][number];

/** Gaps remembered; the oldest go first. */
const GAPS_KEPT = 50;

/** The files of one service's output. */
export interface LogPlace {
  /** What the service writes to. */
  live: string;
  /** Where the pieces behind it are, with the ledger and the index of times. */
  dir: string;
}

export function logPlaceOf(stateDir: string, service: string): LogPlace {
  return { live: join(stateDir, "logs", `${service}.log`), dir: join(stateDir, "logs", "old", service) };
}

export function freshLedger(inode: number, from: number): Ledger {
  return { version: 1, inode, base: from, behind: from, end: from, collapsing: 0, gaps: [] };
}

/** Null where there is none yet, or none of ours. */
export function readLedger(place: LogPlace, say: (text: string) => void): Ledger | null {
  const parsed = v.safeParse(ledger, readJson(ledgerPath(place), say));
  return parsed.success ? parsed.output : null;
}

/** Throws where the disk does not take it. */
export function writeLedger(place: LogPlace, written: Ledger): void {
  writeJson(ledgerPath(place), written);
}

export function withGap(before: Ledger, gap: Gap): Ledger {
  return { ...before, gaps: [...before.gaps, gap].slice(-GAPS_KEPT) };
}

const ledgerPath = (place: LogPlace) => join(place.dir, "ledger.json");
