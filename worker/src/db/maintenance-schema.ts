import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Repeats } from "../maintenance/core/recurrence.ts";

/** What people announced. Times are milliseconds since the epoch. */

const organizationId = () => text("organization_id").notNull();
const json = <T>(name: string) => text(name, { mode: "json" }).$type<T>();

/**
 * Maintenance that was announced, once or as one of a series: each time is a row, so that what was stays as it was when the series is changed.
 * Whoever writes one that begins before today has the days folded again (uptime/announced-late.ts).
 */
export const maintenance = sqliteTable(
  "maintenance",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    title: text("title").notNull(),
    /** What the public reads of it. */
    note: text("note").notNull().default(""),
    startsMs: integer("starts_ms").notNull(),
    endsMs: integer("ends_ms").notNull(),
    /** In which it was announced; times count without it. */
    timeZone: text("time_zone").notNull().default("UTC"),
    scope: json<MaintenanceScope>("scope").notNull(),
    /** From then on it does not count any more; what was before stays. */
    cancelledMs: integer("cancelled_ms"),
    /** The series it is one of. */
    seriesId: text("series_id"),
    /** Since when the Fleet knows of it; null while it is to be told. */
    toldMs: integer("told_ms"),
    createdMs: integer("created_ms").notNull(),
  },
  (t) => [
    index("maintenance_organization").on(t.organizationId, t.endsMs),
    // What a Fleet is still to be told of: nearly always none.
    index("maintenance_untold")
      .on(t.organizationId)
      .where(sql`told_ms is null`),
  ],
);

/** What of the organization is under maintenance. A host means all its services; a tag, all hosts that have it by then. */
export type MaintenanceScope =
  | { kind: "all" }
  | { kind: "chosen"; hostIds: string[]; serviceIds: string[]; tags?: string[] };

/** Maintenance that comes again and again. Its times are rows of `maintenance`, some weeks ahead. */
export const maintenanceSeries = sqliteTable(
  "maintenance_series",
  {
    id: text("id").primaryKey(),
    organizationId: organizationId(),
    title: text("title").notNull(),
    note: text("note").notNull(),
    scope: json<MaintenanceScope>("scope").notNull(),
    timeZone: text("time_zone").notNull(),
    /** What the clocks of the zone show when the first begins, and on the last day of all (maintenance/core/zone.ts). */
    startsWallMs: integer("starts_wall_ms").notNull(),
    untilWallMs: integer("until_wall_ms"),
    lengthMs: integer("length_ms").notNull(),
    repeats: text("repeats").$type<Repeats>().notNull(),
    /** Another with each change, by chance: times of an older one are not written any more. */
    version: integer("version").notNull().default(1),
    /** Its times are there up to then. */
    writtenUntilMs: integer("written_until_ms").notNull().default(0),
    /** It does not come again. */
    endedMs: integer("ended_ms"),
    createdMs: integer("created_ms").notNull(),
  },
  (t) => [index("maintenance_series_organization").on(t.organizationId)],
);
