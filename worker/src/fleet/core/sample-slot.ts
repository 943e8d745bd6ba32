import { SAMPLES_KEPT_DAYS } from "../../retention/core/retention.ts";

const HOUR_MS = 3_600_000;
/** Hours that are kept of each host: so many that a month can be compared with the one before it began. */
export const SLOTS = SAMPLES_KEPT_DAYS * 24;

/**
 * Where the sample of an hour is kept: the hour 35 days before it had the same place, and is written over. So there are never more
 * rows than hours in that time, and none is ever deleted: a row deleted is a row paid for.
 */
export function slotOf(hourMs: number): number {
  return Math.floor(hourMs / HOUR_MS) % SLOTS;
}

/** A whole hour, begun by the cloud's own clock (an hour's error is forgiven), and not older than what is kept. */
export function isHourOfOurs(hourMs: number, nowMs: number): boolean {
  return hourMs % HOUR_MS === 0 && hourMs <= nowMs + HOUR_MS && hourMs > nowMs - SLOTS * HOUR_MS;
}
