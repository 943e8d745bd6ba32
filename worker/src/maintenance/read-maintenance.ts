import { and, eq, gt, lt } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { maintenance } from "../db/schema.ts";

/** An organization's maintenance that touches this time; the statement, for a batch. */
export function maintenanceRows(db: DrizzleD1Database, organizationId: string, fromMs: number, toMs: number) {
  const { startsMs, endsMs, scope, cancelledMs } = maintenance;
  return db
    .select({ startsMs, endsMs, scope, cancelledMs })
    .from(maintenance)
    .where(and(eq(maintenance.organizationId, organizationId), gt(endsMs, fromMs), lt(startsMs, toMs)));
}
