import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { fleetsOf, isWith, shardsPlace } from "../src/fleet/core/placement.ts";
import { readFirstView } from "../src/fleet/first-view.ts";
import { fleetAt } from "../src/fleet/fleet-for.ts";
import { readFleetView } from "../src/fleet/fleet-view.ts";
import { loadWatched } from "../src/fleet/load-host.ts";
import { readRecorded } from "../src/fleet/read-recorded.ts";
import { placeIn, ring } from "./cells.ts";
import { makeOrganization } from "./ground.ts";
import { countRowsRead } from "./rows-read.ts";
import { makeHostAt, makeSpread } from "./shards.ts";
import { snapshot, TestAgent, turn } from "./test-agent.ts";

/** 8,000 for the figures in the docs. */
const HOSTS = 800;
const SERVICES = 4;
const OF = 4;
const nowMs = Date.UTC(2026, 10, 26, 12);

let organizationId: string;

/** Hosts that are online, each with so many services and a change of each. */
beforeAll(async () => {
  organizationId = await makeOrganization();
  await env.DB.prepare(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ?1)
     insert into host (id, organization_id, name, os, arch, tags, remote, link, link_since_ms, created_ms)
     select 's' || i || 'x' || i, ?2, 'host-' || i, 'Debian', 'x64', '[]', '[]', 'online', 0, 0 from n`,
  )
    .bind(HOSTS, organizationId)
    .run();
  for (let i = 0; i < SERVICES; i++) {
    await env.DB.prepare(
      `insert into service (id, organization_id, host_id, name, snapshot, public_status, seq, created_ms)
       select id || '.service-' || ?1, organization_id, id, 'service-' || ?1, ?2, 'operational', 1, 0 from host where organization_id = ?3`,
    )
      .bind(i, JSON.stringify(snapshot({ name: `service-${i}` })), organizationId)
      .run();
  }
});

afterEach(() => {
  vi.useRealTimers();
});

/** Rows that are read for one Fleet, and for each of several together. */
async function rowsRead(read: (d1: D1Database, shard: { at: number; of: number }) => Promise<unknown>, of: number) {
  const counted = countRowsRead(env.DB);
  for (let at = 0; at < of; at++) await read(counted.d1, { at, of });
  return counted.rowsRead();
}

describe("an organization that is spread costs, beside what it costs with one Fleet", () => {
  it("a look at the ids of its hosts for each Fleet: where it is taken over, and where a dashboard is opened", async () => {
    const ways = {
      takenOver: (d1: D1Database, shard: { at: number; of: number }) => loadWatched(d1, organizationId, shard, nowMs),
      dashboard: (d1: D1Database, shard: { at: number; of: number }) => readFleetView(d1, organizationId, nowMs, shard),
    };
    for (const [name, read] of Object.entries(ways)) {
      const [one, several] = [await rowsRead(read, 1), await rowsRead(read, OF)];
      console.log(`${name} of ${HOSTS} hosts: ${one} rows read with one Fleet, ${several} with ${OF}`);
      // Each reads all ids, and then its own hosts and services by a list of theirs.
      expect(several, name).toBeLessThanOrEqual(one + (OF + 5) * HOSTS + 100);
    }
  });

  it("little where Fleet and database are compared: each reads of its own hosts", async () => {
    const ids = (
      await env.DB.prepare("select id from host where organization_id = ?").bind(organizationId).all<{ id: string }>()
    ).results.map(({ id }) => id);
    const read = (d1: D1Database, shard: { at: number; of: number }) =>
      readRecorded(d1, organizationId, [], shard.of === 1 ? null : ids.filter((id) => isWith(shard, id)));
    const [one, several] = [await rowsRead(read, 1), await rowsRead(read, OF)];
    console.log(`agreement of ${HOSTS} hosts: ${one} rows read with one Fleet, ${several} with ${OF}`);
    expect(several).toBeLessThanOrEqual(2 * one);
  });

  it("a page that begins with what needs a person, whatever its size", async () => {
    const { d1, rowsRead: read } = countRowsRead(env.DB);
    const startMs = performance.now();
    const view = await readFirstView(d1, organizationId, nowMs);
    console.log(
      `first sight: ${read()} rows read, ${JSON.stringify(view).length} characters, ${performance.now() - startMs} ms`,
    );
    expect(JSON.stringify(view).length).toBeLessThan(1_000_000);
    expect(view.rest?.hosts).toBe(HOSTS - 100);
  });

  it("an alarm for each Fleet and minute; a change costs the same rows", async () => {
    const startMs = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: startMs });
    const spread = await makeSpread(OF);
    const together = await makeOrganization();
    await placeIn("cell-8001", together);
    const figures = async (places: readonly string[]) => {
      const all = await Promise.all(places.map((name) => fleetAt(env, name).figures()));
      return [
        all.reduce((sum, each) => sum + each.rowsWritten, 0),
        all.reduce((sum, each) => sum + each.databaseRowsWritten, 0),
      ];
    };
    const ways = [
      { id: spread.organizationId, places: fleetsOf(shardsPlace(spread.organizationId, OF)) },
      { id: together, places: ["cell-8001"] },
    ];
    const changed: (readonly number[])[] = [];
    for (const { id, places } of ways) {
      const agents = [];
      for (let at = 0; at < OF; at++) agents.push(await TestAgent.greet(await makeHostAt(id, at, OF)));
      for (const agent of agents) await agent.tells(turn(1));
      const [fleetBefore = 0, d1Before = 0] = await figures(places);
      for (const agent of agents) await agent.tells(turn(2));
      const [fleetAfter = 0, d1After = 0] = await figures(places);
      changed.push([fleetAfter - fleetBefore, d1After - d1Before]);
      const alarms = await Promise.all(
        places.map((name) => runInDurableObject(fleetAt(env, name), (_fleet, state) => state.storage.getAlarm())),
      );
      expect(alarms.filter((each) => each !== null)).toHaveLength(places.length);
      for (const name of places) await ring(name);
    }
    expect(changed[0]).toEqual(changed[1]);
  });
});
