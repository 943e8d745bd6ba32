/** Milliseconds in a UTC day. */
export const DAY_MS = 86_400_000;

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The start of the UTC day in which `ms` lies, milliseconds since the epoch. */
export function dayStartMs(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

/** A moment in UTC as a sentence names it: `13:28`, and on another day than `nowMs` `1 Nov 13:28`. */
export function momentWords(ms: number, nowMs: number): string {
  const minutes = Math.floor((ms - dayStartMs(ms)) / 60_000);
  const clock = `${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
  if (dayStartMs(ms) === dayStartMs(nowMs)) return clock;
  const { month, day } = civilDay(Math.floor(ms / DAY_MS));
  return `${day} ${MONTHS[month - 1] ?? ""} ${clock}`;
}

/** The Gregorian day of a count of days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
export function civilDay(daysSinceEpoch: number): { year: number; month: number; day: number } {
  const shifted = daysSinceEpoch + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

function pad(n: number): string {
  return String(n).padStart(2, "0");
}
