import { journalEvent, type JournalEvent } from "@afloat/shared/wire";
import * as v from "valibot";
import { crc32 } from "./crc32.ts";

/** By which clock an event was noted: what tells when it happened if the time of day was set since. */
export interface Stamp {
  /** Of which start of the machine `upMs` counts. */
  boot: string;
  /** The run of the agent. */
  run: string;
  /** Since that start, suspended time included, milliseconds. */
  upMs: number;
}

/** An event as the journal keeps it. Those of an older agent have no stamp. */
export type Kept = JournalEvent & { stamp?: Stamp | undefined };

const stamp = v.object({ boot: v.string(), run: v.string(), upMs: v.number() });
const stamped = v.object({ stamp: v.fallback(v.optional(stamp), undefined) });

/** The line of an event, without its end: JSON, and in it, last, a checksum of what it would be without. */
export function lineOf(event: Kept): string {
  const json = JSON.stringify(event);
  return `${json.slice(0, -1)},"crc":"${checksumOf(json)}"}`;
}

/** An event as it was written, or null where the line is torn, altered, or of another version. Lines of older agents have no checksum. */
export function parseLine(line: string): Kept | null {
  const [end, sum] = /,"crc":"([0-9a-f]{8})"\}$/.exec(line) ?? [];
  const json = end === undefined ? line : `${line.slice(0, -end.length)}}`;
  if (sum !== undefined && checksumOf(json) !== sum) return null;
  try {
    const value: unknown = JSON.parse(json);
    // It has one that is none.
    if (typeof value === "object" && value !== null && "crc" in value) return null;
    const event = v.safeParse(journalEvent, value);
    if (!event.success) return null;
    const its = v.safeParse(stamped, value);
    return its.success && its.output.stamp !== undefined ? { ...event.output, stamp: its.output.stamp } : event.output;
  } catch {
    // Torn: the caller says so.
    return null;
  }
}

const checksumOf = (json: string) => crc32(json).toString(16).padStart(8, "0");
