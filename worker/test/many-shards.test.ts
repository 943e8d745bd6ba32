import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { asc, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { incident } from "../src/db/schema.ts";
import { fleetsOf, shardsPlace } from "../src/fleet/core/placement.ts";
import { fleetAt } from "../src/fleet/fleet-for.ts";
import { move, ring } from "./cells.ts";
import { db, type TestHost } from "./ground.ts";
import { look } from "./looker.ts";
import { makeHostAt, makeSpread } from "./shards.ts";
import { eventually, TestAgent } from "./test-agent.ts";
import { told as toldOf } from "./told.ts";

const OF = 3;
const S = 1_000;

let organizationId: string;
let place: string;
let startMs: number;
/** Six with each shard. */
let hosts: TestHost[];

beforeEach(async () => {
  startMs = Date.now();
  at(0);
  ({ organizationId, place } = await makeSpread(OF));
  hosts = [];
  for (let shard = 0; shard < OF; shard++) {
    for (let i = 0; i < 6; i++) hosts.push(await makeHostAt(organizationId, shard, OF, `web-${shard}-${i}`));
  }
  await Promise.all(hosts.map((host) => TestAgent.greet(host)));
});

afterEach(() => {
  vi.useRealTimers();
});

const at = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: startMs + ms });
const told = () => toldOf(organizationId);
const incidents = () =>
  db().select().from(incident).where(eq(incident.organizationId, organizationId)).orderBy(asc(incident.openedMs));
const open = async () => (await incidents()).filter(({ closedMs }) => closedMs === null);

/** The clock moves, and the alarms of these shards go off. */
async function alarmsAt(ms: number, shards: readonly number[] = [0, 1, 2]): Promise<void> {
  at(ms);
  for (const shard of shards) await ring(`${place}/${shard}`);
  await recorded();
}

/** What one Fleet hands to another is brought to D1 while whoever handed it over goes on. */
async function recorded(): Promise<void> {
  for (const name of fleetsOf(place)) {
    await eventually(`${name} to write no more`, () =>
      runInDurableObject(fleetAt(env, name), (fleet) => (fleet.figures().isWriting ? null : true)),
    );
  }
}

/** Everything is cut off at the start: missed, held, handed over, told. */
async function cutOff(): Promise<void> {
  await alarmsAt(91 * S);
  await alarmsAt(182 * S);
  await alarmsAt(213 * S, [0]);
}

const recordedAsBack = () =>
  eventually("it to be recorded that all are back", async () => {
    const silent = env.DB.prepare("select 1 from host where organization_id = ? and link = 'silent'");
    return (await silent.bind(organizationId).all()).results.length === 0 ? true : null;
  });
const allBack = (some: readonly TestHost[] = hosts) => Promise.all(some.map((host) => TestAgent.greet(host)));

describe("many silent hosts of an organization that is spread over several Fleets", { timeout: 30_000 }, () => {
  it("are one alert, with all of them, within the two minutes that alerts are held at most", async () => {
    await alarmsAt(91 * S);
    expect(await incidents()).toEqual([]);
    await alarmsAt(182 * S);
    expect((await incidents()).map(({ title }) => title)).toEqual(["18 of 18 hosts are silent"]);
    expect(await told()).toEqual([]);
    await alarmsAt(210 * S, [0]);
    expect(await told()).toEqual([]);
    await alarmsAt(213 * S, [0]);
    expect(await told()).toEqual(["hosts-silent opened"]);
    const [many] = await incidents();
    expect(many?.cause).toContain("18 went within seconds of each other");
    expect(many?.evidence.many?.hosts).toHaveLength(18);
  });

  it("are over when the last is back, wherever that is; who is missing still is said meanwhile, and told once", async () => {
    await cutOff();
    await allBack(hosts.slice(0, 17));
    await alarmsAt(220 * S, [0]);
    expect((await open()).map(({ title }) => title)).toEqual(["12 of 18 hosts are silent"]);
    await alarmsAt(280 * S, [0]);
    expect((await open()).map(({ title }) => title)).toEqual(["web-2-5 is silent still"]);
    await allBack(hosts.slice(17));
    await recordedAsBack();
    await alarmsAt(342 * S, [0]);
    expect(await open()).toEqual([]);
    expect(await told()).toEqual(["hosts-silent opened", "hosts-silent closed"]);
  });

  it("that are all back before they would have been told are told to nobody", async () => {
    await alarmsAt(91 * S);
    await alarmsAt(182 * S);
    await allBack();
    await recordedAsBack();
    await alarmsAt(213 * S, [0]);
    expect(await open()).toEqual([]);
    expect(await told()).toEqual([]);
  });

  it("are told without the first Fleet where that cannot be: it is tried twice, and then each tells of its own", async () => {
    // It has no host at which that could stand.
    await env.DB.prepare("update host set revoked_ms = 1 where organization_id = ? and name like 'web-0-%'")
      .bind(organizationId)
      .run();
    for (const { id } of hosts.slice(0, 6)) await fleetAt(env, `${place}/0`).revoke(id, null, organizationId);
    await alarmsAt(91 * S);
    await alarmsAt(182 * S, [1, 2]);
    expect(await told()).toEqual([]);
    await alarmsAt(193 * S, [1, 2]);
    expect(await told()).toEqual(["hosts-silent opened", "hosts-silent opened"]);
    expect((await incidents()).map(({ title }) => title)).toEqual([
      "6 of 6 hosts are silent",
      "6 of 6 hosts are silent",
    ]);
  });

  it("are one also where one of them has a longer deadline: it joins them, wherever it is", async () => {
    const [slow] = [await makeHostAt(organizationId, 1, OF, "slow")];
    await TestAgent.greet(slow, { offlineAfterMs: 300_000 });
    await cutOff();
    await alarmsAt(302 * S, [1]);
    expect((await incidents()).map(({ title }) => title)).toEqual(["19 of 19 hosts are silent"]);
    expect(await told()).toEqual(["hosts-silent opened"]);
  });

  it("are one through evictions, and where a part is handed over twice", async () => {
    await alarmsAt(91 * S);
    for (const name of fleetsOf(place)) await evictDurableObject(fleetAt(env, name));
    await alarmsAt(182 * S);
    const part = { at: 1, hosts: hosts.slice(6, 12).map(({ id, name }) => ({ id, name })), of: 6 };
    const [many] = await open();
    const { fromMs = 0, toMs = 0 } = many?.evidence.many ?? {};
    await fleetAt(env, `${place}/0`).gather(organizationId, { ...part, fromMs, toMs });
    for (const name of fleetsOf(place)) await evictDurableObject(fleetAt(env, name));
    await alarmsAt(213 * S, [0]);
    expect(await told()).toEqual(["hosts-silent opened"]);
    expect((await open()).map(({ title }) => title)).toEqual(["18 of 18 hosts are silent"]);
  });

  it("are not told again after a move, and are over when all are back", async () => {
    await cutOff();
    for (const [i, to] of [shardsPlace(organizationId, 2), organizationId].entries()) {
      await move(organizationId, to);
      at((300 + i * 300) * S);
      for (const name of fleetsOf(to)) await ring(name);
      at((500 + i * 300) * S);
      for (const name of fleetsOf(to)) await ring(name);
      expect(await told()).toEqual(["hosts-silent opened"]);
    }
    await allBack();
    at(1_000 * S);
    await ring(organizationId);
    expect(await told()).toEqual(["hosts-silent opened", "hosts-silent closed"]);
  });

  it("are told after a move that came before anybody was told", async () => {
    await alarmsAt(91 * S);
    await alarmsAt(182 * S);
    await move(organizationId, organizationId);
    at(214 * S);
    await ring(organizationId);
    expect(await told()).toEqual(["hosts-silent opened"]);
  });

  it("are shown on the dashboard as held, then as one thing that people are told of", async () => {
    const looker = await look(organizationId, { shard: 0 });
    await alarmsAt(91 * S);
    const seen = () => JSON.stringify(looker.seen);
    await eventually("them to be shown as held", () => (seen().includes('"why":"many"') ? true : null));
    at(181 * S);
    const later = await look(organizationId, { shard: 0 });
    await alarmsAt(182 * S);
    await eventually("the whole", () =>
      JSON.stringify(later.seen).includes("18 of 18 hosts are silent") ? true : null,
    );
  });

  it("of which a second lot goes while the first is not over is told, too", async () => {
    await cutOff();
    await allBack(hosts.slice(1));
    await alarmsAt(300 * S, [0]);
    expect((await open()).map(({ title }) => title)).toEqual(["web-0-0 is silent still"]);
    at(1_000 * S);
    for (const name of fleetsOf(place)) await evictDurableObject(fleetAt(env, name));
    await allBack(hosts.slice(1));
    await alarmsAt(1_092 * S);
    await alarmsAt(1_183 * S);
    await alarmsAt(1_214 * S, [0]);
    expect(await told()).toEqual(["hosts-silent opened", "hosts-silent opened"]);
    expect((await open()).map(({ title }) => title)).toEqual(["web-0-0 is silent still", "17 of 17 hosts are silent"]);
  });
});

it("a Fleet that misses many keeps nothing for the others: its disk says of each of its hosts alone", async () => {
  await cutOff();
  for (let shard = 1; shard < OF; shard++) {
    const rows = await runInDurableObject(fleetAt(env, `${place}/${shard}`), (_fleet, state) =>
      state.storage.sql.exec("select id from incident").toArray(),
    );
    expect(rows).toEqual([]);
  }
});
