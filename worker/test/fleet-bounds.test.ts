import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SEEN } from "../src/live.ts";
import { command as commandTable, enrolmentKey, flip as flipTable, host as hostTable } from "../src/db/schema.ts";
import { HOST_SERVICES, JOURNAL_LIMIT_BYTES, ORGANIZATION_HOSTS } from "../src/fleet/core/caps.ts";
import { spendEnrolmentKey, makeEnrolmentKey } from "../src/tenancy/enrolment.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { look } from "./looker.ts";
import { eventually, flip, hello, snapshot, TestAgent, turn } from "./test-agent.ts";

let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
});

afterEach(() => {
  vi.useRealTimers();
});

const row = async () => (await db().select().from(hostTable).where(eq(hostTable.id, host.id)))[0];
const flips = () =>
  db()
    .select()
    .from(flipTable)
    .where(eq(flipTable.subjectId, `${host.id}.web`));
const pass = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
const turns = (first: number, count: number) => Array.from({ length: count }, (_, i) => turn(first + i));

/** Changes what is on the Fleet's disk, of which its memory is only a cache. */
async function onDisk(change: (sql: SqlStorage) => void): Promise<void> {
  await runInDurableObject(fleetOf(host), (_fleet, state) => change(state.storage.sql));
  await evictDurableObject(fleetOf(host));
}

describe("what is over a cap", () => {
  it("is answered with when to send it again, and is taken then: nothing is lost", async () => {
    const agent = await TestAgent.greet(host);
    for (const first of [1, 201, 401]) agent.say({ type: "events", events: turns(first, 200) });
    agent.say({ type: "events", events: turns(601, 100) });
    const busy = await agent.hears("error", ({ code }) => code === "busy");
    expect(busy.afterMs).toBeGreaterThan(9_000);
    expect(busy.afterMs).toBeLessThanOrEqual(10_000);
    pass(busy.afterMs ?? 0);
    await agent.tells(...turns(601, 100));
    expect(await flips()).toHaveLength(700);
  });

  it("what was on its way behind it is acknowledged as it is, and asks for no hello", async () => {
    const agent = await TestAgent.greet(host);
    for (const first of [1, 201, 401, 601, 801]) agent.say({ type: "events", events: turns(first, 200) });
    await agent.hears("ack", ({ recorded }) => recorded === 600);
    await eventually("both answers", () => agent.heard.filter(({ type }) => type === "error")[0]);
    agent.heard.length = 0;
    agent.say({ type: "events", events: turns(801, 1) });
    await agent.hears("ack");
    expect(agent.heard.filter(({ type }) => type === "error")).toEqual([]);
  });

  it("services of one host: a new one waits, and those that are known go on", async () => {
    const services = Array.from({ length: HOST_SERVICES }, (_, i) => snapshot({ name: `s${i}`, endpoint: null }));
    const agent = await TestAgent.greet(host, { services });
    await agent.tells(flip(1, { name: "s0", verdict: "down", reasonCode: "exited" }));
    agent.say({ type: "events", events: [flip(2, { name: "one-more" })] });
    const busy = await agent.hears("error", ({ code }) => code === "busy");
    expect(busy.text).toContain("remove some from its afloat.yaml");
    expect(busy.afterMs).toBe(600_000);
    await agent.tells({ kind: "removed", seq: 2, atMs: Date.now(), service: "s0" }, flip(3, { name: "one-more" }));
  });

  it("a journal that is full, since the database is away, takes no more, and the host keeps it", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1));
    await env.DB.exec("alter table audit rename to audit_away");
    const detail = { what: "x".repeat(1_900_000) };
    const record = { kind: "audit", action: "filled", target: "", detail, atMs: 0 };
    await onDisk((sql) => {
      for (let slot = 1; slot <= JOURNAL_LIMIT_BYTES / 1_900_000 + 1; slot++) {
        const entry = { position: Date.now() + slot, hostId: host.id, mark: null, patch: {}, records: [record] };
        sql.exec("insert into journal (slot, doc) values (?, ?)", 100 + slot, JSON.stringify(entry));
      }
    });
    agent.say({ type: "events", events: [turn(2)] });
    expect((await agent.hears("error")).text).toContain("the host keeps the rest");
    await onDisk((sql) => sql.exec("delete from journal"));
    await env.DB.exec("alter table audit_away rename to audit");
    await agent.tells(turn(2));
  });

  it("hosts of one organization: no key enrols one more, and none is spent on it", async () => {
    const { organizationId } = host;
    const { key, keyHash } = await makeEnrolmentKey();
    const nowMs = Date.now();
    const whose = { organizationId, name: "key", keyHash, tags: [], createdBy: "u1", createdMs: nowMs };
    await db()
      .insert(enrolmentKey)
      .values({ id: "key1", ...whose, singleUse: true });
    const many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < ?)";
    const rows = `${many} insert into host (id, organization_id, name, os, arch, tags, remote, link_since_ms, created_ms)
      select 'many' || i, ?, 'many', '', '', '[]', '[]', 0, 0 from n`;
    await env.DB.prepare(rows)
      .bind(ORGANIZATION_HOSTS - 1, organizationId)
      .run();
    expect(await spendEnrolmentKey(env.DB, key, nowMs)).toMatchObject({ kind: "full" });
    await env.DB.prepare("delete from host where id = 'many1'").run();
    expect(await spendEnrolmentKey(env.DB, key, nowMs)).toMatchObject({ kind: "accepted" });
  });
});

describe("a dashboard that does not read", () => {
  const flood = async (agent: TestAgent) => {
    for (let seq = 1; seq <= 600; seq += 100) {
      const reason = "x".repeat(490) + seq;
      await agent.tells(...Array.from({ length: 100 }, (_, i) => flip(seq + i, { name: `s${i}`, reason })));
    }
  };

  it("is dropped, not waited for; one that says what it has read follows on", async () => {
    const deaf = await look(host.organizationId);
    const reader = await look(host.organizationId, { reads: true });
    // A host's minute is about 750,000 characters on a dashboard; two are more than may wait.
    const agents = [
      await TestAgent.greet(host),
      await TestAgent.greet(await makeHost(host.organizationId, "web-2")),
      await TestAgent.greet(await makeHost(host.organizationId, "web-3")),
    ];
    for (const agent of agents.slice(0, 2)) await flood(agent);
    await agents[2]?.tells(flip(1, { name: "last" }));
    expect(await deaf.isClosed()).toMatchObject({ code: 4011, reason: "too slow; connect anew" });
    await eventually("the last of it", () =>
      reader.seen.find((message) => message.type === "service" && message.service.snapshot.name === "last"),
    );
    expect(reader.closed()).toBeNull();
  });

  it("nor pings is not there any more: it is dropped, and hosts need not stream for it", async () => {
    const agent = await TestAgent.greet(host, { streams: true });
    const gone = await look(host.organizationId);
    await agent.hears("stream", ({ everyMs }) => everyMs > 0);
    pass(151_000);
    await agent.tells(turn(1));
    expect(await gone.isClosed()).toMatchObject({ code: 4011, reason: "nothing heard; connect anew" });
    await agent.hears("stream", ({ everyMs }) => everyMs === 0);
  });

  it("a word that it did not read more than it was sent does no harm", async () => {
    const { say, closed } = await look(host.organizationId);
    for (const word of [SEEN, SEEN, "", "seen it all", "{"]) say(word);
    await (await TestAgent.greet(host)).tells(turn(1));
    expect(closed()).toBeNull();
  });
});

describe("a Fleet whose storage is gone", () => {
  const forget = async () => {
    await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.deleteAll());
    await evictDurableObject(fleetOf(host));
  };

  it("knows again what D1 knows, on the same sockets: what it only held comes again, once, and nothing is lost", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1), turn(2));
    await env.DB.exec("alter table flip rename to flip_away");
    agent.say({ type: "events", events: turns(3, 2) });
    await agent.hears("ack", ({ held, recorded }) => held === 4 && recorded === 2);
    await forget();
    await env.DB.exec("alter table flip_away rename to flip");
    agent.say({ type: "events", events: turns(5, 1) });
    expect((await agent.hears("error")).code).toBe("hello-first");
    agent.heard.length = 0;
    agent.say(hello({ firstSeq: 1, lastSeq: 5 }));
    expect(await agent.hears("welcome")).toMatchObject({ held: 2, recorded: 2 });
    await agent.tells(...turns(3, 3));
    expect((await flips()).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  it("knows how far each journal is recorded by the rows of services alone: of a new journal, and of a service that is gone", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1), flip(2, { name: "api" }));
    expect(await row()).toMatchObject({ recordedSeq: 0 });
    // It was taken out of the configuration, and hello is what says so.
    agent.say(hello({ firstSeq: 3, lastSeq: 2, services: [snapshot()] }));
    await eventually("its end to be recorded", async () =>
      (await fleetOf(host).figures()).pending === 0 ? true : null,
    );
    await forget();
    agent.heard.length = 0;
    agent.say(hello({ firstSeq: 1, lastSeq: 2, services: [snapshot()] }));
    expect(await agent.hears("welcome")).toMatchObject({ recorded: 2 });
    agent.say(hello({ journalId: "journal2", firstSeq: 1, lastSeq: 0, services: [snapshot()] }));
    await agent.hears("welcome", ({ recorded }) => recorded === 0);
    await eventually("the new journal", async () => ((await row())?.journalId === "journal2" ? true : undefined));
    await forget();
    agent.heard.length = 0;
    agent.say(hello({ journalId: "journal2", firstSeq: 1, lastSeq: 0, services: [snapshot()] }));
    expect(await agent.hears("welcome")).toMatchObject({ recorded: 0 });
    expect(await row()).toMatchObject({ recordedSeq: 0 });
  });

  it("finds the silence of a host that never speaks again, by whoever comes first", async () => {
    await TestAgent.greet(host);
    await eventually("it to be recorded", async () => ((await row())?.link === "online" ? true : undefined));
    await forget();
    await look(host.organizationId);
    pass(91_000);
    await runDurableObjectAlarm(fleetOf(host));
    expect(await row()).toMatchObject({ link: "silent" });
  });

  it("ends a command that was under way, and never gives it twice", async () => {
    const agent = await TestAgent.greet(host);
    const createdMs = Date.now();
    const times = { createdMs, expiresMs: createdMs + 60_000 };
    const steps = [{ step: "queued" as const, atMs: createdMs, detail: "" }];
    const whose = { organizationId: host.organizationId, hostId: host.id, verb: "restart" as const };
    await db()
      .insert(commandTable)
      .values({
        id: "c1",
        ...whose,
        serviceName: "web",
        ...times,
        step: "queued",
        steps,
        byUserId: "u",
        byName: "Anna",
      });
    await fleetOf(host).command({ id: "c1", ...whose, service: "web", by: "Anna", ...times });
    await agent.hears("command");
    agent.say({ type: "claim", command: "c1" });
    await agent.hears("grant");
    const stepOf = async () => (await db().select().from(commandTable).where(eq(commandTable.id, "c1")))[0]?.step;
    await eventually("it to be recorded", async () => ((await stepOf()) === "delivered" ? true : undefined));
    await forget();
    pass(61_000);
    await agent.tells(turn(1));
    await agent.tells({ kind: "command", seq: 2, atMs: Date.now(), command: "c1", step: "done", detail: "" });
    expect(await stepOf()).toBe("done");
  });
});
