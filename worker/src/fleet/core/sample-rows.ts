import { HOURS_TOGETHER, togetherUntilMs } from "@afloat/shared/core/hour-sample";
import { packUses } from "../../db/packed-uses.ts";
import type { DurableRecord } from "./fleet-types.ts";
import { slotOf } from "./sample-slot.ts";

type Sample = Extract<DurableRecord, { kind: "sample" }>;

/** A row of `sample_hour`, without whose it is. */
export interface SampleRow {
  slot: number;
  hourMs: number;
  coveredMs: number;
  services: string;
  nextCoveredMs?: number;
  nextServices?: string;
}

const HOUR_MS = 3_600_000;
/**
 * Characters of two hours in one row: with its key and the rest of it, it is less than a quarter of SQLite's page, beyond which it takes a
 * page of its own beside it (fileformat.html, 1.6, "X": 1,002 bytes).
 */
const TOGETHER_LIMIT = 900;

/** The rows of these hours of a host: the hour after an even one goes with it, where both are there and short enough. */
export function sampleRowsOf(samples: readonly Sample[]): SampleRow[] {
  const hours = new Map<number, Sample>();
  for (const sample of samples) {
    if ((hours.get(sample.hourMs)?.coveredMs ?? -1) < sample.coveredMs) hours.set(sample.hourMs, sample);
  }
  const rows = new Map([...hours].map(([hourMs, sample]) => [hourMs, rowOf(sample)]));
  for (const [hourMs, row] of rows) {
    const next = rows.get(hourMs + HOUR_MS);
    const isFirst = togetherUntilMs(hourMs) === hourMs + HOURS_TOGETHER * HOUR_MS;
    if (!isFirst || next === undefined || row.services.length + next.services.length > TOGETHER_LIMIT) continue;
    rows.set(hourMs, { ...row, nextCoveredMs: next.coveredMs, nextServices: next.services });
    rows.delete(next.hourMs);
  }
  return [...rows.values()];
}

function rowOf({ hourMs, coveredMs, services }: Sample): SampleRow {
  return { slot: slotOf(hourMs), hourMs, coveredMs, services: packUses(services) };
}
