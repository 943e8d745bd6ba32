import type { Env } from "../env.ts";
import { fleetsOf } from "../fleet/core/placement.ts";
import { fleetAt } from "../fleet/fleet-for.ts";
import { hourlySlice } from "./core/hourly-slice.ts";

/** Fleets that are asked in one run, and at once. */
const LIMIT = 500;
const AT_ONCE = 25;

const WITH_HOSTS = `
  select id, coalesce(place, id) as place from organization left join placement on organization_id = id
  where id >= ?1 and (?2 is null or id < ?2) and exists (
    select 1 from host where host.organization_id = organization.id and host.revoked_ms is null and host.link <> 'never'
  )
  and coalesce(place, '') not like 'cell-%'
  order by id limit ${LIMIT}`;

const IN_CELLS = `
  select place, organization_id as id from placement
  where place like 'cell-%' and cast(substr(place, 6) as integer) % 60 = ?1 and exists (
    select 1 from host where host.organization_id = placement.organization_id and host.revoked_ms is null and host.link <> 'never'
  )
  order by place, id`;

/**
 * Sees once an hour that each Fleet of one organization, or of a part of it, has its alarm: silence is found by that alone. A Fleet whose hosts speak sets it by itself; this is for
 * one whose alarm was lost while all of them are quiet. It costs each organization with a host a request an hour, and no row where all is
 * well. Answers how many had lost theirs, or could not be asked.
 */
export async function mendLostAlarms(env: Env, nowMs: number): Promise<string | null> {
  const { from, to } = hourlySlice(nowMs);
  const { results } = await env.DB.prepare(WITH_HOSTS).bind(from, to).all<{ id: string; place: string }>();
  return wakeAll(
    env,
    results.flatMap(({ id, place }) => fleetsOf(place).map((name) => [name, [id]] as const)),
  );
}

/**
 * The same for cells, each in the minute of its number: it is asked once for all that share it, so that one which lost its disk knows them
 * again.
 */
export async function mendLostAlarmsOfCells(env: Env, nowMs: number): Promise<string | null> {
  const minute = Math.floor(nowMs / 60_000) % 60;
  const { results } = await env.DB.prepare(IN_CELLS).bind(minute).all<{ place: string; id: string }>();
  const cells = Map.groupBy(results, ({ place }) => place);
  return wakeAll(
    env,
    [...cells].map(([place, rows]) => [place, rows.map(({ id }) => id)]),
  );
}

async function wakeAll(env: Env, fleets: readonly (readonly [place: string, ids: string[]])[]): Promise<string | null> {
  let mended = 0;
  let failed = 0;
  for (let at = 0; at < fleets.length; at += AT_ONCE) {
    const some = fleets.slice(at, at + AT_ONCE);
    const answers = await Promise.allSettled(some.map(([place, ids]) => fleetAt(env, place).wake(ids)));
    for (const answer of answers) {
      if (answer.status === "rejected") failed++;
      else if (answer.value.mended) mended++;
    }
  }
  return mended + failed === 0
    ? null
    : `${mended} alarms had been lost and are set again; ${failed} Fleets did not answer`;
}
