import type { CommandStep, IncidentKind, PublicStatus, ServiceSnapshot, Verb } from "@afloat/shared/domain";
import { sql } from "drizzle-orm";
import type { Message } from "../alerts/core/alert-types.ts";
import type { Absence } from "../fleet/core/absence.ts";
import type { PackedDay } from "../uptime/core/packed-day.ts";
import { packedUses } from "./packed-uses.ts";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/**
 * The record. Every row of the product belongs to one organization; times are milliseconds since the epoch. Hot tables
 * have few indexes, since each adds a row written. People, sessions and organizations are better-auth's: auth-schema.ts.
 */

const organizationId = () => text("organization_id").notNull();
const json = <T>(name: string) => text(name, { mode: "json" }).$type<T>();

/** Turns a new host into a host credential. The key itself is shown once and stored hashed. */
export const enrolmentKey = sqliteTable(
  "enrolment_key",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    name: text("name").notNull(),
    keyHash: text("key_hash").notNull(),
    singleUse: integer("single_use", { mode: "boolean" }).notNull(),
    tags: json<string[]>("tags").notNull(),
    usedCount: integer("used_count").notNull().default(0),
    createdBy: text("created_by").notNull(),
    createdMs: integer("created_ms").notNull(),
    expiresMs: integer("expires_ms"),
    revokedMs: integer("revoked_ms"),
  },
  (t) => [uniqueIndex("enrolment_key_hash").on(t.keyHash), index("enrolment_key_organization").on(t.organizationId)],
);

/**
 * Which Fleet looks after an organization, where it is not one of its own. Written when the organization is founded, and when it is moved:
 * a setting that changes later moves nobody.
 */
export const placement = sqliteTable(
  "placement",
  {
    organizationId: organizationId().primaryKey(),
    /** The organization's id for a Fleet of its own, `cell-3`, or `ID/4` for four Fleets (fleet/core/placement.ts). */
    place: text("place").notNull(),
    /** Where it is to be moved; until it has left, no Fleet takes it over. It is `place` by then, until it has arrived. */
    nextPlace: text("next_place"),
    /** One more with each move that is asked for: one that was asked for before is not carried out any more. */
    wish: integer("wish").notNull().default(0),
  },
  (t) => [
    index("placement_next")
      .on(t.nextPlace)
      .where(sql`next_place is not null`),
  ],
);

export const host = sqliteTable(
  "host",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    name: text("name").notNull(),
    os: text("os").notNull(),
    arch: text("arch").notNull(),
    tags: json<string[]>("tags").notNull(),
    /** Credentials of an older version are refused. */
    credentialVersion: integer("credential_version").notNull().default(1),
    revokedMs: integer("revoked_ms"),
    agentVersion: text("agent_version"),
    journalId: text("journal_id"),
    bootId: text("boot_id"),
    runId: text("run_id"),
    /** D1 has every event of `journalId` up to this one at least; rows of its services may say more. */
    recordedSeq: integer("recorded_seq").notNull().default(0),
    /** The Fleet's entry that wrote this row last: an older one never overwrites it. */
    position: integer("position").notNull().default(0),
    remote: json<Verb[]>("remote").notNull(),
    link: text("link", { enum: ["never", "online", "silent", "away"] })
      .notNull()
      .default("never"),
    linkSinceMs: integer("link_since_ms").notNull(),
    lastSeenMs: integer("last_seen_ms"),
    /** Silent for longer than this is offline. */
    offlineAfterMs: integer("offline_after_ms").notNull().default(90_000),
    /** Its silence is no alarm: a laptop. */
    sleeps: integer("sleeps", { mode: "boolean" }).notNull().default(false),
    /** Why it is away, and until when. */
    absence: json<Absence | null>("absence"),
    /** Days before this are in `uptime_host_day`, of all its services; from here on the flips tell. The start of a UTC day. */
    foldedUntilMs: integer("folded_until_ms").notNull().default(0),
    /** One more with each flip that came after its day was over: what is being folded meanwhile does not count. */
    foldTurn: integer("fold_turn").notNull().default(0),
    /** Flips before this are removed, but the last one of each subject. */
    flipsFromMs: integer("flips_from_ms").notNull().default(0),
    createdMs: integer("created_ms").notNull(),
  },
  (t) => [index("host_organization").on(t.organizationId)],
);

export const service = sqliteTable(
  "service",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    hostId: text("host_id").notNull(),
    name: text("name").notNull(),
    snapshot: json<ServiceSnapshot>("snapshot").notNull(),
    /** The word before starting or waiting, which the public keeps seeing meanwhile. */
    publicStatus: text("public_status").$type<PublicStatus>().notNull(),
    /** The Fleet's entry that wrote this row last: an older one never overwrites it. */
    seq: integer("seq").notNull(),
    /** With this row, D1 had every event of this journal of its host up to this one: a change then writes no row of the host. */
    journalId: text("journal_id"),
    recordedSeq: integer("recorded_seq"),
    createdMs: integer("created_ms").notNull(),
    removedMs: integer("removed_ms"),
  },
  (t) => [uniqueIndex("service_host_name").on(t.hostId, t.name), index("service_organization").on(t.organizationId)],
);

/**
 * A change of state of a service or of a host's link (subject), at the time it happened. The key makes the same event,
 * told twice, one row; and it is the order in which uptime reads them. WITHOUT ROWID in the migration: one row written.
 */
export const flip = sqliteTable(
  "flip",
  {
    subjectId: text("subject_id").notNull(),
    atMs: integer("at_ms").notNull(),
    journalId: text("journal_id").notNull(),
    seq: integer("seq").notNull(),
    organizationId: organizationId(),
    /** A verdict, or for a host its link word. */
    verdict: text("verdict").notNull(),
    reasonCode: text("reason_code").notNull(),
    reason: text("reason").notNull(),
    publicStatus: text("public_status").$type<PublicStatus>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.subjectId, t.atMs, t.journalId, t.seq] })],
);

export const incident = sqliteTable(
  "incident",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    kind: text("kind").$type<IncidentKind>().notNull(),
    /** The service, or the host for its own incidents. */
    subjectId: text("subject_id").notNull(),
    hostId: text("host_id").notNull(),
    serviceName: text("service_name"),
    title: text("title").notNull(),
    cause: text("cause").notNull(),
    openedMs: integer("opened_ms").notNull(),
    closedMs: integer("closed_ms"),
    evidence: json<IncidentEvidence>("evidence").notNull(),
  },
  (t) => [
    // One open incident of a kind per subject: opened by insert-or-nothing, closed by compare-and-set.
    uniqueIndex("incident_open")
      .on(t.subjectId, t.kind)
      .where(sql`closed_ms is null`),
    index("incident_organization").on(t.organizationId, t.openedMs),
    // Open ones, and those that ended of late, however long ago they began.
    index("incident_closed").on(t.organizationId, t.closedMs),
  ],
);

/** What a person needs at three in the morning, kept as it was when the incident opened. */
export interface IncidentEvidence {
  lastLines: string[];
  exit: string | null;
  restarts: number | null;
  spanMs: number | null;
  causeCode: string | null;
  /** Of hosts that fell silent together; absent in all else. */
  many?: ManySilent;
}

/** Hosts that fell silent together. */
export interface ManySilent {
  /** Those that are silent still. */
  hosts: { id: string; name: string }[];
  /** So many fell silent, of so many that were online. */
  fell: number;
  of: number;
  /** When the first and the last of them were heard last. */
  fromMs: number;
  toMs: number;
  /** The same by shard, of an organization that is spread over several Fleets. */
  parts?: Record<number, { fell: number; of: number }>;
}

/**
 * Where somebody is told. `url` and `sealed_secret` are a webhook's, as a Worker of before reads them; what every kind needs is in
 * `settings` and `sealed_settings` (channels/channel-store.ts).
 */
export const channel = sqliteTable(
  "channel",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    /** One of channels/kinds.ts. */
    kind: text("kind").notNull(),
    name: text("name").notNull(),
    url: text("url").notNull(),
    /** `whsec_…`, encrypted under AFLOAT_SECRET. */
    sealedSecret: text("sealed_secret").notNull(),
    /** What may be shown; null in a row that a Worker of before wrote. */
    settings: json<Record<string, unknown>>("settings"),
    /** JSON of what must not be shown, encrypted under AFLOAT_SECRET; null in a row that a Worker of before wrote. */
    sealedSettings: text("sealed_settings"),
    createdMs: integer("created_ms").notNull(),
    /** Nothing goes out on it since then. */
    disabledMs: integer("disabled_ms"),
    /** Its secrets are gone since then; the row stays for the name of what was sent. */
    removedMs: integer("removed_ms"),
    /** When whoever is told agreed to it; only e-mail asks. */
    confirmedMs: integer("confirmed_ms"),
  },
  (t) => [index("channel_organization").on(t.organizationId)],
);

/**
 * One thing to tell. An incident that opened or closed is written by its Fleet; what becomes of it, by Alerts, which adds what else is told of
 * it: `reminder.1`. Its id, `<incident>.<phase>`, is the idempotency key of every delivery.
 */
export const notice = sqliteTable(
  "notice",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    incidentId: text("incident_id").notNull(),
    /** `opened`, `closed`, or what else is told of it, numbered: `reminder.2`. */
    phase: text("phase").notNull(),
    createdMs: integer("created_ms").notNull(),
    /** critical, error, warning, info; null where it was told before there were any, or not by itself. */
    severity: text("severity"),
    /** What was told, words included; null where it was told before there were words, or not by itself. */
    message: json<Message>("message"),
  },
  (t) => [uniqueIndex("notice_incident_phase").on(t.incidentId, t.phase)],
);

/** One attempt to tell one channel. */
export const delivery = sqliteTable(
  "delivery",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    noticeId: text("notice_id").notNull(),
    channelId: text("channel_id").notNull(),
    attempt: integer("attempt").notNull(),
    atMs: integer("at_ms").notNull(),
    ok: integer("ok", { mode: "boolean" }).notNull(),
    /** HTTP status, or null where there was no answer. */
    status: integer("status"),
    /** The first bytes of the answer, or the error. */
    answer: text("answer").notNull(),
    tookMs: integer("took_ms").notNull(),
    /** `heard`, `retry`, `refused`; null for those of before there were any. */
    outcome: text("outcome"),
  },
  (t) => [index("delivery_notice").on(t.noticeId), index("delivery_organization").on(t.organizationId, t.atMs)],
);

export const command = sqliteTable(
  "command",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    hostId: text("host_id").notNull(),
    serviceName: text("service_name").notNull(),
    verb: text("verb").$type<Verb>().notNull(),
    step: text("step").$type<CommandStep>().notNull(),
    steps: json<{ step: CommandStep; atMs: number; detail: string }[]>("steps").notNull(),
    byUserId: text("by_user_id").notNull(),
    byName: text("by_name").notNull(),
    createdMs: integer("created_ms").notNull(),
    expiresMs: integer("expires_ms").notNull(),
  },
  (t) => [index("command_organization").on(t.organizationId, t.createdMs)],
);

export const statusPage = sqliteTable(
  "status_page",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    slug: text("slug").notNull(),
    title: text("title").notNull(),
    /** Every service of the organization, or only those listed as components. */
    shows: text("shows", { enum: ["all", "chosen"] }).notNull(),
    publishedMs: integer("published_ms"),
    createdMs: integer("created_ms").notNull(),
  },
  (t) => [uniqueIndex("status_page_slug").on(t.slug)],
);

/** How a service is named, grouped and ordered for the public. */
export const statusComponent = sqliteTable(
  "status_component",
  {
    pageId: text("page_id").notNull(),
    serviceId: text("service_id").notNull(),
    organizationId: organizationId(),
    name: text("name").notNull(),
    groupName: text("group_name"),
    position: integer("position").notNull(),
  },
  (t) => [primaryKey({ columns: [t.pageId, t.serviceId] })],
);

/**
 * What a host's services used in an hour, for charts. The slot is the hour's number by the length of what is kept
 * (fleet/core/sample-slot.ts): rows are written over, never deleted. WITHOUT ROWID in the migration: one row written. The row of an even
 * hour may carry the one after it. Told anew in another way an hour may stand in its own row as well: it is that which saw more of it.
 */
export const sampleHour = sqliteTable(
  "sample_hour",
  {
    hostId: text("host_id").notNull(),
    slot: integer("slot").notNull(),
    organizationId: organizationId(),
    hourMs: integer("hour_ms").notNull(),
    /** How much of the hour was looked at. */
    coveredMs: integer("covered_ms").notNull(),
    services: packedUses("services").notNull(),
    /** The hour after it. */
    nextCoveredMs: integer("next_covered_ms"),
    nextServices: packedUses("next_services"),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.slot] })],
);

/**
 * A UTC day of a host, folded from its services' flips once the day is over. A day of which nothing is known has no row. WITHOUT ROWID in
 * the migration: one row written.
 */
export const uptimeHostDay = sqliteTable(
  "uptime_host_day",
  {
    hostId: text("host_id").notNull(),
    /** Days since the epoch. */
    day: integer("day").notNull(),
    organizationId: organizationId(),
    /** By name, those of which anything is known (uptime/core/packed-day.ts). */
    services: json<Record<string, PackedDay>>("services").notNull(),
  },
  (t) => [primaryKey({ columns: [t.hostId, t.day] })],
);

/**
 * The same of one service, as Workers of before `uptime_host_day` wrote it; how long each status held, milliseconds. It is read until it is
 * too old; of a day that is in both this one is newer, since whoever folds into the other removes it.
 */
export const uptimeDay = sqliteTable(
  "uptime_day",
  {
    serviceId: text("service_id").notNull(),
    /** Days since the epoch. */
    day: integer("day").notNull(),
    organizationId: organizationId(),
    operationalMs: integer("operational_ms").notNull(),
    degradedMs: integer("degraded_ms").notNull(),
    outageMs: integer("outage_ms").notNull(),
    maintenanceMs: integer("maintenance_ms").notNull(),
    unknownMs: integer("unknown_ms").notNull(),
  },
  (t) => [primaryKey({ columns: [t.serviceId, t.day] })],
);

/** How long an organization keeps what, in days. Without a row, the defaults hold (retention/core/retention.ts). */
export const retention = sqliteTable("retention", {
  organizationId: text("organization_id").primaryKey(),
  flipDays: integer("flip_days").notNull(),
  uptimeDays: integer("uptime_days").notNull(),
  incidentDays: integer("incident_days").notNull(),
  auditDays: integer("audit_days").notNull(),
});

/** Who did what, append-only. */
export const audit = sqliteTable(
  "audit",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    atMs: integer("at_ms").notNull(),
    actorKind: text("actor_kind", { enum: ["person", "host", "operator", "system"] }).notNull(),
    actorId: text("actor_id").notNull(),
    actorName: text("actor_name").notNull(),
    action: text("action").notNull(),
    target: text("target").notNull(),
    detail: json<Record<string, string | number | boolean | null>>("detail").notNull(),
  },
  (t) => [index("audit_organization").on(t.organizationId, t.atMs)],
);
