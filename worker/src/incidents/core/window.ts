/** What belongs to an incident, and how much of it is read: an incident of a month costs no more than one of a minute. */

/** Changes of state so long before it began and after it was over belong to it, milliseconds. */
const AROUND_MS = 10 * 60_000;

/** Changes that are read of its subject: before it, of its beginning, and of its end. Of its host's link fewer. */
export const FLIPS = { before: 12, each: 30 };
export const LINK_FLIPS = { before: 2, each: 10 };
export const COMMANDS = 50;
/** Commands of the organization that are looked through for those. */
export const COMMANDS_LOOKED_AT = 500;
export const NOTICES = 60;
export const DELIVERIES = 300;
export const MAINTENANCE = 20;
/** Written by people about one incident, and how long each may be. */
export const NOTES = 200;
export const NOTE_CHARACTERS = 4000;
export const WHYS = 100;
/** Shown of what a channel answered. */
export const ANSWER_CHARACTERS = 160;

/** From when to when things belong to an incident, and when it was over (or now), milliseconds since the epoch. */
export interface Window {
  fromMs: number;
  endMs: number;
  toMs: number;
}

export function windowOf({ openedMs, closedMs }: { openedMs: number; closedMs: number | null }, nowMs: number): Window {
  const endMs = closedMs ?? Math.max(nowMs, openedMs);
  return { fromMs: openedMs - AROUND_MS, endMs, toMs: closedMs === null ? endMs : endMs + AROUND_MS };
}
