import { DAY_MS } from "@afloat/shared/core/moment";
import { dayOf, type UptimeDay } from "@afloat/shared/core/uptime";
import { sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import * as v from "valibot";
import { unpackDay } from "./core/packed-day.ts";

/** A service whose folded days are asked for: from inclusive to exclusive, each the start of a UTC day. */
export interface DaysOf {
  id: string;
  hostId: string;
  name: string;
  organizationId: string;
  fromMs: number;
  toMs: number;
}

/** The folded days of each service, oldest first, as far as anything is known of them. D1 reads the rows that are answered, alone. */
export async function readFoldedDays(
  db: DrizzleD1Database,
  services: readonly DaysOf[],
): Promise<Map<string, UptimeDay[]>> {
  const asked = services.filter(({ fromMs, toMs }) => fromMs < toMs);
  if (asked.length === 0) return new Map();
  const [ofHosts, ofServices] = await Promise.all([readHostDays(db, asked), readServiceDays(db, asked)]);
  return new Map(
    asked.map(({ id, hostId, name }) => {
      const days = new Map(
        (ofHosts.get(hostId) ?? []).flatMap(([day, packed]): [number, UptimeDay][] => {
          const own = packed[name];
          return own === undefined ? [] : [[day * DAY_MS, dayOf(day * DAY_MS, unpackDay(own))]];
        }),
      );
      for (const day of ofServices.get(id) ?? []) days.set(day.startMs, day);
      return [id, [...days.values()].toSorted((a, b) => a.startMs - b.startMs)];
    }),
  );
}

const toldOfHost = v.array(v.tuple([v.number(), v.record(v.string(), v.array(v.number()))]));

/** One row for each host and day, with all services of the host in it. */
async function readHostDays(db: DrizzleD1Database, asked: readonly DaysOf[]) {
  const hosts = new Map<string, ReturnType<typeof windowOf>>();
  for (const service of asked) {
    const { fromDay, toDay } = hosts.get(service.hostId) ?? windowOf(service, service.hostId);
    const own = windowOf(service, service.hostId);
    const widest = { fromDay: Math.min(fromDay, own.fromDay), toDay: Math.max(toDay, own.toDay) };
    hosts.set(service.hostId, { ...own, ...widest });
  }
  const rows = await db.all<{ hostId: string; days: string }>(sql`
    select host.value ->> 'id' as hostId, (
      select json_group_array(json_array(day, json(services))) from (
        select day, services from uptime_host_day
        where host_id = host.value ->> 'id' and organization_id = host.value ->> 'organizationId'
          and day >= host.value ->> 'fromDay' and day < host.value ->> 'toDay'
      )
    ) as days
    from json_each(${JSON.stringify([...hosts.values()])}) as host`);
  return new Map(rows.map(({ hostId, days }) => [hostId, v.parse(toldOfHost, JSON.parse(days))]));
}

const toldOfService = v.array(v.tuple([v.number(), v.number(), v.number(), v.number(), v.number(), v.number()]));

/** One row for each service and day: what a Worker of before folded. */
async function readServiceDays(db: DrizzleD1Database, asked: readonly DaysOf[]) {
  const windows = asked.map((service) => windowOf(service, service.id));
  const rows = await db.all<{ serviceId: string; days: string }>(sql`
    select service.value ->> 'id' as serviceId, (
      select json_group_array(json_array(day, operational_ms, degraded_ms, outage_ms, maintenance_ms, unknown_ms)) from (
        select * from uptime_day
        where service_id = service.value ->> 'id' and organization_id = service.value ->> 'organizationId'
          and day >= service.value ->> 'fromDay' and day < service.value ->> 'toDay'
      )
    ) as days
    from json_each(${JSON.stringify(windows)}) as service`);
  return new Map(rows.map(({ serviceId, days }) => [serviceId, daysOf(days)]));
}

function daysOf(json: string): UptimeDay[] {
  return v
    .parse(toldOfService, JSON.parse(json))
    .map(([day, operational, degraded_performance, outage, maintenance, unknown]) =>
      dayOf(day * DAY_MS, { operational, degraded_performance, outage, maintenance, unknown }),
    );
}

function windowOf({ organizationId, fromMs, toMs }: DaysOf, id: string) {
  return { id, organizationId, fromDay: fromMs / DAY_MS, toDay: toMs / DAY_MS };
}
