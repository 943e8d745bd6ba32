import { keptMs, withRetention } from "./kept.ts";

/** Rows removed of each kind in one run. */
const BATCH = 1000;

/** Days that are there may be counted again, and shown. */
const MAINTENANCE_MS = keptMs("flipDays", "uptimeDays", "incidentDays");
const OF_EACH = `from organization as o ${withRetention("o.id")}`;

/** Each finds, by an index and for all organizations at once, rows that are older than theirs are kept. What hangs on another row goes first. */
const OLD_INCIDENTS = `select incident.id ${OF_EACH} cross join incident
  where incident.organization_id = o.id and incident.closed_ms < ?1 - ${keptMs("incidentDays")} limit ?2`;
/** Of channels that did not hear, told by others: no incident is behind them. */
const OLD_OF_CHANNELS = `select notice.id from channel ${withRetention("channel.organization_id")} cross join notice
  where notice.incident_id = 'channel-' || channel.id and notice.created_ms < ?1 - ${keptMs("incidentDays")} limit ?2`;
/** What is removed, by the word for it. */
const STATEMENTS: readonly (readonly [what: string, statement: string])[] = [
  [
    "deliveries",
    `delete from delivery where notice_id in (select id from notice where incident_id in (${OLD_INCIDENTS}))`,
  ],
  ["deliveries", `delete from delivery where notice_id in (${OLD_OF_CHANNELS})`],
  ["notices", `delete from notice where incident_id in (${OLD_INCIDENTS})`],
  ["notices", `delete from notice where id in (${OLD_OF_CHANNELS})`],
  ["reasons", `delete from alert_why where incident_id in (${OLD_INCIDENTS})`],
  ["mentions", `delete from alert_incident where incident_id in (${OLD_INCIDENTS})`],
  ["acknowledgements", `delete from acknowledgement where incident_id in (${OLD_INCIDENTS})`],
  ["notes", `delete from incident_note where incident_id in (${OLD_INCIDENTS})`],
  ["incidents", `delete from incident where id in (${OLD_INCIDENTS})`],
  [
    "silences",
    `delete from silence where id in (select silence.id ${OF_EACH} cross join silence
      where silence.organization_id = o.id and silence.ends_ms < ?1 - ${keptMs("incidentDays")} limit ?2)`,
  ],
  [
    "commands",
    `delete from command where id in (select command.id ${OF_EACH} cross join command
      where command.organization_id = o.id and command.created_ms < ?1 - ${keptMs("incidentDays")} limit ?2)`,
  ],
  [
    "maintenance windows",
    `delete from maintenance where id in (select maintenance.id ${OF_EACH} cross join maintenance
      where maintenance.organization_id = o.id and maintenance.ends_ms < ?1 - ${MAINTENANCE_MS} limit ?2)`,
  ],
  [
    "lines of the audit log",
    `delete from audit where id in (select audit.id ${OF_EACH} cross join audit
      where audit.organization_id = o.id and audit.at_ms < ?1 - ${keptMs("auditDays")} limit ?2)`,
  ],
];

/**
 * Removes incidents that are over, with what was told, decided and written of them, silences, commands, maintenance and lines of the audit log that are
 * older than their organization keeps them. A part of it in a run. Answers what it cost, in words; null where nothing was too old.
 */
export async function removeOld(d1: D1Database, nowMs: number): Promise<string | null> {
  const results = await d1.batch(STATEMENTS.map(([, statement]) => d1.prepare(statement).bind(nowMs, BATCH)));
  const removed = new Map<string, number>();
  let written = 0;
  for (const [i, { meta }] of results.entries()) {
    const what = STATEMENTS[i]?.[0] ?? "";
    if (meta.changes > 0) removed.set(what, (removed.get(what) ?? 0) + meta.changes);
    written += meta.rows_written;
  }
  if (removed.size === 0) return null;
  const words = [...removed].map(([what, count]) => `${count} ${what}`).join(", ");
  return `removed what was too old: ${words}; ${written} rows written`;
}
