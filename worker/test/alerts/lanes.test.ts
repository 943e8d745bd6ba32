import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Alerts } from "../../src/alerts/alerts.ts";
import { Lanes } from "../../src/alerts/lanes.ts";
import { channel, delivery, notice } from "../../src/db/schema.ts";
import { db, makeChannel, makeOrganization, makeRule } from "../ground.ts";
import { eventually } from "../test-agent.ts";
import { MovedAlerts, START_MS } from "./moved-alerts.ts";
import { Outside } from "./receiver.ts";

const MINUTE_MS = 60_000;
/** An hour is long, alarm by alarm. */
const LONG_MS = 60_000;
const HOOK = "https://hook.test/";

let moved: MovedAlerts;
let organizationId: string;
let channelId: string;
let outside: Outside;

beforeEach(async () => {
  moved = await MovedAlerts.make();
  organizationId = moved.organizationId;
  channelId = await makeChannel(organizationId, HOOK);
  // Each incident by itself, so that a message is one incident's.
  await makeRule(organizationId, { group: "none", reminderMs: null });
  outside = new Outside();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const alerts = () => moved.object;
const idOf = (name: string) => moved.idOf(name);
const nameOf = (id: string) => moved.nameOf(id);
const happens = (name: string, phase: "opened" | "closed") => moved.happens(name, phase);
const pass = (forMs: number) => moved.pass(forMs);
const leap = (byMs: number) => moved.leap(byMs);
const answered = (status: number, headers: Record<string, string> = {}) => new Response(null, { status, headers });

const attempts = () => db().select().from(delivery).where(eq(delivery.organizationId, organizationId));
const heard = () => outside.at(HOOK).map(({ id }) => nameOf(id));

describe("a message", { timeout: LONG_MS }, () => {
  it("is sent once, however often its news comes", async () => {
    await happens("i1", "opened");
    await pass(MINUTE_MS);
    await happens("i1", "opened");
    await pass(MINUTE_MS);
    expect(heard()).toEqual(["i1.opened"]);
    expect(await attempts()).toMatchObject([{ noticeId: idOf("i1.opened"), attempt: 1, ok: true, status: 204 }]);
  });

  it("that is not heard is tried again until it is, and each attempt can be read", async () => {
    const answers = [500, 503, 204];
    outside.answers(HOOK, () => new Response(null, { status: answers.shift() ?? 204 }));
    await happens("i1", "opened");
    await pass(MINUTE_MS);
    expect(heard()).toEqual(["i1.opened", "i1.opened", "i1.opened"]);
    const rows = (await attempts()).map(({ attempt, status, ok }) => [attempt, status, ok]);
    expect(rows).toEqual([
      [1, 500, false],
      [2, 503, false],
      [3, 204, true],
    ]);
  });

  it("for a receiver that breaks off is tried again, too", async () => {
    let times = 0;
    outside.answers(HOOK, () => {
      if (times++ < 2) throw new TypeError("Network connection lost.");
      return answered(200);
    });
    await happens("i1", "opened");
    await pass(MINUTE_MS);
    expect((await attempts()).map(({ ok, status }) => [ok, status])).toEqual([
      [false, null],
      [false, null],
      [true, 200],
    ]);
  });

  it("waits as long as the receiver asks for, and with it all others for the same", async () => {
    let times = 0;
    outside.answers(HOOK, () => (times++ === 0 ? answered(429, { "retry-after": "90" }) : answered(204)));
    await happens("i1", "opened");
    await pass(1_000);
    await happens("i2", "opened");
    await pass(5 * MINUTE_MS);
    const [first, ...others] = outside.at(HOOK);
    expect(first?.id).toBe(idOf("i1.opened"));
    expect(others.map(({ id }) => nameOf(id)).sort()).toEqual(["i1.opened", "i2.opened"]);
    for (const { atMs } of others) expect(atMs - START_MS).toBeGreaterThanOrEqual(90_000);
  });

  it("waits as long as that also where the receiver takes another one meanwhile", async () => {
    outside.answers(HOOK, async ({ id }) => {
      if (nameOf(id) === "i1.opened") return answered(outside.at(HOOK).length > 2 ? 204 : 429, { "retry-after": "90" });
      await eventually("the refusal to be known", async () => (await alerts().standing()).channels[0]?.failures, 1);
      return answered(204);
    });
    await Promise.all([happens("i1", "opened"), happens("i2", "opened")]);
    await pass(5 * MINUTE_MS);
    const [, , again, ...others] = outside.at(HOOK);
    expect(nameOf(again?.id ?? "")).toBe("i1.opened");
    expect((again?.atMs ?? 0) - START_MS).toBeGreaterThanOrEqual(90_000);
    expect(others).toEqual([]);
  });

  it("that an incident is over never overtakes that it began, and is tried as long", async () => {
    outside.answers(HOOK, ({ id }) => (nameOf(id) === "i1.opened" ? answered(500) : answered(204)));
    await happens("i1", "opened");
    await pass(MINUTE_MS);
    await happens("i1", "closed");
    await happens("i2", "opened");
    await pass(10 * MINUTE_MS);
    expect(heard()).not.toContain("i1.closed");
    expect(heard(), "others do not wait for it").toContain("i2.opened");
    outside.answers(HOOK, ({ id }) => (nameOf(id) === "i1.closed" ? answered(500) : answered(204)));
    await pass(20 * MINUTE_MS);
    const tries = outside.at(HOOK).filter(({ id }) => nameOf(id) === "i1.closed");
    expect(tries.length).toBeGreaterThan(10);
    outside.hears(HOOK);
    await pass(20 * MINUTE_MS);
    expect((await attempts()).filter(({ ok }) => ok).map(({ noticeId }) => nameOf(noticeId))).toEqual([
      "i2.opened",
      "i1.opened",
      "i1.closed",
    ]);
  });

  it("is given up after three days, and what follows it goes out", async () => {
    outside.answers(HOOK, ({ id }) => (nameOf(id) === "i1.opened" ? answered(500) : answered(204)));
    await happens("i1", "opened");
    await pass(MINUTE_MS);
    await happens("i1", "closed");
    leap(71 * 60 * MINUTE_MS);
    await pass(20 * MINUTE_MS);
    expect(heard()).not.toContain("i1.closed");
    leap(60 * MINUTE_MS);
    await pass(20 * MINUTE_MS);
    expect(heard().at(-1)).toBe("i1.closed");
  });

  it("is not sent on a channel that was removed meanwhile, nor tried again", async () => {
    outside.answers(HOOK, () => answered(500));
    await happens("i1", "opened");
    await pass(1_000);
    await db().update(channel).set({ disabledMs: 1 }).where(eq(channel.id, channelId));
    await alerts().changed(organizationId);
    const before = heard().length;
    await pass(60 * MINUTE_MS);
    expect(heard().length).toBe(before);
    expect((await alerts().standing()).channels).toEqual([]);
  });

  it("never goes to another organization's channel", async () => {
    const theirs = await makeChannel(await makeOrganization("Borealis"), "https://theirs.test/");
    await happens("i1", "opened");
    await alerts().adopt(organizationId, { noticeId: idOf("i1.opened"), channelId: theirs });
    await pass(MINUTE_MS);
    expect(outside.at("https://theirs.test/")).toEqual([]);
    expect(heard()).toEqual(["i1.opened"]);
  });

  it("that is gone is no reason to fail for ever", async () => {
    outside.answers(HOOK, () => answered(500));
    await happens("i1", "opened");
    await pass(1_000);
    await db().delete(notice).where(eq(notice.organizationId, organizationId));
    await pass(20 * MINUTE_MS);
    expect((await alerts().standing()).channels).toEqual([]);
  });

  it("that a Worker of before put on the queue goes its way in a lane", async () => {
    await happens("i1", "opened");
    await pass(MINUTE_MS);
    outside.answers(HOOK, () => answered(500));
    await db()
      .insert(notice)
      .values({
        id: idOf("i1.closed"),
        organizationId,
        incidentId: idOf("i1"),
        phase: "closed",
        createdMs: Date.now(),
      });
    await env.NOTICES.send({ organizationId, noticeId: idOf("i1.closed"), channelId });
    await eventually("it to be adopted", async () => (await alerts().standing()).channels[0], 1);
    await pass(MINUTE_MS);
    outside.hears(HOOK);
    await pass(5 * MINUTE_MS);
    expect(heard().at(-1)).toBe("i1.closed");
    expect((await alerts().standing()).channels).toEqual([]);
  });
});

describe("whoever dies", () => {
  /** More of the same was waited for. */
  async function isDecided(): Promise<void> {
    leap(1_000);
    await moved.ring();
  }

  /** The time of somebody who will not come back is up. */
  async function diesOut(): Promise<void> {
    leap(MINUTE_MS);
    await moved.ring();
    await pass(MINUTE_MS);
  }

  /** Alerts is put out, where it is in memory. */
  async function evicted(): Promise<void> {
    await evictDurableObject(alerts()).catch(() => undefined);
  }

  it("as the one who is about to send: another one sends it, once his time is up", async () => {
    const claimed = vi.spyOn(Lanes.prototype, "claim");
    // Granted, and never heard of again.
    vi.spyOn(Alerts.prototype, "claim").mockImplementationOnce(function (this: Alerts, send) {
      return this.claim(send).then(() => null);
    });
    await happens("i1", "opened");
    await isDecided();
    await eventually("it to be granted", () => claimed.mock.results[0]);
    expect(heard()).toEqual([]);
    await diesOut();
    expect(heard()).toEqual(["i1.opened"]);
    expect((await attempts()).map(({ attempt }) => attempt)).toEqual([2]);
  });

  it("as the one who has sent, and told nobody: by its record it is not sent again", async () => {
    const told = vi.spyOn(Alerts.prototype, "attempted").mockImplementationOnce(async () => {});
    await happens("i1", "opened");
    await isDecided();
    await eventually("it to be sent", () => told.mock.calls[0]);
    await diesOut();
    expect(heard()).toEqual(["i1.opened"]);
    expect((await alerts().standing()).channels).toEqual([]);
  });

  it("as Alerts itself, between any two steps: nothing is lost, and nothing sent twice", async () => {
    outside.answers(HOOK, async () => {
      await evicted();
      return answered(204);
    });
    for (const id of ["i1", "i2", "i3"]) {
      await happens(id, "opened");
      await evicted();
      await pass(1_000);
      await happens(id, "closed");
      await evicted();
    }
    await pass(10 * MINUTE_MS);
    expect([...heard()].sort()).toEqual(["i1", "i2", "i3"].flatMap((id) => [`${id}.closed`, `${id}.opened`]));
    for (const id of ["i1", "i2", "i3"]) {
      expect(heard().indexOf(`${id}.opened`)).toBeLessThan(heard().indexOf(`${id}.closed`));
    }
  });

  it("as D1, while a channel is away: it is asked no more often than the channel would be", async () => {
    outside.answers(HOOK, () => answered(500));
    await happens("i1", "opened");
    await pass(5 * MINUTE_MS);
    const claimed = vi.spyOn(Lanes.prototype, "claim");
    const prepared = vi.spyOn(Object.getPrototypeOf(env.DB), "prepare").mockImplementation(() => {
      throw new Error("D1_ERROR: Network connection lost.");
    });
    await pass(10 * MINUTE_MS);
    expect(claimed.mock.calls.length).toBeGreaterThan(5);
    expect(claimed.mock.calls.length).toBeLessThan(30);
    prepared.mockRestore();
    outside.hears(HOOK);
    await pass(2 * MINUTE_MS);
    expect((await alerts().standing()).channels).toEqual([]);
  });

  it("as D1, while something is to be told: it is told when D1 is back", async () => {
    await alerts().changed(organizationId);
    const database = Object.getPrototypeOf(env.DB);
    const real = database.batch;
    await happens("i0", "opened");
    await pass(MINUTE_MS);
    let isAway = true;
    database.batch = function (...args: unknown[]) {
      if (isAway) throw new Error("D1_ERROR: Network connection lost.");
      return real.apply(this, args);
    };
    try {
      await happens("i1", "opened");
      await pass(MINUTE_MS);
      expect(heard()).toEqual(["i0.opened"]);
      isAway = false;
      await pass(2 * MINUTE_MS);
      expect(heard()).toEqual(["i0.opened", "i1.opened"]);
    } finally {
      database.batch = real;
    }
  });
});
