import { keptMs, withRetention } from "./kept.ts";

/** Rows removed of each kind in one run. */
const BATCH = 1000;

/** Days that are there may be counted again, and shown. */
const MAINTENANCE_MS = keptMs("flipDays", "uptimeDays", "incidentDays");
const OF_EACH = `from organization as o ${withRetention("o.id")}`;

/** Each finds, by an index and for all organizations at once, rows that are older than theirs are kept. What hangs on another row goes first. */
const OLD_INCIDENTS = `select incident.id ${OF_EACH} cross join incident
  where incident.organization_id = o.id and incident.closed_ms < ?1 - ${keptMs("incidentDays")} limit ?2`;
const STATEMENTS = [
  `delete from delivery where notice_id in (select id from notice where incident_id in (${OLD_INCIDENTS}))`,
  `delete from notice where incident_id in (${OLD_INCIDENTS})`,
  `delete from incident where id in (${OLD_INCIDENTS})`,
  `delete from command where id in (select command.id ${OF_EACH} cross join command
    where command.organization_id = o.id and command.created_ms < ?1 - ${keptMs("incidentDays")} limit ?2)`,
  `delete from audit where id in (select audit.id ${OF_EACH} cross join audit
    where audit.organization_id = o.id and audit.at_ms < ?1 - ${keptMs("auditDays")} limit ?2)`,
  `delete from maintenance where id in (select maintenance.id ${OF_EACH} cross join maintenance
    where maintenance.organization_id = o.id and maintenance.ends_ms < ?1 - ${MAINTENANCE_MS} limit ?2)`,
];

/**
 * Removes incidents that are over, with what was told of them, commands, maintenance and lines of the audit log that are
 * older than their organization keeps them. A part of it in a run. Answers what it cost, in words; null where nothing was too old.
 */
export async function removeOld(d1: D1Database, nowMs: number): Promise<string | null> {
  const results = await d1.batch(STATEMENTS.map((statement) => d1.prepare(statement).bind(nowMs, BATCH)));
  const [deliveries = 0, notices = 0, incidents = 0, commands = 0, lines = 0, windows = 0] = results.map(
    ({ meta }) => meta.changes,
  );
  if (deliveries + notices + incidents + commands + lines + windows === 0) return null;
  const written = results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
  return `removed ${incidents} incidents, ${notices} notices, ${deliveries} deliveries, ${commands} commands, ${windows} maintenance windows and ${lines} lines of the audit log that were too old; ${written} rows written`;
}
