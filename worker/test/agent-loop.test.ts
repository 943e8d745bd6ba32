import { runDurableObjectAlarm } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { incident, notice } from "../src/db/schema.ts";
import { move, ring } from "./cells.ts";
import { db, fleetOf, makeChannel, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { TestAgent } from "./test-agent.ts";

const MINUTE = 60_000;
let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
  await makeChannel(host.organizationId);
});

afterEach(() => {
  vi.useRealTimers();
});

const found = async () =>
  (await db().select().from(incident).where(eq(incident.hostId, host.id))).map(({ kind, cause, closedMs }) => ({
    ...{ kind, cause, isOpen: closedMs === null },
  }));
const phases = async () =>
  (await db().select().from(notice).where(eq(notice.organizationId, host.organizationId))).map(({ phase }) => phase);
const started = (seq: number, atMs: number) =>
  ({ kind: "agent-started", seq, atMs, runId: `run${seq}`, version: "1.0.0" }) as const;
const stopped = (seq: number, atMs: number) => ({ kind: "agent-stopped", seq, atMs, planned: false }) as const;

describe("an agent that starts again and again", () => {
  it("is told with the fourth start after a run that ended without a word, inside ten minutes", async () => {
    const agent = await TestAgent.greet(host);
    const nowMs = Date.now();
    const at = (minutes: number) => nowMs - 5 * MINUTE + minutes * MINUTE;
    await agent.tells(started(1, at(0)), started(2, at(1)), started(3, at(2)), started(4, at(3)));
    expect(await found()).toEqual([]);
    await agent.tells(started(5, at(4)));
    expect(await found()).toEqual([
      { kind: "agent-loop", cause: "4 starts in 3 min, each after a run that ended without a word", isOpen: true },
    ]);
    expect(await phases()).toEqual(["opened"]);
  });

  it("is over when it ran for ten minutes", async () => {
    const agent = await TestAgent.greet(host);
    const nowMs = Date.now();
    await agent.tells(...[1, 2, 3, 4, 5].map((seq) => started(seq, nowMs - 1000 + seq)));
    vi.useFakeTimers({ toFake: ["Date"], now: nowMs + 10 * MINUTE + 100 });
    await runDurableObjectAlarm(fleetOf(host));
    await vi.waitFor(async () => expect(await phases()).toEqual(["opened", "closed"]));
    expect((await found()).filter(({ kind }) => kind === "agent-loop")).toMatchObject([{ isOpen: false }]);
  });

  it("is not over when another Fleet takes it over: that does not know when it started last", async () => {
    const nowMs = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
    const agent = await TestAgent.greet(host);
    await agent.tells(...[1, 2, 3, 4, 5].map((seq) => started(seq, nowMs + seq)));
    await agent.tells(started(6, nowMs + 9 * MINUTE));
    vi.setSystemTime(nowMs + 12 * MINUTE);
    await move(host.organizationId, `cell-${host.id}`);
    const again = await TestAgent.greet(host, { firstSeq: 1, lastSeq: 6 });
    await ring(`cell-${host.id}`);
    expect(await found()).toMatchObject([{ kind: "agent-loop", isOpen: true }]);
    vi.setSystemTime(nowMs + 22 * MINUTE + 100);
    again.say({ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 6 });
    await again.hears("ack");
    await ring(`cell-${host.id}`);
    await vi.waitFor(async () => expect(await found()).toMatchObject([{ kind: "agent-loop", isOpen: false }]));
  });

  it("is nothing where each run ended as it should, or the starts are far apart", async () => {
    const agent = await TestAgent.greet(host);
    const nowMs = Date.now();
    await agent.tells(
      ...[0, 1, 2, 3, 4, 5].flatMap((n) => [
        started(2 * n + 1, nowMs - 9000 + n),
        stopped(2 * n + 2, nowMs - 9000 + n),
      ]),
    );
    await agent.tells(...[13, 14, 15, 16, 17].map((seq) => started(seq, nowMs - (20 - seq) * 5 * MINUTE)));
    expect(await found()).toEqual([]);
  });

  it("that was over before it could be told is told once, by its end", async () => {
    const agent = await TestAgent.greet(host);
    const atMs = Date.now() - 60 * MINUTE;
    await agent.tells(...[1, 2, 3, 4, 5].map((seq) => started(seq, atMs + seq)));
    expect(await found()).toMatchObject([{ kind: "agent-loop", isOpen: false }]);
    expect(await phases()).toEqual(["closed"]);
  });

  /** Times of incidents of a loop, in minutes after the first start that the host tells of. */
  const minutesOf = async (startMs: number) =>
    (await db().select().from(incident).where(eq(incident.hostId, host.id))).map(({ kind, openedMs, closedMs }) => {
      const minutes = [openedMs, closedMs].map((ms) => (ms === null ? null : Math.round((ms - startMs) / MINUTE)));
      return [kind, ...minutes];
    });
  const every2 = (startMs: number, from: number, upTo: number) =>
    Array.from({ length: (upTo - from) / 2 + 1 }, (_, n) =>
      started(from / 2 + n + 1, startMs + (from + 2 * n) * MINUTE),
    );

  it("that goes on is one, and open, though it is told so late that its first starts are long ago", async () => {
    const startMs = Date.now() - 20.5 * MINUTE;
    const agent = await TestAgent.greet(host);
    await agent.tells(...every2(startMs, 0, 20));
    expect(await minutesOf(startMs)).toEqual([["agent-loop", 8, null]]);
    expect(await phases()).toEqual(["opened"]);
  });

  it("that is told hours later, in several messages, is one, and over ten minutes after its last start", async () => {
    const startMs = Date.now() - 180 * MINUTE;
    const agent = await TestAgent.greet(host, { firstSeq: 1, lastSeq: 9 });
    await agent.tells(started(1, startMs), ...every2(startMs, 2, 8));
    await runDurableObjectAlarm(fleetOf(host));
    expect(await minutesOf(startMs)).toEqual([["agent-loop", 8, null]]);
    await agent.tells(...every2(startMs, 10, 16));
    expect(await minutesOf(startMs)).toEqual([["agent-loop", 8, 26]]);
  });

  it("that was over for long before the next one begins is another incident", async () => {
    const startMs = Date.now() - 180 * MINUTE;
    const agent = await TestAgent.greet(host);
    const later = [60, 61, 62, 63].map((minute, n) => started(10 + n, startMs + minute * MINUTE));
    await agent.tells(...every2(startMs, 0, 16), ...later);
    expect((await minutesOf(startMs)).toSorted((a, b) => Number(a[1]) - Number(b[1]))).toEqual([
      ["agent-loop", 8, 26],
      ["agent-loop", 63, 73],
    ]);
    expect(await phases()).toEqual(["closed", "closed"]);
  });

  it("of which its host did not tell the end is over ten minutes after the last start it told, once it is gone", async () => {
    const startMs = Date.now();
    vi.useFakeTimers({ toFake: ["Date"], now: startMs });
    const agent = await TestAgent.greet(host, { firstSeq: 1, lastSeq: 99 });
    await agent.tells(...every2(startMs - 60 * MINUTE, 0, 8));
    vi.setSystemTime(startMs + 91_000);
    await runDurableObjectAlarm(fleetOf(host));
    const [found] = (await minutesOf(startMs - 60 * MINUTE)).filter(([kind]) => kind === "agent-loop");
    expect(found).toEqual(["agent-loop", 8, 18]);
  });
});
