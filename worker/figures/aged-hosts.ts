import { env } from "cloudflare:workers";
import { DEFAULT_RETENTION } from "../src/retention/core/retention.ts";
import { databaseBytes } from "./counted-database.ts";
import type { TestHost } from "../test/ground.ts";

const DAY_MS = 86_400_000;
/** Enough of a kind that what one takes is not lost in a page. */
const ROWS_FOR_SIZE = 20_000;

/**
 * Makes hosts as old as retention reaches: yesterday is to be folded, and the changes of one day and the uptime of one day are too
 * old. Answers the bytes that a change and a day of uptime take.
 */
export async function ageHosts(
  hosts: readonly TestHost[],
  services: readonly string[],
  changesADay: number,
): Promise<{ flip: number; hostDay: number }> {
  const today = Math.floor(Date.now() / DAY_MS);
  await env.DB.prepare(`update host set created_ms = ?1, folded_until_ms = ?2, flips_from_ms = ?3`)
    .bind((today - 500) * DAY_MS, (today - 1) * DAY_MS, (today - 36) * DAY_MS)
    .run();
  await env.DB.prepare(`update service set created_ms = ?1`)
    .bind((today - 500) * DAY_MS)
    .run();
  for (const host of hosts) {
    const ids = services.map((name) => `${host.id}.${name}`);
    // What held all along, and the changes of a day of one service: the last of them is kept, since it tells what held after it.
    for (const id of [host.id, ...ids]) await putFlips(host.organizationId, id, 1, (today - 40) * DAY_MS);
    await putFlips(host.organizationId, ids[0] ?? "", changesADay, (today - 36) * DAY_MS);
    await putDay(host, services, today - DEFAULT_RETENTION.uptimeDays - 1);
  }
  const before = await databaseBytes();
  await fillFlips(today * DAY_MS);
  const between = await databaseBytes();
  await fillDays(services, today);
  const after = await databaseBytes();
  return { flip: (between - before) / ROWS_FOR_SIZE, hostDay: (after - between) / ROWS_FOR_SIZE };
}

/** Changes, the last a second before `beforeMs`. */
async function putFlips(organizationId: string, subjectId: string, count: number, beforeMs: number): Promise<void> {
  await env.DB.prepare(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
     insert into flip (subject_id, at_ms, journal_id, seq, organization_id, verdict, reason_code, reason, public_status)
     select ?2, ?3 - i * 1000, '01jd8x3m9q7k', ?1 - i, ?4, iif(i % 2, 'online', 'down'), iif(i % 2, 'endpoint-ok', 'exited'),
       iif(i % 2, 'the endpoint answered 200', 'exited with code 3, restarting in 1 s'), iif(i % 2, 'operational', 'outage')
     from n`,
  )
    .bind(count, subjectId, beforeMs, organizationId)
    .run();
}

/** A day on which each of these services was away for some minutes. */
function dayOf(services: readonly string[]): string {
  return JSON.stringify(Object.fromEntries(services.map((name, i) => [name, [0, 400_000 + i]])));
}

async function putDay(of: TestHost, services: readonly string[], day: number): Promise<void> {
  await env.DB.prepare("insert into uptime_host_day (host_id, day, organization_id, services) values (?, ?, ?, ?)")
    .bind(of.id, day, of.organizationId, dayOf(services))
    .run();
}

/** Changes of two hundred services in the order in which they come: of one after the other, so that pages are as full as they become. */
async function fillFlips(beforeMs: number): Promise<void> {
  await env.DB.prepare(
    `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ?1)
     insert into flip (subject_id, at_ms, journal_id, seq, organization_id, verdict, reason_code, reason, public_status)
     select 'q3m9q7k01jd8x3m9q7k01jd8.service-' || (i % 200), ?2 - ?1 + i, '01jd8x3m9q7k', i, '01jd8x3m9q7k01jd8x3m9q7k',
       iif(i % 2, 'down', 'healthy'), iif(i % 2, 'exited', 'endpoint-ok'),
       iif(i % 2, 'exited with code 3, restarting in 1 s', 'the endpoint answered 200'), iif(i % 2, 'outage', 'operational')
     from n`,
  )
    .bind(ROWS_FOR_SIZE, beforeMs)
    .run();
}

/** Days of two hundred hosts, day by day. */
async function fillDays(services: readonly string[], lastDay: number): Promise<void> {
  await env.DB.prepare(
    `with recursive n(i) as (select 0 union all select i + 1 from n where i + 1 < ?1)
     insert into uptime_host_day (host_id, day, organization_id, services)
     select 'q3m9q7k01jd8x3m9q7k01' || (100 + i % 200), ?2 - ?1 / 200 + i / 200, '01jd8x3m9q7k01jd8x3m9q7k', ?3 from n`,
  )
    .bind(ROWS_FOR_SIZE, lastDay, dayOf(services))
    .run();
}
