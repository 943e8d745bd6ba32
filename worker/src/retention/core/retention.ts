/** Samples are kept for so long, and no other: their rows are written over (fleet/core/sample-slot.ts). */
export const SAMPLES_KEPT_DAYS = 35;

/** How long an organization keeps what, in days. */
export interface Retention {
  /** Every single change of state. */
  flipDays: number;
  /** Days of uptime, one row for each host. */
  uptimeDays: number;
  /** Incidents since they are over, with their notices and deliveries; and commands. */
  incidentDays: number;
  auditDays: number;
}

/** Where an organization said nothing. */
export const DEFAULT_RETENTION: Retention = { flipDays: 35, uptimeDays: 400, incidentDays: 400, auditDays: 400 };

/** One of the settings, as it is asked for. */
export interface RetentionField {
  key: keyof Retention;
  name: string;
  /** What it is for, to somebody who sees it for the first time. */
  about: string;
  minDays: number;
  maxDays: number;
}

/** Whole days. The least is what our own pages need: the status page shows 90 days of uptime, and incidents of 14 days. */
export const RETENTION_FIELDS: readonly RetentionField[] = [
  {
    ...{ key: "flipDays", name: "Changes of state", minDays: 7, maxDays: 400 },
    about: "Every single one, with its reason. Once they are gone, what is told late of that time changes no uptime.",
  },
  {
    ...{ key: "uptimeDays", name: "Uptime, day by day", minDays: 90, maxDays: 1100 },
    about: "One row for each host and day. The status page shows 90 days.",
  },
  {
    ...{ key: "incidentDays", name: "Incidents and commands", minDays: 30, maxDays: 1100 },
    about: "Counted from the end of an incident, with who was told. Open ones always stay.",
  },
  {
    ...{ key: "auditDays", name: "Audit log", minDays: 30, maxDays: 1100 },
    about: "Who did what.",
  },
];

/** What is wrong with days as somebody wrote them, for each field; none: they are good. */
export function retentionFaults(days: Readonly<Retention>): { key: keyof Retention; text: string }[] {
  return RETENTION_FIELDS.flatMap(({ key, name, minDays, maxDays }) => {
    const value = days[key];
    if (Number.isInteger(value) && value >= minDays && value <= maxDays) return [];
    const got = Number.isFinite(value) ? String(value) : "no number";
    return [{ key, text: `${name}: expected whole days from ${minDays} to ${maxDays}, got ${got}` }];
  });
}

/** What is kept for less time than before: rows are removed for it, and do not come back. */
export function shortened(before: Readonly<Retention>, after: Readonly<Retention>): RetentionField[] {
  return RETENTION_FIELDS.filter(({ key }) => after[key] < before[key]);
}
