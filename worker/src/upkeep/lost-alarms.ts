import type { Env } from "../env.ts";
import { fleetFor } from "../fleet/fleet-for.ts";
import { hourlySlice } from "./core/hourly-slice.ts";

/** Fleets that are asked in one run, and at once. */
const LIMIT = 500;
const AT_ONCE = 25;

const WITH_HOSTS = `
  select id from organization
  where id >= ?1 and (?2 is null or id < ?2) and exists (
    select 1 from host where host.organization_id = organization.id and host.revoked_ms is null and host.link <> 'never'
  )
  order by id limit ${LIMIT}`;

/**
 * Sees once an hour that each Fleet has its alarm: silence is found by that alone. A Fleet whose hosts speak sets it by itself; this is for
 * one whose alarm was lost while all of them are quiet. It costs each organization with a host a request an hour, and no row where all is
 * well. Answers how many had lost theirs, or could not be asked.
 */
export async function mendLostAlarms(env: Env, nowMs: number): Promise<string | null> {
  const { from, to } = hourlySlice(nowMs);
  const { results } = await env.DB.prepare(WITH_HOSTS).bind(from, to).all<{ id: string }>();
  let mended = 0;
  let failed = 0;
  for (let at = 0; at < results.length; at += AT_ONCE) {
    const some = results.slice(at, at + AT_ONCE);
    const answers = await Promise.allSettled(some.map(({ id }) => fleetFor(env, id).wake(id)));
    for (const answer of answers) {
      if (answer.status === "rejected") failed++;
      else if (answer.value.mended) mended++;
    }
  }
  return mended + failed === 0
    ? null
    : `${mended} alarms had been lost and are set again; ${failed} Fleets did not answer`;
}
