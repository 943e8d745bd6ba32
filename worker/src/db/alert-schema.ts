import type { Run } from "../heartbeats/core/heartbeat.ts";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * What people are told, why, and what they answered. Times are milliseconds since the epoch. `channel`, `notice` and `delivery` are in schema.ts.
 */

const organizationId = () => text("organization_id").notNull();
const json = <T>(name: string) => text(name, { mode: "json" }).$type<T>();

/**
 * The incidents that a notice is about, beyond the one that it is named after: of a hundred services of one host there is one notice.
 * WITHOUT ROWID in the migration: one row written.
 */
export const alertIncident = sqliteTable(
  "alert_incident",
  {
    incidentId: text("incident_id").notNull(),
    noticeId: text("notice_id").notNull(),
    organizationId: organizationId(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.noticeId] })],
);

/** Why somebody was told of an incident, or was not, in words. WITHOUT ROWID in the migration: one row written. */
export const alertWhy = sqliteTable(
  "alert_why",
  {
    incidentId: text("incident_id").notNull(),
    atMs: integer("at_ms").notNull(),
    /** Among those of the same moment. */
    position: integer("position").notNull(),
    organizationId: organizationId(),
    why: json<object>("why").notNull(),
  },
  (t) => [primaryKey({ columns: [t.incidentId, t.atMs, t.position] })],
);

/** Whom to tell of what, in the order in which they are tried. What a rule says is parsed where it is read and written. */
export const alertRule = sqliteTable(
  "alert_rule",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    position: integer("position").notNull(),
    rule: json<object>("rule").notNull(),
    createdMs: integer("created_ms").notNull(),
    changedMs: integer("changed_ms").notNull(),
  },
  (t) => [index("alert_rule_organization").on(t.organizationId, t.position)],
);

/** Nobody is told of what it matches, until it ends. */
export const silence = sqliteTable(
  "silence",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    matcher: json<object>("matcher").notNull(),
    reason: text("reason").notNull(),
    startsMs: integer("starts_ms").notNull(),
    endsMs: integer("ends_ms").notNull(),
    /** Ended by a person before its time. */
    endedMs: integer("ended_ms"),
    byUserId: text("by_user_id").notNull(),
    byName: text("by_name").notNull(),
    createdMs: integer("created_ms").notNull(),
  },
  (t) => [index("silence_organization").on(t.organizationId, t.endsMs)],
);

/** Somebody looks after it: no more reminders, no more steps. The first one counts. */
export const acknowledgement = sqliteTable("acknowledgement", {
  incidentId: text("incident_id").primaryKey(),
  organizationId: organizationId(),
  atMs: integer("at_ms").notNull(),
  /** `page`: signed in. `link`: by the signed link in a message; who followed it is known by its channel alone. */
  via: text("via", { enum: ["page", "link"] }).notNull(),
  byId: text("by_id").notNull(),
  byName: text("by_name").notNull(),
});

/** What people wrote about an incident. */
export const incidentNote = sqliteTable(
  "incident_note",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    incidentId: text("incident_id").notNull(),
    atMs: integer("at_ms").notNull(),
    byUserId: text("by_user_id").notNull(),
    byName: text("by_name").notNull(),
    text: text("text").notNull(),
  },
  (t) => [index("incident_note_incident").on(t.incidentId, t.atMs)],
);

/** An address that is called every so often while all is well here: whoever waits for it notices that nothing comes. One for each organization. */
export const heartbeatOut = sqliteTable("heartbeat_out", {
  organizationId: organizationId().primaryKey(),
  /** Whoever knows it can pretend to be us: sealed, as a channel's secret. */
  sealedUrl: text("sealed_url").notNull(),
  createdMs: integer("created_ms").notNull(),
  intervalMs: integer("interval_ms").notNull().default(60_000),
  /** When it is due. */
  nextMs: integer("next_ms").notNull().default(0),
  calledMs: integer("called_ms"),
  heardMs: integer("heard_ms"),
  /** The first bytes of what it answered last. */
  answer: text("answer"),
  /** How it went, the latest first. */
  runs: json<Run[]>("runs"),
});

/** When something of the Worker's own happened last: what `/healthz` goes by. */
export const workerPulse = sqliteTable("worker_pulse", {
  name: text("name").primaryKey(),
  atMs: integer("at_ms").notNull(),
  /** How late it was, milliseconds. */
  lagMs: integer("lag_ms").notNull(),
});

/** Organizations with something that waits for longer than a minute to be heard by its channel. No row where all is told. */
export const alertBacklog = sqliteTable("alert_backlog", {
  organizationId: organizationId().primaryKey(),
  waiting: integer("waiting").notNull(),
  oldestMs: integer("oldest_ms").notNull(),
  atMs: integer("at_ms").notNull(),
});
