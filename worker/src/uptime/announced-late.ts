import { dayStartMs } from "@afloat/shared/core/moment";
import { and, eq, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { type MaintenanceScope } from "../db/maintenance-schema.ts";
import { host } from "../db/schema.ts";

/** Maintenance that changed: what it covers, and the earliest moment of which it now says something else than before. */
export interface Reannounced {
  scope: MaintenanceScope;
  fromMs: number;
}

/**
 * The statement that has days counted again for maintenance that was written, moved or called off for times that are over; for the same
 * batch as the change itself. Null where it touches no day before today. Whoever narrows a scope gives the wider one. Pages show it at once,
 * and the next upkeep folds it. Days from before the organization's flips begin (35 days, unless it set another time) stay as they were
 * counted. One row written for each host.
 */
export function foldAgainFor(
  db: DrizzleD1Database,
  organizationId: string,
  { scope, fromMs }: Reannounced,
  nowMs: number,
) {
  if (fromMs >= dayStartMs(nowMs)) return null;
  return db
    .update(host)
    .set({
      foldTurn: sql`fold_turn + 1`,
      foldedUntilMs: sql`min(folded_until_ms, max(${dayStartMs(fromMs)}, flips_from_ms))`,
    })
    .where(and(eq(host.organizationId, organizationId), hostsOf(organizationId, scope)));
}

/** Those whose own days, or whose services' days, the scope covers. */
function hostsOf(organizationId: string, scope: MaintenanceScope) {
  if (scope.kind === "all") return undefined;
  const listed = (ids: readonly string[]) => sql`(select value from json_each(${JSON.stringify(ids)}))`;
  const tagged = sql`exists (select 1 from json_each(host.tags) where value in ${listed(scope.tags ?? [])})`;
  return sql`(id in ${listed(scope.hostIds)} or ${tagged} or id in (
    select host_id from service where id in ${listed(scope.serviceIds)} and organization_id = ${organizationId}))`;
}
