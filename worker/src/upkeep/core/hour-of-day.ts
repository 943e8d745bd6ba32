const HOUR_MS = 3_600_000;

/** Whether this is the hour of the day, by UTC, in which an organization has its turn: each has one, by its id. */
export function isItsHour(id: string, nowMs: number): boolean {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.charCodeAt(0)) % 24;
  return Math.floor(nowMs / HOUR_MS) % 24 === sum;
}
