import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { audit, flip as flipTable, host as hostTable, service } from "../src/db/schema.ts";
import { loadHosts } from "../src/fleet/load-host.ts";
import { statementsOf } from "../src/fleet/statements.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { look } from "./looker.ts";
import { eventually, flip, TestAgent, turn } from "./test-agent.ts";

let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
});

afterEach(async () => {
  vi.useRealTimers();
  await env.DB.exec("drop trigger if exists refuses");
});

/** From now on D1 refuses rows like this, as a constraint would. */
const refuse = (when: string) =>
  env.DB.exec(`create trigger refuses before insert on ${when} begin select raise(abort, 'not here'); end`);
const seqs = async (of = host) => {
  const rows = await db()
    .select()
    .from(flipTable)
    .where(eq(flipTable.subjectId, `${of.id}.web`));
  return rows.map(({ seq }) => seq);
};
const auditLines = () =>
  db()
    .select()
    .from(audit)
    .where(and(eq(audit.organizationId, host.organizationId), eq(audit.action, "fleet.set-aside")));
const unknown = (seq: number) => ({ kind: "teleported", seq, atMs: Date.now() }) as never;
const DOWN = { verdict: "down", reasonCode: "exited" } as const;
const pass = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

describe("a row that the database refuses for good", () => {
  it("is set aside, alone: what came with it, before it and behind it is recorded, and the host may forget all of it", async () => {
    await refuse("flip when new.seq = 2");
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1), turn(2), turn(3));
    await agent.tells(turn(4));
    expect(await seqs()).toEqual([1, 3, 4]);
    expect(await fleetOf(host).figures()).toMatchObject({ pending: 0, setAside: 1 });
    const [row] = await db().select().from(service).where(eq(service.hostId, host.id));
    expect(row?.snapshot.verdict, "the service itself is as it was told last").toBe("down");
  });

  it("is told: counted on the open dashboard with the reason, and in the audit log; it outlives an eviction", async () => {
    await refuse("flip when new.seq = 2");
    const { seen } = await look(host.organizationId);
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1), turn(2));
    const told = await eventually("the notice", () => seen.find((message) => message.type === "set-aside"));
    expect(told).toMatchObject({ setAside: { count: 1, hostId: host.id } });
    expect(JSON.stringify(told)).toContain("not here");
    await eventually("the audit line", async () => (await auditLines())[0]);
    await evictDurableObject(fleetOf(host));
    const again = await look(host.organizationId);
    const whole = await eventually("the fleet", () => again.seen.find((message) => message.type === "fleet"));
    expect(whole).toMatchObject({ fleet: { setAside: { count: 1, hostId: host.id } } });
  });

  it("holds up nobody else, and is never shown to another organization", async () => {
    await refuse("flip when new.reason = 'poison'");
    const stranger = await makeHost(await makeOrganization("Other"));
    const { seen } = await look(stranger.organizationId);
    const agent = await TestAgent.greet(host);
    const other = await TestAgent.greet(await makeHost(host.organizationId, "web-2"));
    agent.say({ type: "events", events: [flip(1, { reason: "poison" })] });
    await other.tells(turn(1));
    await agent.tells(turn(2));
    await (await TestAgent.greet(stranger)).tells(turn(1));
    expect(seen.map(({ type }) => type)).not.toContain("set-aside");
    expect(await fleetOf(stranger).figures()).toMatchObject({ setAside: 0 });
  });

  it("that is the audit log's own ends there, and not in a circle", async () => {
    await env.DB.exec("create trigger refuses before insert on audit begin select raise(abort, 'not here'); end");
    const agent = await TestAgent.greet(host);
    agent.say({ type: "events", events: [unknown(1), turn(2)] });
    await agent.hears("ack", ({ recorded }) => recorded === 2);
    await eventually("nothing to be left", async () =>
      (await fleetOf(host).figures()).pending === 0 ? true : undefined,
    );
    expect(await fleetOf(host).figures()).toMatchObject({ setAside: 1 });
  });
});

describe("an event that this cloud cannot read", () => {
  it("is set aside in its place, and the journal goes on behind it", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1), unknown(2), flip(3, DOWN));
    expect(await seqs()).toEqual([1, 3]);
    expect(await fleetOf(host).figures()).toMatchObject({ setAside: 1 });
    const kept = await runInDurableObject(fleetOf(host), (_fleet, state) =>
      state.storage.sql.exec<{ doc: string; why: string }>("select doc, why from refused").one(),
    );
    expect(kept.doc).toContain("teleported");
    expect(kept.why).toContain("at kind");
  });

  it("told again, it is not set aside again", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(unknown(1), turn(2));
    agent.heard.length = 0;
    await agent.tells(unknown(1), turn(2));
    expect(await fleetOf(host).figures()).toMatchObject({ setAside: 1 });
  });

  it("and that has no number is refused, since nobody could say where it belongs", async () => {
    const agent = await TestAgent.greet(host);
    agent.say(JSON.stringify({ type: "events", events: [turn(1), { kind: "teleported" }] }));
    expect(await agent.hears("error")).toMatchObject({ code: "bad-message" });
    await agent.tells(turn(1));
  });
});

describe("a database that fails for other reasons", () => {
  it("is asked again by the alarm, for as long as it takes; nothing is set aside, and then all of it is there", async () => {
    const agent = await TestAgent.greet(host);
    await env.DB.exec("alter table flip rename to flip_away");
    agent.say({ type: "events", events: [turn(1)] });
    await agent.hears("ack", ({ held }) => held === 1);
    for (const passedMs of [60_000, 120_000, 180_000]) {
      pass(passedMs);
      await evictDurableObject(fleetOf(host));
      expect(await runDurableObjectAlarm(fleetOf(host)), "an alarm is set").toBe(true);
      vi.useRealTimers();
    }
    expect(await fleetOf(host).figures()).toMatchObject({ setAside: 0 });
    await env.DB.exec("alter table flip_away rename to flip");
    pass(300_000);
    await evictDurableObject(fleetOf(host));
    await runDurableObjectAlarm(fleetOf(host));
    expect(await seqs()).toEqual([1]);
  });

  it("and whose answer came too late: an older write that lands after a newer one changes nothing", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1), turn(2));
    const row = async () => (await db().select().from(hostTable).where(eq(hostTable.id, host.id)))[0];
    const [known] = await loadHosts(env.DB, host.organizationId, [host.id]);
    if (known === undefined) throw new Error("expected the host");
    const newest = (await row())?.position ?? 0;
    const written = async (position: number) => {
      const mark = { journalId: "journal1", seq: 1 };
      const patch = { link: "silent" as const };
      const entry = { position, hostId: host.id, mark, patch, records: [] };
      await env.DB.batch(statementsOf(env.DB, [{ host: known.host, entries: [entry] }]));
      return row();
    };
    expect(await written(newest - 1)).toMatchObject({ link: "online", recordedSeq: 0, position: newest });
    expect(await written(newest + 1)).toMatchObject({ link: "silent", recordedSeq: 1, position: newest + 1 });
  });
});
