import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { asc, eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import type { AgentMessage } from "@afloat/shared/wire";
import { sampleHour } from "../src/db/schema.ts";
import { togetherUntilMs } from "@afloat/shared/core/hour-sample";
import { readStock } from "../src/stock/read-stock.ts";
import { SLOTS, slotOf } from "../src/fleet/core/sample-slot.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { look } from "./looker.ts";
import { ORIGIN } from "./signed-in.ts";
import { eventually, flip, hello, snapshot, TestAgent } from "./test-agent.ts";

let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
});

const HOUR_MS = 3_600_000;
const thisHourMs = () => Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
const measures: AgentMessage = {
  type: "measures",
  services: [{ name: "web", cpu: 0.25, memoryBytes: 1024, threads: 3, openFiles: null }],
};

function sample(hourMs: number, coveredMs = HOUR_MS): Extract<AgentMessage, { type: "sample" }> {
  const used = { cpuMean: 0.1, cpuMax: 0.5, memoryMeanBytes: 4096, memoryMaxBytes: 8192, p50Ms: 3, p95Ms: null };
  return { type: "sample", hourMs, coveredMs, services: [{ name: "web", ...used }] };
}

const rows = () => db().select().from(sampleHour).where(eq(sampleHour.hostId, host.id)).orderBy(asc(sampleHour.hourMs));

describe("what services use, live", () => {
  it("hosts are asked for it when the first dashboard opens, it is shown there, and they may stop when the last closes", async () => {
    const agent = await TestAgent.greet(host, { streams: true, services: [snapshot()] });
    expect(agent.heard.filter(({ type }) => type === "stream")).toEqual([]);
    const first = await look(host.organizationId);
    const { everyMs } = await agent.hears("stream");
    expect(everyMs).toBeGreaterThan(0);
    const second = await look(host.organizationId);
    agent.say(measures);
    for (const { seen } of [first, second]) {
      const shown = await eventually("what it uses", () => seen.find(({ type }) => type === "measures"));
      expect(shown).toMatchObject({ hostId: host.id, services: [{ name: "web", cpu: 0.25, openFiles: null }] });
    }
    first.leave();
    agent.say(measures);
    await eventually("the second to see it again", () => second.seen.filter(({ type }) => type === "measures")[1]);
    expect(agent.heard.filter(({ type }) => type === "stream")).toHaveLength(1);
    second.leave();
    await agent.hears("stream", (message) => message.everyMs === 0);
  });

  it("a host that connects while somebody looks is asked at once", async () => {
    await look(host.organizationId);
    const agent = await TestAgent.greet(host, { streams: true });
    await agent.hears("stream", ({ everyMs }) => everyMs > 0);
  });

  it("an older agent, which would not know the word, is not asked", async () => {
    const old = await TestAgent.greet(host);
    await look(host.organizationId);
    await old.tells(flip(1));
    expect(old.heard.map(({ type }) => type)).not.toContain("stream");
  });

  it("nobody of another organization sees it, or has hosts asked", async () => {
    const agent = await TestAgent.greet(host, { streams: true });
    const stranger = await look(await makeOrganization("Other"));
    await eventually("his own fleet", () => stranger.seen.find(({ type }) => type === "fleet"));
    agent.say(measures);
    await agent.hears("stream", ({ everyMs }) => everyMs === 0);
    expect(stranger.seen.map(({ type }) => type)).toEqual(["fleet"]);
  });

  it("an agent that streams though nobody looks, since its Fleet slept meanwhile, is told to stop", async () => {
    const agent = await TestAgent.greet(host, { streams: true });
    await evictDurableObject(fleetOf(host));
    agent.say(measures);
    await agent.hears("stream", ({ everyMs }) => everyMs === 0);
  });

  it("it costs no row anywhere", async () => {
    const agent = await TestAgent.greet(host, { streams: true, services: [snapshot()] });
    const { seen } = await look(host.organizationId);
    await agent.tells(flip(1));
    const before = (await fleetOf(host).figures()).rowsWritten;
    for (let i = 0; i < 20; i++) agent.say(measures);
    await eventually("the last of them", () => seen.filter(({ type }) => type === "measures")[19]);
    expect((await fleetOf(host).figures()).rowsWritten).toBe(before);
  });
});

describe("what services used, by the hour", () => {
  it("a sample is recorded, and only then may be forgotten; told again, it changes nothing", async () => {
    const agent = await TestAgent.greet(host);
    expect((await agent.hears("welcome")).samples).toBe(true);
    const hourMs = thisHourMs() - HOUR_MS;
    agent.say(sample(hourMs));
    await agent.hears("sampled");
    const [row] = await rows();
    expect(row).toMatchObject({ hourMs, coveredMs: HOUR_MS, organizationId: host.organizationId });
    expect(row?.services).toEqual(sample(hourMs).services);
    agent.heard.length = 0;
    agent.say(sample(hourMs));
    await agent.hears("sampled");
    expect(await rows()).toEqual([row]);
  });

  it("of two samples of one hour that stays which saw more of it, in whatever order they come", async () => {
    const agent = await TestAgent.greet(host);
    const hourMs = thisHourMs() - HOUR_MS;
    for (const coveredMs of [600_000, 3_000_000, 540_000]) {
      agent.heard.length = 0;
      agent.say(sample(hourMs, coveredMs));
      await agent.hears("sampled");
    }
    expect((await rows()).map(({ coveredMs }) => coveredMs)).toEqual([3_000_000]);
  });

  it("two hours from an even one on are one row, where they are told together; told again in whatever way, they are recorded once", async () => {
    const agent = await TestAgent.greet(host);
    const evenMs = togetherUntilMs(thisHourMs()) - 4 * HOUR_MS;
    const tell = async (...hours: number[]) => {
      agent.heard.length = 0;
      for (const hourMs of hours) agent.say(sample(hourMs));
      for (const hourMs of hours) await agent.hears("sampled", (message) => message.hourMs === hourMs);
      return rows();
    };
    const both = await tell(evenMs, evenMs + HOUR_MS);
    const { services } = sample(evenMs);
    expect(both).toMatchObject([{ hourMs: evenMs, services, nextCoveredMs: HOUR_MS, nextServices: services }]);
    expect(await tell(evenMs, evenMs + HOUR_MS)).toEqual(both);
    expect(await tell(evenMs)).toEqual(both);
    expect(await tell(evenMs + HOUR_MS)).toEqual(both);
    // Not from an odd one on.
    expect((await tell(evenMs + HOUR_MS, evenMs + 2 * HOUR_MS)).map(({ hourMs }) => hourMs)).toEqual([
      evenMs,
      evenMs + 2 * HOUR_MS,
    ]);
  });

  it("of each of two hours in one row that stays which saw more of it", async () => {
    const agent = await TestAgent.greet(host);
    const evenMs = togetherUntilMs(thisHourMs()) - 4 * HOUR_MS;
    for (const [even, odd] of [
      [HOUR_MS, 600_000],
      [900_000, HOUR_MS],
      [800_000, 700_000],
    ] as const) {
      agent.heard.length = 0;
      agent.say(sample(evenMs, even));
      agent.say(sample(evenMs + HOUR_MS, odd));
      await agent.hears("sampled", ({ hourMs }) => hourMs === evenMs + HOUR_MS);
    }
    expect(await rows()).toMatchObject([{ hourMs: evenMs, coveredMs: HOUR_MS, nextCoveredMs: HOUR_MS }]);
  });

  it("two hours take the place of one of 35 days before, and one takes that of two", async () => {
    const agent = await TestAgent.greet(host);
    const evenMs = togetherUntilMs(thisHourMs()) - 4 * HOUR_MS;
    const old = { hostId: host.id, slot: slotOf(evenMs), organizationId: host.organizationId, services: [] };
    const before = { ...old, hourMs: evenMs - SLOTS * HOUR_MS, coveredMs: HOUR_MS };
    await db()
      .insert(sampleHour)
      .values({ ...before, nextCoveredMs: HOUR_MS, nextServices: [] });
    agent.say(sample(evenMs, 1));
    await agent.hears("sampled");
    expect(await rows()).toMatchObject([{ hourMs: evenMs, coveredMs: 1, nextCoveredMs: null, nextServices: null }]);
    agent.say(sample(evenMs + HOUR_MS, 1));
    await agent.hears("sampled", ({ hourMs }) => hourMs === evenMs + HOUR_MS);
    agent.heard.length = 0;
    for (const hourMs of [evenMs, evenMs + HOUR_MS]) agent.say(sample(hourMs, 2));
    await agent.hears("sampled", ({ hourMs }) => hourMs === evenMs + HOUR_MS);
    expect(await rows()).toMatchObject([
      { hourMs: evenMs, coveredMs: 2, nextCoveredMs: 2 },
      { hourMs: evenMs + HOUR_MS, coveredMs: 1 },
    ]);
    const day = (await readStock(env.DB, host.organizationId, Date.now())).day;
    expect(day.samples, "each hour is counted once").toBe(2);
  });

  it("two hours that are too long for a quarter of a page are two rows", async () => {
    const agent = await TestAgent.greet(host);
    const evenMs = togetherUntilMs(thisHourMs()) - 4 * HOUR_MS;
    const [used] = sample(evenMs).services;
    const services = Array.from({ length: 20 }, (_, i) => ({ ...used!, name: `service-${i}` }));
    for (const hourMs of [evenMs, evenMs + HOUR_MS]) agent.say({ ...sample(hourMs), services });
    for (const hourMs of [evenMs, evenMs + HOUR_MS]) await agent.hears("sampled", (said) => said.hourMs === hourMs);
    expect((await rows()).map((row) => [row.hourMs, row.nextServices])).toEqual([
      [evenMs, null],
      [evenMs + HOUR_MS, null],
    ]);
  });

  it("an hour takes the place of the one 35 days before it, so that rows are bounded; an older one never takes it back", async () => {
    const agent = await TestAgent.greet(host);
    const hourMs = thisHourMs() - HOUR_MS;
    const row = {
      hostId: host.id,
      slot: slotOf(hourMs),
      organizationId: host.organizationId,
      coveredMs: 1,
      services: [],
    };
    await db()
      .insert(sampleHour)
      .values({ ...row, hourMs: hourMs - SLOTS * HOUR_MS });
    agent.say(sample(hourMs));
    await agent.hears("sampled");
    expect((await rows()).map((each) => each.hourMs)).toEqual([hourMs]);
  });

  it("an hour of the future, a half one, and one that is too old are taken for what they are: a clock that is off", async () => {
    const agent = await TestAgent.greet(host);
    for (const hourMs of [thisHourMs() + 5 * HOUR_MS, thisHourMs() - 1, thisHourMs() - (SLOTS + 1) * HOUR_MS]) {
      agent.say(sample(hourMs));
      await agent.hears("sampled", (message) => message.hourMs === hourMs);
    }
    expect(await rows()).toEqual([]);
  });

  it("with the database away it is not acknowledged; it is said again, and then is recorded", async () => {
    const agent = await TestAgent.greet(host);
    await env.DB.exec("alter table sample_hour rename to sample_hour_away");
    agent.say(sample(thisHourMs()));
    agent.say(measures);
    await agent.hears("stream");
    expect(agent.heard.map(({ type }) => type)).not.toContain("sampled");
    await evictDurableObject(fleetOf(host));
    await env.DB.exec("alter table sample_hour_away rename to sample_hour");
    agent.say(sample(thisHourMs()));
    await agent.hears("sampled");
    expect(await rows()).toHaveLength(1);
  });

  it("a day costs twelve rows of the database, and none of the Fleet's own", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1));
    const before = await fleetOf(host).figures();
    const fromMs = togetherUntilMs(thisHourMs()) - 26 * HOUR_MS;
    for (let hour = 0; hour < 24; hour += 2) {
      const hours = [fromMs + hour * HOUR_MS, fromMs + (hour + 1) * HOUR_MS];
      for (const hourMs of hours) agent.say(sample(hourMs));
      for (const hourMs of hours) await agent.hears("sampled", (said) => said.hourMs === hourMs);
    }
    const after = await fleetOf(host).figures();
    expect(after.rowsWritten).toBe(before.rowsWritten);
    expect(after.databaseRowsWritten - before.databaseRowsWritten).toBe(12);
  });

  it("of eight services fits beside others into a page of the database, and one that was written by name is read still", async () => {
    const agent = await TestAgent.greet(host);
    const used = { cpuMean: 1.2345, cpuMax: 15.98765, memoryMeanBytes: 4_294_967_295, memoryMaxBytes: 68_719_476_735 };
    const services = Array.from({ length: 8 }, (_, i) => {
      return { name: `a-service-of-a-longer-name-${i}`, ...used, p50Ms: 1234, p95Ms: i === 0 ? null : 5678 };
    });
    const hourMs = thisHourMs() - HOUR_MS;
    agent.say({ ...sample(hourMs), services });
    await agent.hears("sampled");
    const memory = { memoryMeanBytes: 4_294_967_296, memoryMaxBytes: 68_719_476_736 };
    const kept = services.map((each) => ({ ...each, cpuMean: 1.235, cpuMax: 15.988, ...memory }));
    expect((await rows()).map((row) => row.services)).toEqual([kept]);
    const size =
      "select length(host_id) + length(organization_id) + length(services) + 24 as size from sample_hour where host_id = ?";
    // What SQLite keeps of a row in a page of 4 KB: fileformat.html, 1.6, "X".
    expect(await env.DB.prepare(size).bind(host.id).first("size")).toBeLessThan(1_002);
    await env.DB.prepare("update sample_hour set services = ?2 where host_id = ?1")
      .bind(host.id, JSON.stringify(services))
      .run();
    expect((await rows()).map((row) => row.services)).toEqual([services]);
  });

  it("over HTTP, too, the answer says that it is recorded", async () => {
    const post = async (messages: object[]) => {
      const answer = await exports.default.fetch(`${ORIGIN}/agent/messages`, {
        method: "POST",
        headers: { Authorization: `Bearer ${host.credential}` },
        body: JSON.stringify({ messages }),
      });
      const body: { messages: { type: string }[] } = JSON.parse(await answer.text());
      return body.messages.map(({ type }) => type);
    };
    expect(await post([hello(), sample(thisHourMs())])).toContain("sampled");
    expect(await rows()).toHaveLength(1);
  });
});
