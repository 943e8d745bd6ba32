import { createExecutionContext, createMessageBatch, createScheduledController, getQueueResult } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { workerPulse } from "../src/db/alert-schema.ts";
import type { NoticeMessage } from "../src/env.ts";
import worker from "../src/index.ts";
import { decideHealth, QUEUE_LAG_MS, QUEUE_MS, UPKEEP_MS } from "../src/pulse/core/health.ts";
import { leavePulse, readPulses } from "../src/pulse/pulses.ts";
import { readHealth } from "../src/pulse/read-health.ts";
import { db, makeOrganization } from "./ground.ts";
import { eventually } from "./test-agent.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");
const LONG_AGO = NOW - 86_400_000;
const pulse = (agoMs: number, lagMs = 10) => ({ atMs: NOW - agoMs, lagMs });

describe("whether the Worker does what it is there for", () => {
  it.each([
    ["all is well", pulse(0), pulse(0), []],
    ["the upkeep ended just long enough ago", pulse(UPKEEP_MS), pulse(0), []],
    ["the upkeep ended too long ago", pulse(UPKEEP_MS + 1), pulse(0), ["upkeep"]],
    ["the upkeep never ran", null, null, ["upkeep"]],
    ["a message came through just recently enough", pulse(0), pulse(QUEUE_MS), []],
    ["no message has come through for too long", pulse(0), pulse(QUEUE_MS + 1), ["queue"]],
    ["none ever did", pulse(0), null, ["queue"]],
    ["the last one took just not too long", pulse(0), pulse(0, QUEUE_LAG_MS), []],
    ["the last one took too long", pulse(0), pulse(0, QUEUE_LAG_MS + 1), ["queue"]],
    ["the upkeep is late, and so sends no messages", pulse(UPKEEP_MS + 1), pulse(QUEUE_MS + 1), ["upkeep"]],
  ])("%s", (_, upkeep, queue, failing) => {
    const health = decideHealth({ kind: "read", upkeep, queue, madeMs: LONG_AGO }, NOW);
    expect(health.failing).toEqual(failing);
    expect(health.ok).toBe(failing.length === 0);
  });

  it.each([
    ["nothing has run yet, nor could it", null, 0, [], ["starting", "starting"]],
    ["the upkeep might just still come", null, UPKEEP_MS, [], ["starting", "starting"]],
    ["the upkeep should have come", null, UPKEEP_MS + 1, ["upkeep"], ["has not", "not known"]],
    ["the upkeep has come, and the first message might still", pulse(0), QUEUE_MS, [], ["ok", "starting"]],
    ["the first message should have come", pulse(0), QUEUE_MS + 1, ["queue"], ["ok", "no message"]],
  ])("of a new installation: %s", (_, upkeep, ageMs, failing, words) => {
    const health = decideHealth({ kind: "read", upkeep, queue: null, madeMs: NOW - ageMs }, NOW);
    expect(health.failing).toEqual(failing);
    expect(health.ok).toBe(failing.length === 0);
    expect([health.parts.upkeep, health.parts.queue]).toEqual(words.map((word) => expect.stringMatching(`^${word}`)));
  });

  it("where it is not known how new the installation is, what never came fails", () => {
    expect(decideHealth({ kind: "read", upkeep: null, queue: null, madeMs: null }, NOW).failing).toEqual(["upkeep"]);
  });

  it("of a database that does not answer it is the database that fails, and nothing else is known", () => {
    expect(decideHealth({ kind: "unread", why: "does not answer a read" }, NOW)).toEqual({
      ok: false,
      failing: ["database"],
      parts: {
        database: "does not answer a read",
        upkeep: "not known while the database fails",
        queue: "not known while the database fails",
      },
    });
  });
});

describe("a pulse", () => {
  it("is the newest one, whatever came last", async () => {
    await leavePulse(env.DB, "heartbeats", { atMs: NOW, lagMs: 1 });
    await leavePulse(env.DB, "heartbeats", { atMs: NOW - 1, lagMs: 2 });
    expect((await readPulses(env.DB)).get("heartbeats")).toEqual({ atMs: NOW, lagMs: 1 });
  });

  it("of the upkeep is left at the end of each run; the queue's goes the way that notices go", async () => {
    const minute = Math.ceil(Date.now() / 120_000) * 120_000;
    await worker.scheduled(createScheduledController({ scheduledTime: new Date(minute), cron: "* * * * *" }), env);
    const pulses = await eventually("the queue's message", async () => {
      const read = await readPulses(env.DB);
      return read.has("queue") ? read : null;
    });
    expect(Date.now() - (pulses.get("upkeep")?.atMs ?? 0)).toBeLessThan(60_000);
  });

  it("of the queue says how late its newest message came, and is no notice of anybody", async () => {
    const sentMs = Date.now() - 90_000;
    const bodies = [sentMs - 120_000, sentMs].map((pulseMs, i) => ({
      ...{ id: `m${i}`, timestamp: new Date(pulseMs), attempts: 1 },
      body: { organizationId: "", noticeId: "", channelId: "", attempt: 1, pulseMs } satisfies NoticeMessage,
    }));
    const batch = createMessageBatch<NoticeMessage>("notices", bodies);
    await worker.queue(batch, env);
    const lagMs = (await readPulses(env.DB)).get("queue")?.lagMs ?? 0;
    expect(lagMs).toBeGreaterThanOrEqual(90_000);
    expect(lagMs).toBeLessThan(120_000);
    const { explicitAcks } = await getQueueResult(batch, createExecutionContext());
    expect(explicitAcks.toSorted()).toEqual(["m0", "m1"]);
  });
});

describe("the addresses that are watched from outside", () => {
  // What was read is kept for some seconds of the clock: each test has a minute of its own.
  let minute = 0;
  let nowMs = 0;

  beforeEach(() => {
    minute += 1;
    nowMs = Date.now() + minute * 3_600_000;
    vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const ask = async (path: string) => exports.default.fetch(`https://afloat.test${path}`);

  it("/healthz is 200 where all is well, names what fails else, and no organization in any case", async () => {
    const id = await makeOrganization("Hidden");
    await leavePulse(env.DB, "upkeep", { atMs: nowMs, lagMs: 0 });
    await leavePulse(env.DB, "queue", { atMs: nowMs, lagMs: 0 });
    const well = await ask("/healthz");
    expect(well.status).toBe(200);
    expect(well.headers.get("cache-control")).toBe("no-store");
    expect(await well.json()).toEqual({
      ok: true,
      failing: [],
      parts: { database: "ok", upkeep: "ok", queue: "ok" },
    });
    vi.setSystemTime(nowMs + UPKEEP_MS + 60_000);
    const unwell = await ask("/healthz");
    const said = await unwell.text();
    expect(unwell.status).toBe(503);
    expect(JSON.parse(said)).toMatchObject({ ok: false, failing: ["upkeep"] });
    expect(said).toContain("ended last 6 min ago");
    expect(said).not.toContain(id);
    expect(said.toLowerCase()).not.toContain("hidden");
  });

  it("/healthz is 200 and says that it is starting while the newest migration is younger than the first upkeep would be", async () => {
    await db().delete(workerPulse);
    await env.DB.prepare("update d1_migrations set applied_at = datetime(?1, 'unixepoch')")
      .bind(Math.floor(nowMs / 1000) - 60)
      .run();
    const fresh = await ask("/healthz");
    expect(fresh.status).toBe(200);
    expect(await fresh.json()).toEqual({
      ok: true,
      failing: [],
      parts: {
        database: "ok",
        upkeep: "starting: has not run yet; it comes every minute",
        queue: "starting: no message has come through yet; one is sent every two minutes",
      },
    });
    vi.setSystemTime(nowMs + UPKEEP_MS);
    const late = await ask("/healthz");
    expect(late.status).toBe(503);
    expect(await late.json()).toMatchObject({ failing: ["upkeep"] });
  });

  it("/healthz is 503 while the database does not answer as it should, and well again afterwards", async () => {
    await leavePulse(env.DB, "upkeep", { atMs: nowMs, lagMs: 0 });
    await leavePulse(env.DB, "queue", { atMs: nowMs, lagMs: 0 });
    const said = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await env.DB.exec("alter table worker_pulse rename to worker_pulse_away");
    const unwell = await ask("/healthz");
    await env.DB.exec("alter table worker_pulse_away rename to worker_pulse");
    expect(unwell.status).toBe(503);
    expect(await unwell.json()).toMatchObject({ failing: ["database"] });
    expect((await ask("/livez")).status, "it runs").toBe(200);
    vi.setSystemTime(nowMs + 5_000);
    expect((await ask("/healthz")).status).toBe(200);
    said.mockRestore();
  });

  it("the database is asked once in five seconds, however many ask", async () => {
    await leavePulse(env.DB, "upkeep", { atMs: nowMs, lagMs: 0 });
    await leavePulse(env.DB, "queue", { atMs: nowMs, lagMs: 0 });
    expect((await readHealth(env.DB, nowMs)).ok).toBe(true);
    await db().delete(workerPulse).where(eq(workerPulse.name, "queue"));
    expect((await readHealth(env.DB, nowMs + 4_999)).ok).toBe(true);
    expect((await readHealth(env.DB, nowMs + 5_000)).failing).toEqual(["queue"]);
  });
});
