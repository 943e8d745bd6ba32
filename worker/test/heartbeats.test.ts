import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { alertsFor } from "../src/alerts/alerts-for.ts";
import { LaneStore } from "../src/alerts/lane-store.ts";
import { newStanding } from "../src/alerts/core/lane.ts";
import { latenessOf } from "../src/alerts/lateness.ts";
import { freshId } from "../src/auth/ids.ts";
import { seal } from "../src/channels/seal.ts";
import { heartbeatOut } from "../src/db/alert-schema.ts";
import { channel, placement } from "../src/db/schema.ts";
import { callDueHeartbeats } from "../src/heartbeats/call-due.ts";
import { ALARM_MS, type Chain, DEAF_MS, faultsOf, UNRECORDED_MS, UNTRIED_MS } from "../src/heartbeats/core/chain.ts";
import { parseInterval, remember, type Run, shownUrl } from "../src/heartbeats/core/heartbeat.ts";
import { leavePulse } from "../src/pulse/pulses.ts";
import { type Job, runUpkeep } from "../src/upkeep/upkeep.ts";
import { db, fleetOf, makeChannel, makeHost, makeOrganization } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";

const receiver = inject("receiver");

const inTime = { alarmMs: ALARM_MS, unrecordedMs: UNRECORDED_MS, untriedMs: UNTRIED_MS, deafMs: DEAF_MS };
const ok: Chain = {
  database: { kind: "answer", said: "takes writes" },
  fleets: { kind: "answer", said: [{ alarmMs: ALARM_MS, unrecordedMs: UNRECORDED_MS }] },
  alerts: { kind: "answer", said: inTime },
};

describe("the way of an alert", () => {
  it("is whole up to the very limits of lateness", () => {
    expect(faultsOf(ok)).toEqual([]);
  });

  const late = (said: object) => ({ kind: "answer" as const, said: { ...inTime, ...said } });
  it.each<[string, Partial<Chain>]>([
    ["the database takes no writes", { database: { kind: "fault", why: "no answer within 5000 ms" } }],
    ["the Fleet does not answer", { fleets: { kind: "fault", why: "the organization is being moved" } }],
    ["alarm, which finds silent hosts, is 2 min late", fleets({ alarmMs: ALARM_MS + 1, unrecordedMs: 0 })],
    ["what hosts told 5 min ago is not in the database", fleets({ alarmMs: 0, unrecordedMs: UNRECORDED_MS + 1 })],
    ["alerting does not answer", { alerts: { kind: "fault", why: "it failed" } }],
    ["alerting's alarm is 2 min late", { alerts: late({ alarmMs: ALARM_MS + 1 }) }],
    ["has not been taken for 5 min", { alerts: late({ unrecordedMs: UNRECORDED_MS + 1 }) }],
    ["a message has waited for 5 min to be tried", { alerts: late({ untriedMs: UNTRIED_MS + 1 }) }],
    ["no channel is on: add one, or switch one on", { alerts: late({ channels: 0 }) }],
    ["no channel has heard what waits for it for 10 min", { alerts: late({ deafMs: DEAF_MS + 1 }) }],
  ])("is not where %s", (words, broken) => {
    expect(faultsOf({ ...ok, ...broken }).join()).toContain(words);
  });

  function fleets(bad: { alarmMs: number; unrecordedMs: number }): Partial<Chain> {
    const good = { alarmMs: 0, unrecordedMs: 0 };
    return { fleets: { kind: "answer", said: [good, bad, bad, good] } };
  }

  it("says the same of several Fleets once", () => {
    const { fleets: both } = fleets({ alarmMs: ALARM_MS + 1, unrecordedMs: 0 });
    expect(faultsOf({ ...ok, ...(both === undefined ? {} : { fleets: both }) }).length).toBe(1);
  });
});

describe("how late telling is", () => {
  const nowMs = Date.parse("2026-11-26T12:00:00Z");
  const agoMs = 400_000;

  async function late(
    items: { channelId: string; lane: string; attempts: number }[],
    failing: string[],
    refusing: string[] = [],
  ) {
    const stub = env.ALERTS.get(env.ALERTS.idFromName(freshId()));
    return runInDurableObject(stub, (_alerts, state) => {
      const store = new LaneStore(state.storage.sql);
      for (const each of items) {
        const times = { putMs: nowMs - agoMs, nextTryMs: 0, triedMs: null, leaseUntilMs: null, isAgain: false };
        store.put({ seq: store.nextSeq(), noticeId: freshId(), ...each, ...times });
      }
      for (const id of failing) store.putStanding({ ...newStanding(id), failures: 1, failingSinceMs: nowMs - agoMs });
      for (const id of refusing) store.putStanding({ ...newStanding(id), toldMs: nowMs - agoMs });
      const known = { store, channelIds: ["a", "b"], failingSinceMs: null, alarmMs: null };
      const { untriedMs, deafMs } = latenessOf(known, nowMs);
      return { untriedMs, deafMs };
    });
  }

  it("is what was never tried though its channel hears, and is first in its lane", async () => {
    expect(await late([{ channelId: "a", lane: "x", attempts: 0 }], [])).toEqual({ untriedMs: agoMs, deafMs: 0 });
    const behind = [
      { channelId: "a", lane: "x", attempts: 3 },
      { channelId: "a", lane: "x", attempts: 0 },
    ];
    expect(await late(behind, [])).toEqual({ untriedMs: 0, deafMs: 0 });
    expect(await late([{ channelId: "a", lane: "x", attempts: 0 }], ["a"])).toEqual({ untriedMs: 0, deafMs: 0 });
  });

  it("is not what waits since its channel asked to be left alone", async () => {
    const stub = env.ALERTS.get(env.ALERTS.idFromName(freshId()));
    const untriedMs = await runInDurableObject(stub, (_alerts, state) => {
      const store = new LaneStore(state.storage.sql);
      const times = { putMs: nowMs - agoMs, nextTryMs: 0, triedMs: null, leaseUntilMs: null, isAgain: false };
      store.put({ seq: store.nextSeq(), noticeId: freshId(), channelId: "a", lane: "x", attempts: 0, ...times });
      store.putStanding({ ...newStanding("a"), leftAloneUntilMs: nowMs + 1 });
      return latenessOf({ store, channelIds: ["a"], failingSinceMs: null, alarmMs: null }, nowMs).untriedMs;
    });
    expect(untriedMs).toBe(0);
  });

  it("is that no channel hears, and not that one of two does not", async () => {
    const waits = (channelId: string) => ({ channelId, lane: "x", attempts: 1 });
    expect(await late([waits("a"), waits("b")], ["a"])).toMatchObject({ deafMs: 0 });
    expect(await late([waits("a"), waits("b")], ["a", "b"])).toMatchObject({ deafMs: agoMs });
    expect(await late([waits("a")], ["a", "b"])).toMatchObject({ deafMs: 0 });
  });

  it("is that the only channels refuse what is sent to them, of which nothing waits", async () => {
    expect(await late([], [], ["a"])).toMatchObject({ deafMs: 0 });
    expect(await late([], [], ["a", "b"])).toMatchObject({ deafMs: agoMs });
    expect(await late([{ channelId: "a", lane: "x", attempts: 1 }], ["a"], ["b"])).toMatchObject({ deafMs: agoMs });
  });
});

describe("how it went", () => {
  const heard = (atMs: number) => ({ kind: "heard" as const, atMs, words: "answered 200", tookMs: atMs });
  const withheld = (atMs: number, words: string) => ({ kind: "withheld" as const, atMs, words });

  it("is one line for all that came to the same, however long it lasted", () => {
    let runs: Run[] = [];
    for (const each of [heard(1), heard(2), withheld(3, "for 5 min 2 s"), withheld(4, "for 6 min"), heard(5)]) {
      runs = remember(runs, each);
    }
    expect(runs).toEqual([
      { kind: "heard", words: "answered 200", fromMs: 5, untilMs: 5, times: 1, tookMs: 5 },
      { kind: "withheld", words: "for 6 min", fromMs: 3, untilMs: 4, times: 2, tookMs: null },
      { kind: "heard", words: "answered 200", fromMs: 1, untilMs: 2, times: 2, tookMs: 2 },
    ]);
  });

  it("tells another status apart, and is kept for twelve changes", () => {
    let runs: Run[] = [];
    for (let i = 0; i < 20; i++) {
      runs = remember(runs, { kind: "unheard", atMs: i, words: `answered ${i % 2 === 0 ? 500 : 404}`, tookMs: 1 });
    }
    expect(runs.length).toBe(12);
    expect(runs[0]?.untilMs).toBe(19);
  });

  it.each([
    ["1", 60_000],
    ["", 60_000],
    [" 60 ", 3_600_000],
    ["0", null],
    ["61", null],
    ["1.5", null],
    ["-1", null],
    ["often", null],
  ])("every `%s` minutes is %s ms", (typed, ms) => {
    expect(parseInterval(typed)).toBe(ms);
  });

  it("an address is shown without what is secret of it", () => {
    expect(shownUrl("https://hc-ping.com/0123-4567-89ab")).toBe("https://hc-ping.com/…89ab");
    expect(shownUrl("https://a.example/x")).toBe("https://a.example/…");
  });
});

describe("the heartbeat out of an organization", () => {
  let organizationId: string;
  let id: string;
  // In a row of minutes of its own.
  let nowMs: number;

  beforeEach(async () => {
    await db().delete(heartbeatOut);
    for (const name of ["upkeep", "queue"] as const) await leavePulse(env.DB, name, { atMs: Date.now(), lagMs: 0 });
    organizationId = await makeOrganization();
    id = freshId();
    nowMs = Math.ceil(Date.now() / 60_000) * 60_000;
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  async function beat(answer: string, of = organizationId, to = id): Promise<void> {
    await makeChannel(of);
    const sealedUrl = await seal(env.AFLOAT_SECRET, `${receiver}/${to}/${answer}`);
    const row = { organizationId: of, sealedUrl, createdMs: nowMs, intervalMs: 60_000, nextMs: nowMs };
    await db().insert(heartbeatOut).values(row);
  }
  const came = async (to = id) => Number(await (await fetch(`${receiver}/came/${to}`)).text());
  const row = async (of = organizationId) => {
    const [found] = await db().select().from(heartbeatOut).where(eq(heartbeatOut.organizationId, of));
    if (found === undefined) throw new Error("no heartbeat");
    return found;
  };
  const pageFor = async (role: string) => {
    const html = await (await as(await signIn(organizationId, role), "GET", "/app/watch")).text();
    return html.slice(html.indexOf("<h1>"), html.indexOf("<h2>This server"));
  };
  const quiet = () => vi.spyOn(console, "warn").mockImplementation(() => undefined);

  it("is called when it is due, once, and again after its interval", async () => {
    await beat("ok");
    expect(await callDueHeartbeats(env, nowMs)).toBeNull();
    expect(await callDueHeartbeats(env, nowMs)).toBeNull();
    expect(await came()).toBe(1);
    expect(await row()).toMatchObject({ nextMs: nowMs + 60_000, answer: "OK", runs: [{ kind: "heard", times: 1 }] });
    await callDueHeartbeats(env, nowMs + 60_000);
    expect(await came()).toBe(2);
    expect((await row()).runs).toMatchObject([{ kind: "heard", times: 2, words: "answered 200" }]);
  });

  it("is not called while no channel is on", async () => {
    await beat("ok");
    await db().update(channel).set({ disabledMs: nowMs }).where(eq(channel.organizationId, organizationId));
    expect(await callDueHeartbeats(env, nowMs)).toBe("0 heard, 0 not heard, 1 withheld, 0 left for the next run");
    expect((await row()).runs?.[0]).toMatchObject({
      kind: "withheld",
      words: "no channel is on: add one, or switch one on",
    });
    expect(await pageFor("viewer")).toContain("Alerts may not be told: the heartbeat out is withheld");
  });

  it.each([
    ["fails", "answered 500"],
    ["redirects", "where nobody follows"],
    ["resets", "could not be reached"],
  ])("that %s is not heard, and the page says what came of it", async (answer, words) => {
    await beat(answer);
    expect(await callDueHeartbeats(env, nowMs)).toBe("0 heard, 1 not heard, 0 withheld, 0 left for the next run");
    const { runs, heardMs, calledMs } = await row();
    expect(runs?.[0]).toMatchObject({ kind: "unheard", words: expect.stringContaining(words) });
    expect([heardMs, calledMs === null]).toEqual([null, false]);
    const page = await pageFor("owner");
    expect(page).toContain("The heartbeat out is not heard");
    expect(page).toContain(words);
  });

  /** A clock of the object that stands still, seen twenty minutes later. */
  async function lateBy(stub: DurableObjectStub, atMs: number): Promise<void> {
    await runInDurableObject(stub, (_object, state) => state.storage.setAlarm(Date.now() + 600_000));
    vi.useFakeTimers({ toFake: ["Date"], now: atMs });
    await callDueHeartbeats(env, atMs);
    vi.useRealTimers();
    await runInDurableObject(stub, (_object, state) => state.storage.deleteAlarm());
  }

  it("is not called while no Fleet answers for it: it is being moved", async () => {
    quiet();
    await beat("ok");
    await db().insert(placement).values({ organizationId, place: organizationId, nextPlace: "cell-1" });
    await callDueHeartbeats(env, nowMs);
    expect(await came()).toBe(0);
    const page = await pageFor("viewer");
    expect(page).toContain("Alerts may not be told: the heartbeat out is withheld");
    expect(page).toContain("the Fleet does not answer: the organization is being moved");
    await db().delete(placement).where(eq(placement.organizationId, organizationId));
    await callDueHeartbeats(env, nowMs + 60_000);
    expect(await came(), "well again").toBe(1);
  });

  it("is not called while the alarm of its Fleet, or of alerting, is late: silence is found by the one, reminders are sent by the other", async () => {
    const host = await makeHost(organizationId);
    await beat("ok");
    await callDueHeartbeats(env, nowMs);
    await lateBy(fleetOf(host), nowMs + 1_200_000);
    expect((await row()).runs?.[0]?.words).toContain("the Fleet's alarm, which finds silent hosts, is");
    await lateBy(alertsFor(env, organizationId), nowMs + 1_260_000);
    expect((await row()).runs?.[0]?.words).toContain("alerting's alarm is");
    expect(await came(), "only the first").toBe(1);
    await callDueHeartbeats(env, nowMs + 1_320_000);
    expect(await came(), "well again").toBe(2);
    expect((await row()).runs?.map(({ kind }) => kind)).toEqual(["heard", "withheld", "withheld", "heard"]);
  });

  it("is not called while the database takes no writes, though it can be read; nobody's is", async () => {
    quiet();
    const failed = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await beat("ok");
    await env.DB.exec(
      "create trigger refuses before insert on worker_pulse begin select raise(abort, 'disk full'); end",
    );
    await runUpkeep(env, nowMs);
    await env.DB.exec("drop trigger refuses");
    expect(await came()).toBe(0);
    expect(failed.mock.calls.map(([text]) => text).join()).toContain("heartbeats out: it failed");
    await runUpkeep(env, nowMs + 60_000);
    expect(await came()).toBe(1);
  });

  it("that says nothing for ever costs others neither their heartbeat nor the upkeep its turn", async () => {
    const others = await Promise.all(Array.from({ length: 12 }, () => makeOrganization("Borealis")));
    await beat("silent");
    for (const other of others) await beat("ok", other, other);
    const ended: string[] = [];
    const job = (name: string, more: Partial<Job>): Job => ({ name, everyMinutes: 1, run: async () => null, ...more });
    const calls = job("heartbeats out", { isBeside: true, run: callDueHeartbeats });
    const next = job("next", {
      run: async () => {
        ended.push(`next, after ${(await row()).runs === null ? "none" : "the silent one"}`);
        return null;
      },
    });
    await runUpkeep(env, nowMs, [calls, next]);
    expect(ended).toEqual(["next, after none"]);
    for (const other of others) expect(await came(other)).toBe(1);
    expect((await row()).runs?.[0]).toMatchObject({ kind: "unheard", words: "no answer within 5 s" });
  }, 30_000);

  it("whose address was sealed under another secret is withheld, and says so", async () => {
    await beat("ok");
    await db()
      .update(heartbeatOut)
      .set({ sealedUrl: await seal("another secret", `${receiver}/${id}/ok`) });
    await callDueHeartbeats(env, nowMs);
    expect(await came()).toBe(0);
    expect((await row()).runs?.[0]?.words).toContain("write it once more");
  });

  it("that nobody calls though it is due is said on the page", async () => {
    await beat("ok");
    await db()
      .update(heartbeatOut)
      .set({ nextMs: Date.now() - 200_000 });
    const page = await pageFor("viewer");
    expect(page).toContain("The heartbeat out is overdue");
    expect(page).toContain("was not called: the upkeep does");
  });
});
