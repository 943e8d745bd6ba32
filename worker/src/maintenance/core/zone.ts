import { DAY_MS } from "@afloat/shared/core/moment";

/**
 * What clocks on walls show, and when. A wall time is written as the milliseconds since the epoch at which a clock in UTC shows the same,
 * so that it can be counted with; only here it meets time zones. The rules of the zones are the platform's own (Intl).
 */
export type WallMs = number;

/** What a clock in this zone shows at that moment. */
export function wallAt(atMs: number, timeZone: string): WallMs {
  const parts = clockIn(timeZone).formatToParts(atMs);
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value);
  const days = daysOf(of("year"), of("month"), of("day"));
  return days * DAY_MS + ((of("hour") * 60 + of("minute")) * 60 + of("second")) * 1000 + modulo(atMs, 1000);
}

/**
 * The moments at which a clock in this zone shows this, in order: one as a rule, none where the clock was put forward over it, two
 * where it was put back.
 */
export function momentsAt(wallMs: WallMs, timeZone: string): number[] {
  // The offsets that hold around it: no zone is further from UTC than a day, and none changes twice within two.
  const offsets = [-DAY_MS, 0, DAY_MS].map((byMs) => wallAt(wallMs + byMs, timeZone) - (wallMs + byMs));
  const moments = [...new Set(offsets)].map((offsetMs) => wallMs - offsetMs);
  return moments.filter((atMs) => wallAt(atMs, timeZone) === wallMs).sort((a, b) => a - b);
}

/**
 * The moment that is meant by a wall time: of two the first. One that does not exist is as much later as the clock was put forward: 02:30 is
 * 03:30 then, as RFC 5545 and Temporal ("compatible") have it.
 */
export function momentAt(wallMs: WallMs, timeZone: string): number {
  const [first] = momentsAt(wallMs, timeZone);
  const beforeMs = wallMs - DAY_MS;
  return first ?? wallMs - (wallAt(beforeMs, timeZone) - beforeMs);
}

/** Is there such a zone? `Europe/Zurich`, `UTC`; not `+02:00`, which knows no summer time, nor a mere abbreviation. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Z][A-Za-z]+(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    clockIn(name);
    return name === "UTC" || name.includes("/");
  } catch {
    // The answer is in the failure.
    return false;
  }
}

/** `2026-11-28T02:30` as a wall time; null where it is written otherwise, or there is no such day. */
export function parseWall(text: string): WallMs | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::00)?$/.exec(text.trim());
  if (match === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59) return null;
  return daysOf(year, month, day) * DAY_MS + (hour * 60 + minute) * 60_000;
}

/** Days from 1970-01-01 to a Gregorian day (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
export function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** How many days a month has. */
export function daysIn(year: number, month: number): number {
  return (month === 12 ? daysOf(year + 1, 1, 1) : daysOf(year, month + 1, 1)) - daysOf(year, month, 1);
}

/** Making one costs more than asking it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function clockIn(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const digits = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
  const clock = new Intl.DateTimeFormat("en-US", { timeZone, ...digits, second: "numeric", hourCycle: "h23" });
  clocks.set(timeZone, clock);
  return clock;
}

function modulo(n: number, by: number): number {
  return ((n % by) + by) % by;
}
