import type { maintenanceSeries } from "../db/maintenance-schema.ts";
import { occurrencesOf } from "./core/recurrence.ts";

/** The times of a series are there so long ahead, milliseconds. */
export const AHEAD_MS = 62 * 86_400_000;

/** A series as its times are made of it. */
export type Series = typeof maintenanceSeries.$inferSelect;

/**
 * The statements that write a series' times from `fromMs` on, some weeks ahead, as rows of their own. Written twice it is the same; of a series that
 * was changed meanwhile nothing is written. A time that is there already, or that a person called off, is left as it is: each day has one.
 * `comesAgain`: the series is at another time of the day by now, so that it comes once more on a day whose time is over.
 */
export function timesOf(
  d1: D1Database,
  series: Series,
  fromMs: number,
  nowMs: number,
  comesAgain = false,
): D1PreparedStatement[] {
  const { id, organizationId, title, note, timeZone, scope, version } = series;
  const untilMs = Math.max(fromMs, nowMs) + AHEAD_MS;
  const rows = occurrencesOf(series, fromMs, untilMs).map(({ date, startsMs, endsMs }) => {
    return { id: `${id}.${date}`, startsMs, endsMs };
  });
  const same = JSON.stringify({ organizationId, title, note, timeZone, scope, createdMs: nowMs });
  return [
    d1.prepare(PUT_TIMES).bind(JSON.stringify(rows), same, id, version, comesAgain ? 1 : 0),
    d1.prepare(PUT_WRITTEN).bind(untilMs, id, version),
  ];
}

const PUT_TIMES = `
  insert into maintenance (id, organization_id, title, note, starts_ms, ends_ms, time_zone, scope, series_id, created_ms)
  select value ->> 'id' || iif(over.id is null, '', '.' || cast(?4 as integer)),
    ?2 ->> 'organizationId', ?2 ->> 'title', ?2 ->> 'note', value ->> 'startsMs', value ->> 'endsMs',
    ?2 ->> 'timeZone', ?2 -> 'scope', ?3, ?2 ->> 'createdMs'
  from json_each(?1)
  left join maintenance as over on over.id = value ->> 'id' and over.cancelled_ms is null
    and over.ends_ms <= ?2 ->> 'createdMs' and over.starts_ms <> value ->> 'startsMs' and ?5 = 1 and not exists (
      select 1 from maintenance as off where off.id glob value ->> 'id' || '.*' and off.cancelled_ms is not null
    )
  where exists (select 1 from maintenance_series where id = ?3 and version = ?4 and ended_ms is null)
  on conflict (id) do nothing`;

const PUT_WRITTEN = `
  update maintenance_series set written_until_ms = ?1
  where id = ?2 and version = ?3 and ended_ms is null and written_until_ms < ?1`;
