import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { readStatusFacts } from "../src/status/status-facts.ts";
import { countRowsRead } from "../test/rows-read.ts";
import { makeHost } from "../test/ground.ts";
import { addFlips, addService, DAY, makePage } from "../test/status-ground.ts";
import { say } from "./counted-database.ts";

const SERVICES = 100;
/** As many as a host has. */
const SERVICES_A_HOST = 8;
const DAYS = 90;
/** Of a service, in turns: what twenty a day of a host with eight services come to. */
const CHANGES_TODAY = [2, 3];

it("what a status page of 100 services and 90 days reads is counted", async () => {
  const { host, slug } = await makePage();
  const nowMs = Date.now();
  const today = Math.floor(nowMs / DAY);
  const hosts = [host];
  while (hosts.length * SERVICES_A_HOST < SERVICES) {
    hosts.push(await makeHost(host.organizationId, `host-${hosts.length}`));
  }
  for (let i = 0; i < SERVICES; i++) {
    const of = hosts[Math.floor(i / SERVICES_A_HOST)] ?? host;
    const id = await addService(of, `service-${i}`, { createdMs: nowMs - 200 * DAY });
    await addFlips(of, id, CHANGES_TODAY[i % 2] ?? 0, nowMs);
  }
  await env.DB.prepare(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
     insert into uptime_host_day (host_id, day, organization_id, services)
     select host_id, ?2 - i, organization_id, json_group_object(name, json_array(0, 400000)) from n cross join service group by 1, 2`,
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
