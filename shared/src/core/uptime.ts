import type { PublicStatus } from "../domain.ts";
import { DAY_MS, dayStartMs } from "./moment.ts";

/** A change of what the public sees of a service, at the time it happened. */
export interface StatusChange {
  atMs: number;
  status: PublicStatus;
}

/** A change of a host's link. While it is not heard, nothing is known of its services. */
export interface HearingChange {
  atMs: number;
  heard: boolean;
}

/** A stretch of time, from inclusive to exclusive. */
export interface TimeSpan {
  fromMs: number;
  toMs: number;
}

/** What uptime is computed from. Changes are in the order of time; of two at one time the later in the list holds. */
export interface UptimeFacts {
  /** What held when the window began; `unknown` where nothing was known. */
  before: PublicStatus;
  changes: readonly StatusChange[];
  heardBefore: boolean;
  hearing: readonly HearingChange[];
  /** Maintenance that was announced, in any order; where two overlap, their time counts once. It counts for nothing else. */
  maintenance?: readonly TimeSpan[];
  /** The window, from inclusive to exclusive. `toMs` is at most now: the future is not counted. */
  fromMs: number;
  toMs: number;
}

/** How long each status held, milliseconds. */
export type TimeIn = Record<PublicStatus, number>;

/** One UTC day, or the part of it that lies in the window. */
export interface UptimeDay {
  /** Its first millisecond, also where the window begins later. */
  startMs: number;
  timeIn: TimeIn;
  /** Percent, or null where nothing was measured. */
  uptime: number | null;
}

export interface Uptime {
  /** Every day that the window touches, oldest first. */
  days: UptimeDay[];
  timeIn: TimeIn;
  uptime: number | null;
}

/** Uptime by intervals between changes, never by counting heartbeats. */
export function uptimeOf(facts: UptimeFacts): Uptime {
  const days = emptyDays(facts.fromMs, facts.toMs);
  const firstMs = days[0]?.startMs ?? 0;
  for (const { fromMs, toMs, status } of intervals(facts)) {
    for (let atMs = fromMs; atMs < toMs;) {
      const endMs = Math.min(toMs, dayStartMs(atMs) + DAY_MS);
      const day = days[(dayStartMs(atMs) - firstMs) / DAY_MS];
      if (day !== undefined) day.timeIn[status] += endMs - atMs;
      atMs = endMs;
    }
  }
  return sumOf(days.map(({ startMs, timeIn }) => dayOf(startMs, timeIn)));
}

/** A day that was counted before. */
export function dayOf(startMs: number, timeIn: TimeIn): UptimeDay {
  return { startMs, timeIn, uptime: uptimePercent(timeIn) };
}

/** Days that were counted one by one, oldest first, as if they had been counted together. */
export function sumOf(days: UptimeDay[]): Uptime {
  const total = noTime();
  for (const { timeIn } of days) for (const status of STATUSES) total[status] += timeIn[status];
  return { days, timeIn: total, uptime: uptimePercent(total) };
}

/** Every day of the window with nothing known of it. */
export function unknownDays(fromMs: number, toMs: number): UptimeDay[] {
  return uptimeOf({ before: "unknown", changes: [], heardBefore: false, hearing: [], fromMs, toMs }).days;
}

/**
 * Percent with two decimals, rounded down: 100 only where nothing was down for a millisecond. Degraded is up. Counted over what was
 * measured: unknown time and maintenance are neither up nor down. Null where nothing was measured.
 */
export function uptimePercent(timeIn: TimeIn): number | null {
  const upMs = timeIn.operational + timeIn.degraded_performance;
  const measuredMs = upMs + timeIn.outage;
  if (measuredMs === 0) return null;
  // Never rounded up to a whole number: both sides are whole and below 2^53 up to 28 years.
  return Math.floor((upMs * 10_000) / measuredMs) / 100;
}

const STATUSES = ["operational", "degraded_performance", "outage", "maintenance", "unknown"] as const;

/** What held when, without gaps and without overlaps, from `fromMs` to `toMs`. */
function intervals(facts: UptimeFacts): { fromMs: number; toMs: number; status: PublicStatus }[] {
  let status = facts.before;
  let heard = facts.heardBefore;
  let maintained = 0;
  let atMs = facts.fromMs;
  const found: { fromMs: number; toMs: number; status: PublicStatus }[] = [];
  const until = (toMs: number) => {
    const endMs = Math.min(toMs, facts.toMs);
    if (endMs <= atMs) return;
    found.push({ fromMs: atMs, toMs: endMs, status: maintained > 0 ? "maintenance" : heard ? status : "unknown" });
    atMs = endMs;
  };
  for (const change of inOrder(facts)) {
    until(change.atMs);
    if ("status" in change) status = change.status;
    else if ("heard" in change) heard = change.heard;
    else maintained += change.more;
  }
  until(facts.toMs);
  return found;
}

/** One announcement more, or one less, from now on. */
interface MaintenanceChange {
  atMs: number;
  more: 1 | -1;
}

function inOrder(facts: UptimeFacts): (StatusChange | HearingChange | MaintenanceChange)[] {
  const maintenance = (facts.maintenance ?? [])
    .filter(({ fromMs, toMs }) => fromMs < toMs)
    .flatMap(({ fromMs, toMs }): MaintenanceChange[] => [
      { atMs: fromMs, more: 1 },
      { atMs: toMs, more: -1 },
    ]);
  // Sorting keeps the order of equals, so that of two changes at one time the later one holds.
  return [...facts.changes, ...facts.hearing, ...maintenance].sort((a, b) => a.atMs - b.atMs);
}

function emptyDays(fromMs: number, toMs: number): UptimeDay[] {
  const days: UptimeDay[] = [];
  if (toMs <= fromMs) return days;
  for (let startMs = dayStartMs(fromMs); startMs < toMs; startMs += DAY_MS) {
    days.push({ startMs, timeIn: noTime(), uptime: null });
  }
  return days;
}

function noTime(): TimeIn {
  return { operational: 0, degraded_performance: 0, outage: 0, maintenance: 0, unknown: 0 };
}
