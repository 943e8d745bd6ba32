import type { Env } from "../env.ts";
import { fleetsFor } from "../fleet/fleet-for.ts";
import type { Mended } from "../fleet/reconcile.ts";
import { isItsHour } from "./core/hour-of-day.ts";
import { hourlySlice } from "./core/hourly-slice.ts";

const AT_ONCE = 10;

const WITH_HOSTS = `
  select id from organization
  where id >= ?1 and (?2 is null or id < ?2) and exists (
    select 1 from host where host.organization_id = organization.id and host.revoked_ms is null and host.link <> 'never'
  )
  order by id`;

/**
 * Sees once a day that each Fleet and the database agree, and has mended what does not. It costs each organization with a host a request a
 * day and some rows read, and no row written where all agrees. Answers what was mended, and how many could not be asked.
 */
export async function reconcileFleets(env: Env, nowMs: number): Promise<string | null> {
  const { from, to } = hourlySlice(nowMs);
  const { results } = await env.DB.prepare(WITH_HOSTS).bind(from, to).all<{ id: string }>();
  const due = results.filter(({ id }) => isItsHour(id, nowMs));
  const mended = new Map<string, number>();
  let failed = 0;
  for (let at = 0; at < due.length; at += AT_ONCE) {
    const some = due.slice(at, at + AT_ONCE);
    const answers = await Promise.allSettled(some.map(({ id }) => fleetsFor(env, id, (fleet) => fleet.reconcile(id))));
    for (const answer of answers) {
      if (answer.status === "rejected") failed++;
      else for (const of of answer.value) add(mended, of);
    }
  }
  if (mended.size + failed === 0) return null;
  const words = [...mended].map(([kind, count]) => `${count} ${kind}`).join(", ");
  return `mended ${words === "" ? "nothing" : words}; Fleets of ${failed} organizations could not be asked`;
}

function add(sum: Map<string, number>, mended: Mended): void {
  for (const [kind, count] of Object.entries(mended)) sum.set(kind, (sum.get(kind) ?? 0) + count);
}
