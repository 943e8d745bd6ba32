import { DAY_MS } from "@afloat/shared/core/moment";
import { DEFAULT_RETENTION, type Retention } from "./core/retention.ts";

const COLUMNS: Record<keyof Retention, string> = {
  flipDays: "flip_days",
  uptimeDays: "uptime_days",
  incidentDays: "incident_days",
  auditDays: "audit_days",
};

/** SQL, behind a table that has organizations: brings in what each said of how long it keeps what. */
export function withRetention(organizationColumn: string): string {
  return `left join retention on retention.organization_id = ${organizationColumn}`;
}

/** SQL, days: how long an organization keeps this; what it did not say is as for all. */
export function keptDays(key: keyof Retention): string {
  return `coalesce(retention.${COLUMNS[key]}, ${DEFAULT_RETENTION[key]})`;
}

/** SQL, milliseconds: the longest of these. */
export function keptMs(...keys: [keyof Retention, ...(keyof Retention)[]]): string {
  const [only, ...others] = keys.map(keptDays);
  return `${others.length === 0 ? only : `max(${[only, ...others].join(", ")})`} * ${DAY_MS}`;
}
