/** How long an organization keeps what, in days. Samples are kept for 35 days: their rows are written over (fleet/core/sample-slot.ts). */
export interface Retention {
  /** Every single change of state. */
  flipDays: number;
  /** Days of uptime, one row for each service. */
  uptimeDays: number;
  /** Incidents since they are over, with their notices and deliveries; and commands. */
  incidentDays: number;
  auditDays: number;
}

/** Where an organization said nothing. */
export const DEFAULT_RETENTION: Retention = { flipDays: 35, uptimeDays: 400, incidentDays: 400, auditDays: 400 };
