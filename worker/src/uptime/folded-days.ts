import { DAY_MS } from "@afloat/shared/core/moment";
import { dayOf, type UptimeDay } from "@afloat/shared/core/uptime";
import { sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import * as v from "valibot";

/** A service whose folded days are asked for: from inclusive to exclusive, each the start of a UTC day. */
export interface DaysOf {
  id: string;
  organizationId: string;
  fromMs: number;
  toMs: number;
}

const told = v.array(v.tuple([v.number(), v.number(), v.number(), v.number(), v.number(), v.number()]));

/** The folded days of each service, oldest first, as far as anything is known of them. D1 reads the rows that are answered, alone. */
export async function readFoldedDays(
  db: DrizzleD1Database,
  services: readonly DaysOf[],
): Promise<Map<string, UptimeDay[]>> {
  const asked = services
    .filter(({ fromMs, toMs }) => fromMs < toMs)
    .map(({ fromMs, toMs, ...of }) => ({ ...of, fromDay: fromMs / DAY_MS, toDay: toMs / DAY_MS }));
  if (asked.length === 0) return new Map();
  const rows = await db.all<{ serviceId: string; days: string }>(sql`
    select service.value ->> 'id' as serviceId, (
      select json_group_array(json_array(day, operational_ms, degraded_ms, outage_ms, maintenance_ms, unknown_ms)) from (
        select * from uptime_day
        where service_id = service.value ->> 'id' and organization_id = service.value ->> 'organizationId'
          and day >= service.value ->> 'fromDay' and day < service.value ->> 'toDay'
        order by day
      )
    ) as days
    from json_each(${JSON.stringify(asked)}) as service`);
  return new Map(rows.map(({ serviceId, days }) => [serviceId, daysOf(days)]));
}

function daysOf(json: string): UptimeDay[] {
  return v
    .parse(told, JSON.parse(json))
    .map(([day, operational, degraded_performance, outage, maintenance, unknown]) =>
      dayOf(day * DAY_MS, { operational, degraded_performance, outage, maintenance, unknown }),
    );
}
