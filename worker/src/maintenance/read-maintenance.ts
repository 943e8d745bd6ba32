import { and, eq, gt, lt, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import * as v from "valibot";
import { maintenance, type MaintenanceScope } from "../db/maintenance-schema.ts";

const ids = v.array(v.string());

/** An organization's maintenance that touches this time, in its order; of a tag, the hosts that have it now. */
export async function readMaintenance(
  db: DrizzleD1Database,
  organizationId: string,
  { fromMs, toMs, limit = 2000 }: { fromMs: number; toMs: number; limit?: number },
) {
  const rows = await db
    .select({ row: maintenance, tagged: TAGGED })
    .from(maintenance)
    .where(
      and(
        eq(maintenance.organizationId, organizationId),
        gt(maintenance.endsMs, fromMs),
        lt(maintenance.startsMs, toMs),
      ),
    )
    .orderBy(maintenance.startsMs, maintenance.id)
    .limit(limit);
  return rows.map(({ row, tagged }) => ({ ...row, scope: withTagged(row.scope, tagged) }));
}

/** Hosts are read only where a tag stands. */
const TAGGED = sql<string | null>`case when json_array_length(${maintenance.scope}, '$.tags') > 0 then (
  select json_group_array(host.id) from host
  where host.organization_id = ${maintenance.organizationId} and host.revoked_ms is null and exists (
    select 1 from json_each(host.tags) as own join json_each(${maintenance.scope}, '$.tags') as wanted on wanted.value = own.value
  )
) end`;

function withTagged(scope: MaintenanceScope, tagged: string | null): MaintenanceScope {
  if (scope.kind === "all" || tagged === null) return scope;
  return { ...scope, hostIds: [...new Set([...scope.hostIds, ...v.parse(ids, JSON.parse(tagged))])] };
}
