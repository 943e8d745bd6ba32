import { partOf } from "../../tenancy/core/part-of.ts";

const HOUR_MS = 3_600_000;

/** Whether this is the hour of the day, by UTC, in which an organization has its turn: each has one, by its id. */
export function isItsHour(id: string, nowMs: number): boolean {
  return Math.floor(nowMs / HOUR_MS) % 24 === partOf(id, 24);
}
