import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { freshId } from "../src/auth/ids.ts";
import { audit, enrolmentKey, flip as flipTable, host as hostTable } from "../src/db/schema.ts";
import { fleetOf, fleetsOf, isWith, SHARDS_LIMIT, shardsOf, shardsPlace } from "../src/fleet/core/placement.ts";
import { fleetAt } from "../src/fleet/fleet-for.ts";
import { carryOutMove, carryOutMoves, wishMove } from "../src/fleet/move.ts";
import { MaintenanceRecords } from "../src/maintenance/maintenance-records.ts";
import { tellOfMaintenance } from "../src/maintenance/tell-of-maintenance.ts";
import type { LiveMessage } from "../src/live.ts";
import { reduceFleet } from "../src/pages/fleet-reducer.ts";
import { isItsHour } from "../src/upkeep/core/hour-of-day.ts";
import { mendLostAlarms } from "../src/upkeep/lost-alarms.ts";
import { reconcileFleets } from "../src/upkeep/reconciliation.ts";
import { makeEnrolmentKey, spendEnrolmentKey } from "../src/tenancy/enrolment.ts";
import { move, placed, ring } from "./cells.ts";
import { db, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { look } from "./looker.ts";
import { makeHostAt, makeSpread } from "./shards.ts";
import { ORIGIN, signIn } from "./signed-in.ts";
import { eventually, flip, hello, TestAgent, turn } from "./test-agent.ts";
import { told } from "./told.ts";

const OF = 3;

let organizationId: string;
let place: string;
/** One with each shard. */
let hosts: TestHost[];

beforeEach(async () => {
  ({ organizationId, place } = await makeSpread(OF));
  hosts = await Promise.all([0, 1, 2].map((at) => makeHostAt(organizationId, at, OF)));
});

afterEach(() => {
  vi.useRealTimers();
});

const setClock = (nowMs: number) => vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
const shard = (at: number) => fleetAt(env, `${place}/${at}`);
const greetAll = () => Promise.all(hosts.map((host) => TestAgent.greet(host)));
const knownTo = (name: string) =>
  runInDurableObject(fleetAt(env, name), (_fleet, state) =>
    state.storage.sql
      .exec<{ id: string }>("select id from host order by id")
      .toArray()
      .map(({ id }) => id),
  );
const seqsOf = async (host: TestHost) =>
  (
    await db()
      .select()
      .from(flipTable)
      .where(eq(flipTable.subjectId, `${host.id}.web`))
  ).map(({ seq }) => seq);

describe("the place of an organization", () => {
  it("says all of its Fleets, and the one of each host, without anybody asking", () => {
    expect(fleetsOf("org")).toEqual(["org"]);
    expect(fleetsOf("cell-3")).toEqual(["cell-3"]);
    expect(fleetsOf("org/3")).toEqual(["org/3/0", "org/3/1", "org/3/2"]);
    expect([shardsPlace("org", 1), shardsPlace("org", 4)]).toEqual(["org", "org/4"]);
    expect(["org/0", "org/1", `org/${SHARDS_LIMIT}`, "org/31", "org/04"].map(shardsOf)).toEqual([
      1,
      1,
      SHARDS_LIMIT,
      1,
      1,
    ]);
    for (const id of Array.from({ length: 100 }, freshId)) {
      expect(fleetsOf("org/7").filter((name) => name === fleetOf("org/7", id))).toHaveLength(1);
      expect(fleetsOf("org/7").filter((_, at) => isWith({ at, of: 7 }, id))).toEqual([fleetOf("org/7", id)]);
    }
  });

  it("has about as many hosts with each of its Fleets, however many they are", () => {
    const ids = Array.from({ length: 6_000 }, freshId);
    for (let of = 2; of <= SHARDS_LIMIT; of++) {
      const counts = Array.from({ length: of }, (_, at) => ids.filter((id) => isWith({ at, of }, id)).length);
      expect(Math.max(...counts), `${of} shards`).toBeLessThan((6_000 / of) * 1.4 + 10);
    }
  });
});

describe("an organization that is spread over several Fleets", () => {
  it("has each host with one of them, and with no other", async () => {
    const agents = await greetAll();
    for (const agent of agents) await agent.tells(turn(1));
    for (const [at, { id }] of hosts.entries()) expect(await knownTo(`${place}/${at}`)).toEqual([id]);
    const [host] = hosts as [TestHost];
    const agent = { organizationId, hostId: host.id, version: 1 };
    for (const name of [`${place}/1`, place, organizationId]) {
      await runInDurableObject(fleetAt(env, name), async (fleet) => {
        await expect(fleet.post(agent, [])).rejects.toThrow("another Fleet looks after this organization");
      });
    }
  });

  it("is seen live as one: the page has all of it from a socket to each, and what changes on any", async () => {
    const agents = await greetAll();
    for (const [at, agent] of agents.entries()) await agent.tells(flip(1, { name: `service-${at}` }));
    const lookers = await Promise.all([0, 1, 2].map((at) => look(organizationId, { shard: at })));
    const all = (): LiveMessage[] => lookers.flatMap(({ seen }) => seen);
    const shown = () => all().reduce(reduceFleet, { hosts: [], incidents: [], commands: [] });
    await eventually("the whole", () => (shown().hosts.length === 3 ? true : null));
    await agents[2]?.tells(flip(2, { name: "service-2", verdict: "down", reasonCode: "exited" }));
    await eventually("what changed", () => {
      const services = shown().hosts.flatMap((host) => host.services.map(({ snapshot }) => snapshot));
      return services.some(({ name, verdict }) => name === "service-2" && verdict === "down") ? services : null;
    });
    expect(shown().hosts.map(({ name, link, services }) => [name, link, services.length])).toEqual([
      ["web-0", "online", 1],
      ["web-1", "online", 1],
      ["web-2", "online", 1],
    ]);
    // Each tells of its own hosts, and of no other's.
    for (const [at, { seen }] of lookers.entries()) {
      for (const other of hosts.filter((_, i) => i !== at)) expect(JSON.stringify(seen)).not.toContain(other.id);
    }
  });

  it("says how many sockets that takes: without a number, or with one that is not there, there is none", async () => {
    const cookie = await signIn(organizationId, "viewer");
    const ask = async (query: string) => {
      const headers = { cookie, origin: ORIGIN, Upgrade: "websocket" };
      return (await exports.default.fetch(`${ORIGIN}/app/live${query}`, { headers })).status;
    };
    expect(await Promise.all(["", "?shard=3", "?shard=x", "?shard=-1"].map(ask))).toEqual([409, 409, 400, 400]);
    const looker = await look(organizationId, { shard: 1 });
    const message = await eventually("the first word", () => looker.seen[0]);
    expect(message).toMatchObject({ type: "fleet", shard: { at: 1, of: 3 } });
  });

  it("takes commands for any of its hosts, and hangs up on whoever signs out from every one of them", async () => {
    const agents = await greetAll();
    await agents[1]?.tells(flip(1));
    await db()
      .update(hostTable)
      .set({ remote: ["restart"] })
      .where(eq(hostTable.organizationId, organizationId));
    const cookie = await signIn(organizationId, "owner");
    const body = JSON.stringify({ hostId: hosts[1]?.id, service: "web", verb: "restart" });
    const headers = { cookie, origin: ORIGIN, "content-type": "application/json" };
    const answer = await exports.default.fetch(`${ORIGIN}/app/commands`, { method: "POST", headers, body });
    expect(answer.status).toBe(201);
    expect(await agents[1]?.hears("command")).toMatchObject({ verb: "restart", service: "web" });
    const opened = await Promise.all(
      [0, 1, 2].map(async (at) => {
        const upgrade = { cookie, origin: ORIGIN, Upgrade: "websocket" };
        const { webSocket } = await exports.default.fetch(`${ORIGIN}/app/live?shard=${at}`, { headers: upgrade });
        const codes: number[] = [];
        webSocket?.accept();
        webSocket?.addEventListener("close", ({ code }) => codes.push(code));
        return codes;
      }),
    );
    await exports.default.fetch(`${ORIGIN}/sign-out`, {
      method: "POST",
      headers: { cookie, origin: ORIGIN },
      redirect: "manual",
    });
    for (const codes of opened) expect(await eventually("hung up", () => codes[0])).toBe(4011);
  });

  it("keeps out a host that is removed, and greets a new one, at the Fleet that it is with", async () => {
    const agents = await greetAll();
    await db()
      .update(hostTable)
      .set({ revokedMs: Date.now() })
      .where(eq(hostTable.id, hosts[2]?.id ?? ""));
    await shard(2).revoke(hosts[2]?.id ?? "", null, organizationId);
    expect(await agents[2]?.isClosed()).toMatchObject({ code: 4003 });
    const added = await makeHostAt(organizationId, 2, OF, "web-9");
    await TestAgent.greet(added);
    expect(agents[0]?.closed).toBeNull();
  });

  it("has maintenance in force with every one of them", async () => {
    const startMs = Date.now();
    setClock(startMs);
    await greetAll();
    const times = { startsMs: startMs - 60_000, endsMs: startMs + 3_600_000 };
    const wanted = {
      title: "Disk",
      note: "",
      timeZone: "UTC",
      scope: { kind: "all" as const },
      ...times,
      recurrence: null,
    };
    const actor = { kind: "person" as const, id: "p", name: "Ada" };
    await new MaintenanceRecords(env.DB, organizationId).announce(wanted, actor, startMs);
    expect(await tellOfMaintenance(env, organizationId, startMs)).toBe(true);
    setClock(startMs + 91_000);
    for (const name of fleetsOf(place)) await ring(name);
    expect(await told(organizationId)).toEqual([]);
  });

  it("is told of a silent host of each, and of its return", async () => {
    const startMs = Date.now();
    setClock(startMs);
    await greetAll();
    setClock(startMs + 91_000);
    for (const name of fleetsOf(place)) await ring(name);
    expect(await told(organizationId)).toEqual(["host-offline opened", "host-offline opened", "host-offline opened"]);
    await greetAll();
    await eventually("all back", async () => ((await told(organizationId)).length === 6 ? true : null));
  });

  it("is looked after by upkeep: lost alarms of each, and agreement with the database, each of its own hosts", async () => {
    const startMs = Date.now();
    setClock(startMs);
    const agents = await greetAll();
    for (const agent of agents) await agent.tells(flip(1));
    for (const name of fleetsOf(place)) {
      await runInDurableObject(fleetAt(env, name), (_fleet, state) => state.storage.deleteAll());
      await evictDurableObject(fleetAt(env, name));
    }
    for (let minute = 0; minute < 60; minute++) await mendLostAlarms(env, minute * 60_000);
    for (const [at, { id }] of hosts.entries()) expect(await knownTo(`${place}/${at}`)).toEqual([id]);
    await db().update(hostTable).set({ link: "silent" }).where(eq(hostTable.organizationId, organizationId));
    let said = "";
    for (let minute = 0; minute < 24 * 60; minute++) {
      if (isItsHour(organizationId, minute * 60_000)) said += (await reconcileFleets(env, minute * 60_000)) ?? "";
    }
    expect(said).toContain("mended 3 host-row; Fleets of 0 organizations");
  });

  it("may have as many hosts for each Fleet as an organization with one", async () => {
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 2000)
       insert into host (id, organization_id, name, os, arch, tags, remote, link_since_ms, created_ms)
       select 'm' || i || ?1, ?1, 'm' || i, 'Debian', 'x64', '[]', '[]', 0, 0 from n`,
    )
      .bind(organizationId)
      .run();
    const { key, keyHash } = await makeEnrolmentKey();
    const row = { name: "k", singleUse: false, tags: [], createdBy: "x", createdMs: 0, expiresMs: null };
    await db()
      .insert(enrolmentKey)
      .values({ id: freshId(), organizationId, keyHash, ...row });
    expect(await spendEnrolmentKey(env.DB, key, Date.now())).toMatchObject({ kind: "accepted" });
    await move(organizationId, organizationId);
    expect(await spendEnrolmentKey(env.DB, key, Date.now())).toEqual({ kind: "full", hosts: 2_000, fleets: 1 });
  });
});

describe("an organization that is spread, or brought together again", () => {
  const again = (lastSeq: number) => Promise.all(hosts.map((host) => TestAgent.greet(host, { firstSeq: 1, lastSeq })));
  const moves = async () => {
    const isMove = and(eq(audit.organizationId, organizationId), eq(audit.action, "organization.moved"));
    return (await db().select().from(audit).where(isMove)).map(({ detail }) => detail);
  };
  const tellAll = (agents: TestAgent[], seq: number) => Promise.all(agents.map((agent) => agent.tells(turn(seq))));

  beforeEach(async () => {
    organizationId = await makeOrganization();
    hosts = await Promise.all([0, 1, 2].map((at) => makeHostAt(organizationId, at, OF)));
    place = shardsPlace(organizationId, OF);
  });

  it("from one to three, to two, into a cell, and back to one: nothing is lost, and nobody is told", async () => {
    const ways = [place, shardsPlace(organizationId, 2), "cell-9001", organizationId];
    let agents = await greetAll();
    await tellAll(agents, 1);
    const looker = await look(organizationId);
    for (const [i, to] of ways.entries()) {
      expect(await move(organizationId, to)).toEqual({ place: to, nextPlace: null, waits: null });
      for (const agent of agents) expect(await agent.isClosed()).toMatchObject({ code: 4012 });
      agents = await again(i + 1);
      await tellAll(agents, i + 2);
    }
    expect(await looker.isClosed()).toMatchObject({ code: 4012 });
    for (const host of hosts) expect(await seqsOf(host)).toEqual([1, 2, 3, 4, 5]);
    expect(await told(organizationId)).toEqual([]);
    expect((await moves()).map(({ to }) => to)).toEqual(ways);
    for (const name of [...fleetsOf(place), ...fleetsOf(shardsPlace(organizationId, 2))]) {
      expect(await knownTo(name)).toEqual([]);
    }
  });

  it("whose hosts never come back from it is told of them", async () => {
    const startMs = Date.now();
    setClock(startMs);
    await greetAll();
    await move(organizationId, place);
    for (const name of fleetsOf(place)) await evictDurableObject(fleetAt(env, name));
    for (const ms of [91_000, 182_000]) {
      setClock(startMs + ms);
      for (const name of fleetsOf(place)) await ring(name);
    }
    expect(await told(organizationId)).toEqual(["host-offline opened", "host-offline opened", "host-offline opened"]);
  });

  it("dies before any of the old ones let go, or once one of three has: the cron carries it out", async () => {
    await move(organizationId, place);
    await tellAll(await greetAll(), 1);
    await wishMove(env.DB, organizationId, organizationId);
    await fleetAt(env, `${place}/1`).letGo(organizationId);
    await expect(TestAgent.connect(hosts[1] as TestHost)).rejects.toThrow("503");
    await carryOutMoves(env);
    expect(await placed(organizationId)).toMatchObject({ place: organizationId, nextPlace: null });
    await tellAll(await again(1), 2);
    for (const host of hosts) expect(await seqsOf(host)).toEqual([1, 2]);
  });

  it("dies after all let go: no Fleet takes it over meanwhile", async () => {
    await tellAll(await greetAll(), 1);
    await wishMove(env.DB, organizationId, place);
    await fleetAt(env, organizationId).letGo(organizationId);
    for (const host of hosts) await expect(TestAgent.connect(host)).rejects.toThrow("503");
    await carryOutMoves(env);
    await tellAll(await again(1), 2);
    for (const host of hosts) expect(await seqsOf(host)).toEqual([1, 2]);
  });

  it("dies after the new ones were named, or once one of them has taken over: hosts find theirs, and the rest is done by the next run", async () => {
    const startMs = Date.now();
    setClock(startMs);
    await tellAll(await greetAll(), 1);
    await wishMove(env.DB, organizationId, place);
    await fleetAt(env, organizationId).letGo(organizationId);
    await env.DB.prepare("update placement set place = next_place where organization_id = ?")
      .bind(organizationId)
      .run();
    await fleetAt(env, `${place}/0`).takeOver(organizationId);
    await TestAgent.greet(hosts[1] as TestHost, { firstSeq: 1, lastSeq: 1 });
    await carryOutMoves(env);
    expect(await placed(organizationId)).toMatchObject({ place, nextPlace: null });
    for (const [at, { id }] of hosts.entries()) expect(await knownTo(`${place}/${at}`)).toEqual([id]);
  });

  it("is called off half-way: those that let go take over again", async () => {
    await move(organizationId, place);
    await tellAll(await greetAll(), 1);
    await wishMove(env.DB, organizationId, shardsPlace(organizationId, 2));
    await fleetAt(env, `${place}/2`).letGo(organizationId);
    await move(organizationId, place);
    await tellAll(await again(1), 2);
    for (const host of hosts) expect(await seqsOf(host)).toEqual([1, 2]);
  });

  it("is carried out three times at once, and is one", async () => {
    await tellAll(await greetAll(), 1);
    await wishMove(env.DB, organizationId, place);
    await Promise.all([1, 2, 3].map(() => carryOutMove(env, organizationId)));
    await carryOutMoves(env);
    await tellAll(await again(1), 2);
    for (const host of hosts) expect(await seqsOf(host)).toEqual([1, 2]);
    expect(await moves()).toHaveLength(1);
  });

  it("has what was set aside carried over, each with its host, once, and shown there", async () => {
    await greetAll();
    const rows = hosts.flatMap(({ id }) =>
      Array.from({ length: 60 }, (_, i) => ({ organizationId, hostId: id, why: "no", doc: `${i}`, atMs: 1_000 + i })),
    );
    await fleetAt(env, organizationId).keepAside(rows);
    await move(organizationId, place);
    for (const name of fleetsOf(place)) expect(await fleetAt(env, name).figures()).toMatchObject({ setAside: 60 });
    expect(await fleetAt(env, organizationId).figures()).toMatchObject({ setAside: 0 });
    const lookers = await Promise.all([0, 1, 2].map((at) => look(organizationId, { shard: at })));
    const shown = () =>
      lookers.flatMap(({ seen }) => seen).reduce(reduceFleet, { hosts: [], incidents: [], commands: [] });
    await eventually("all of it", () => (shown().setAside?.count === 180 ? true : null));
    await move(organizationId, organizationId);
    await move(organizationId, "cell-9002");
    expect(await fleetAt(env, "cell-9002").figures()).toMatchObject({ setAside: 180 });
  });

  it("has hosts that speak HTTP say hello once more", async () => {
    const [host] = hosts as [TestHost];
    const post = async (messages: object[]) => {
      const headers = { Authorization: `Bearer ${host.credential}`, "content-type": "application/json" };
      const body = JSON.stringify({ messages });
      const answer = await exports.default.fetch(`${ORIGIN}/agent/messages`, { method: "POST", headers, body });
      const said: { messages?: { type: string; code?: string }[] } = await answer.json();
      return (said.messages ?? []).map(({ type, code }) => code ?? type);
    };
    expect(await post([hello()])).toContain("welcome");
    await move(organizationId, place);
    expect(await post([{ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 }])).toContain("hello-first");
    expect(await post([hello()])).toContain("welcome");
  });
});

it("two organizations that are spread do not meet", async () => {
  const other = await makeSpread(OF);
  const theirs = await makeHostAt(other.organizationId, 1, OF, "theirs");
  await (await TestAgent.greet(theirs)).tells(flip(1, { name: "secret" }));
  await makeHost(organizationId, "ours");
  const lookers = await Promise.all([0, 1, 2].map((at) => look(organizationId, { shard: at })));
  await eventually("the first words", () => (lookers.every(({ seen }) => seen.length > 0) ? true : null));
  expect(JSON.stringify(lookers.map(({ seen }) => seen))).not.toContain("secret");
});
