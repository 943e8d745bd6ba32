import { parseDuration } from "@afloat/shared/core/duration";

/** A moment as a person writes it: `10m` ago, `2026-11-24T12:00`, or `03:12`, the last time the clock said so; null for none of them. */
export function parseWhen(text: string, nowMs: number): number | null {
  const ago = parseDuration(text);
  if (ago !== null) return nowMs - ago;
  const clock = /^(\d{1,2}):(\d\d)(?::(\d\d))?$/.exec(text);
  if (clock === null) {
    const moment = Date.parse(text);
    return Number.isNaN(moment) ? null : moment;
  }
  const [hour, minute, second] = clock.slice(1).map((part) => Number(part ?? 0));
  if (hour === undefined || minute === undefined || hour > 23 || minute > 59 || (second ?? 0) > 59) return null;
  const day = new Date(nowMs);
  if (day.setHours(hour, minute, second ?? 0, 0) > nowMs) day.setDate(day.getDate() - 1);
  return day.getTime();
}

/** What is expected where a moment is wanted. */
export const WHEN = "a duration like 10m, a time like 03:12, or 2026-11-24T12:00";

/** The clock on the wall of this host: `2026-11-24 03:12:04`. */
export function localTime(ms: number): string {
  const local = new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

/** The same, without the day where it is today's: `03:12:04`. */
export function shortTime(ms: number, nowMs: number): string {
  const [day, clock] = localTime(ms).split(" ");
  return day === localTime(nowMs).slice(0, 10) ? (clock ?? "") : `${day} ${clock}`;
}
