import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { readStatusFacts } from "../src/status/status-facts.ts";
import { countRowsRead } from "../test/rows-read.ts";
import { addFlips, addService, DAY, makePage } from "../test/status-ground.ts";
import { say } from "./counted-database.ts";

const SERVICES = 100;
const DAYS = 90;
/** Of a service, in turns: what twenty a day of a host with eight services come to. */
const CHANGES_TODAY = [2, 3];

it("what a status page of 100 services and 90 days reads is counted", async () => {
  const { host, slug } = await makePage();
  const nowMs = Date.now();
  const today = Math.floor(nowMs / DAY);
  for (let i = 0; i < SERVICES; i++) {
    const id = await addService(host, `service-${i}`, { createdMs: nowMs - 200 * DAY });
    await addFlips(host, id, CHANGES_TODAY[i % 2] ?? 0, nowMs);
  }
  await env.DB.prepare(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
     insert into uptime_day (service_id, day, organization_id, operational_ms, degraded_ms, outage_ms, maintenance_ms, unknown_ms)
     select service.id, ?2 - i, service.organization_id, 86000000, 0, 400000, 0, 0 from n cross join service`,
  )
    .bind(DAYS - 1, today)
    .run();
  await env.DB.prepare("update host set folded_until_ms = ?1")
    .bind(today * DAY)
    .run();
  const counted = countRowsRead(env.DB);
  const facts = await readStatusFacts(counted.d1, slug, nowMs);
  expect(facts?.components.map(({ folded }) => folded.length)).toEqual(
    Array.from({ length: SERVICES }, () => DAYS - 1),
  );
  say({ status: { services: SERVICES, rowsRead: counted.rowsRead() } });
});
