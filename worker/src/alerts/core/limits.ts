/** Bounds and times of alerting, milliseconds where nothing else is said. */

/** Incidents that are kept for one organization, the open ones and those of the last day. */
export const INCIDENTS = 30_000;
/** Subjects of which it is counted how often they open. */
export const FLAPS = 30_000;
/** Reasons that are written down for one incident. */
export const WHYS = 50;
/** What is over is remembered so long: the same news again does nothing. */
export const REMEMBERED_MS = 24 * 3_600_000;
/** What is only to be forgotten is forgotten together, with the hour: each alarm is a request, and a row. */
const FORGOTTEN_MS = 3_600_000;
/** When what nobody needs after `ms` is forgotten. */
export function forgetMs(ms: number): number {
  return Math.ceil(ms / FORGOTTEN_MS) * FORGOTTEN_MS;
}
/** What is due is decided in parts of so many. */
export const DUE_AT_ONCE = 2000;

/** Last lines of output that are kept until they are told, and how long each. */
export const LINES = 8;
export const LINE_CHARACTERS = 300;

/** Openings of one kind and subject that make it flapping, inside so long; it is over when it held for so long. */
export const FLAP_TIMES = 4;
export const FLAP_WITHIN_MS = 3_600_000;
export const FLAP_STEADY_MS = 30 * 60_000;

/** When what explains it is over, it has so long to recover as well. */
export const RECOVERY_MS = 30_000;

/** How long an alert waits for more: `firstMs` after the first, then until `quietMs` nothing came, `mostMs` at most. */
export interface Wait {
  firstMs: number;
  quietMs: number;
  mostMs: number;
}
export const WAITS: Record<"host" | "storm" | "late", Wait> = {
  host: { firstMs: 300, quietMs: 1000, mostMs: 10_000 },
  storm: { firstMs: 5000, quietMs: 5000, mostMs: 30_000 },
  late: { firstMs: 10_000, quietMs: 10_000, mostMs: 60_000 },
};

/** Alerts of one rule inside so long; those after are told together. */
export const STORM_ALERTS = 5;
export const STORM_WITHIN_MS = 60_000;

/** An alert is joined by others until so long after it was told first. */
export const JOINABLE_MS = 30 * 60_000;
/** The same trouble of the same service on another host joins it until so long after it was told first. */
export const SPREAD_MS = 10 * 60_000;
/** Follow-ups of one alert are so far apart at least. */
export const FOLLOW_UP_MS = 5 * 60_000;
/** That some of several are over waits so long for the others. */
export const ENDS_WAIT_MS = 120_000;

/** An alert says so often at most that it still stands. */
export const REMINDERS = 42;
/** Where something holds a reminder or an escalation, and nobody knows until when, it is looked at again after so long. */
export const HELD_AGAIN_MS = 5 * 60_000;
