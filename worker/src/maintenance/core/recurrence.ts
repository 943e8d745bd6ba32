import { civilDay, DAY_MS } from "@afloat/shared/core/moment";
import { daysIn, daysOf, momentAt, type WallMs } from "./zone.ts";

/** How maintenance comes again. */
export const REPEATS = ["daily", "weekly", "fortnightly", "monthly-day", "monthly-weekday"] as const;
export type Repeats = (typeof REPEATS)[number];

/** Maintenance that comes again and again, by the clocks of one zone. */
export interface Recurrence {
  /** The first of them begins when a clock of the zone shows this. */
  startsWallMs: WallMs;
  timeZone: string;
  /** Each lasts so long, whatever the clock is put to meanwhile, milliseconds. */
  lengthMs: number;
  repeats: Repeats;
  /** None begins on a later day of the zone; null for no end. A wall time at midnight. */
  untilWallMs: WallMs | null;
}

/** One of them. */
export interface Occurrence {
  /** The day it is for, by the zone: `2026-11-28`. Each day has one at most, so that it is its name. */
  date: string;
  startsMs: number;
  endsMs: number;
}

/** Those that begin from `fromMs` to before `toMs`, in order. What was before the first of all is none. */
export function occurrencesOf(recurrence: Recurrence, fromMs: number, toMs: number): Occurrence[] {
  const { startsWallMs, timeZone, lengthMs, untilWallMs } = recurrence;
  const found: Occurrence[] = [];
  const firstDay = Math.floor(startsWallMs / DAY_MS);
  const timeMs = startsWallMs - firstDay * DAY_MS;
  for (let n = firstTurn(recurrence, firstDay, fromMs); ; n++) {
    const day = dayOfTurn(recurrence.repeats, firstDay, n);
    // Zones are less than a day apart from UTC.
    if (day * DAY_MS - DAY_MS >= toMs || (untilWallMs !== null && day * DAY_MS > untilWallMs)) return found;
    const startsMs = momentAt(day * DAY_MS + timeMs, timeZone);
    if (startsMs >= fromMs && startsMs < toMs) found.push({ date: dateOf(day), startsMs, endsMs: startsMs + lengthMs });
  }
}

/** `2026-11-28` of a count of days since the epoch. */
export function dateOf(day: number): string {
  const { year, month, day: ofMonth } = civilDay(day);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(ofMonth).padStart(2, "0")}`;
}

/** Which one of its weekday in the month a day is, 1 to 4; 5 for the last, where that is later than the fourth. */
export function ordinalOf(day: number): { weekday: number; nth: number } {
  return { weekday: weekdayOf(day), nth: Math.ceil(civilDay(day).day / 7) };
}

const STEP_DAYS: Record<Repeats, number> = {
  daily: 1,
  weekly: 7,
  fortnightly: 14,
  // The longest month: fewer turns than there were, never more.
  "monthly-day": 31,
  "monthly-weekday": 31,
};

/** A turn that is not after the first that is asked for. */
function firstTurn({ repeats }: Recurrence, firstDay: number, fromMs: number): number {
  return Math.max(0, Math.floor((fromMs / DAY_MS - firstDay) / STEP_DAYS[repeats]) - 2);
}

function dayOfTurn(repeats: Repeats, firstDay: number, n: number): number {
  if (repeats !== "monthly-day" && repeats !== "monthly-weekday") return firstDay + n * STEP_DAYS[repeats];
  const first = civilDay(firstDay);
  const months = first.year * 12 + first.month - 1 + n;
  const [year, month] = [Math.floor(months / 12), (months % 12) + 1];
  // The 31st is the last day of a month that is shorter.
  if (repeats === "monthly-day") return daysOf(year, month, Math.min(first.day, daysIn(year, month)));
  const { weekday, nth } = ordinalOf(firstDay);
  const firstOfMonth = daysOf(year, month, 1);
  const firstSuch = firstOfMonth + ((weekday - weekdayOf(firstOfMonth) + 7) % 7);
  // The fifth is the last, since not every month has five.
  const day = firstSuch + (nth - 1) * 7;
  return day < firstOfMonth + daysIn(year, month) ? day : day - 7;
}

/** 0 is Sunday, as 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}
