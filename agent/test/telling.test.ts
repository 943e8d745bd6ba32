import type { JournalEvent, Omitted } from "@afloat/shared/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { moveEvent } from "@afloat/shared/core/clock-correction";
import type { Kept } from "../src/journal/core/line.ts";
import { countOf, firstOf } from "../src/journal/core/omit.ts";
import { aheadMs, correctionMs, type HostTime, measured, trusting } from "../src/link/core/cloud-clock.ts";
import { coalesce } from "../src/link/core/coalesce.ts";
import { initialLink } from "../src/link/core/link-machine.ts";
import { moveStatus, statusOf } from "../src/link/core/link-status.ts";
import { nextEvents } from "../src/link/core/outbox.ts";
import { StormWatch } from "../src/link/core/storm-watch.ts";
import type { NewEvent } from "../src/host.ts";
import { crash, snapshot } from "./journal-ground.ts";
import { SimulatedCloud } from "./simulated-cloud.ts";

const MINUTE_MS = 60_000;

/** As the journal numbers them. */
const numbered = (events: readonly NewEvent[]): Kept[] =>
  events.map((event, i) => ({ atMs: 1_000, ...event, seq: i + 1 }));

/** All messages that tell of these events, as the link asks for them. */
function messagesOf(events: readonly Kept[]): Kept[][] {
  const messages: Kept[][] = [];
  for (let after = 0; after < (events.at(-1)?.seq ?? 0);) {
    const page = events.filter(({ seq }) => seq > after).slice(0, 2_000);
    const next = nextEvents(page, { after, limit: 200, omits: true });
    if (next.kind === "gap") throw new Error("a gap");
    messages.push(next.events);
    after = next.events.at(-1)?.seq ?? after;
  }
  return messages;
}

describe("a crash storm", () => {
  it("of 10,000 exits is a few messages: counts are exact, the loop is told as it was, the state has every restart", () => {
    const crashes = Array.from({ length: 10_000 }, (_, i) => crash("ingest", i + 1, 1_000 + i * 100)).flat();
    const [, , flip] = crashes;
    if (flip?.kind !== "flip" || flip.snapshot.loop === null) throw new Error("no loop");
    const { loop } = flip.snapshot;
    const opened: NewEvent = {
      kind: "loop-opened",
      service: "ingest",
      loop,
      exit: null,
      lastLines: ["boom"],
      atMs: 1_500,
    };
    const closed: NewEvent = { kind: "loop-closed", service: "ingest", loop: { ...loop, closedMs: 2e6 }, atMs: 2e6 };
    const well: NewEvent = { kind: "flip", snapshot: snapshot({ name: "ingest", restarts: 10_000 }), atMs: 2e6 };
    const messages = messagesOf(numbered([...crashes.slice(0, 16), opened, ...crashes.slice(16), closed, well]));
    // A message for each 2,000 events that are read, and the 1,000 s of the storm are 17 windows.
    expect(messages.length).toBeLessThanOrEqual(21);
    const told = messages.flat();
    expect(told.length).toBeLessThan(100);
    let next = 1;
    for (const event of told) {
      expect(firstOf(event)).toBe(next);
      next = event.seq + 1;
    }
    const omitted = told.filter((event): event is Kept & Omitted => event.kind === "omitted");
    const exits = omitted.flatMap(({ services }) => services).reduce((sum, each) => sum + each.exits, 0);
    const restarts = omitted.flatMap(({ services }) => services).reduce((sum, each) => sum + each.restarts, 0);
    expect(exits + told.filter(({ kind }) => kind === "exited").length).toBe(10_000);
    expect(restarts + told.filter(({ kind }) => kind === "restart").length).toBe(10_000);
    expect(omitted.every(({ fromMs, atMs }) => atMs - fromMs <= MINUTE_MS)).toBe(true);
    expect(told.filter(({ kind }) => kind.startsWith("loop")).map(({ kind }) => kind)).toEqual([
      "loop-opened",
      "loop-closed",
    ]);
    expect(told.at(-1)).toMatchObject({ kind: "flip", snapshot: { restarts: 10_000 } });
  });

  it("changes nothing that the public sees: when it was an outage, and when not", () => {
    const name = fc.constantFrom("a", "b");
    const one = fc.oneof(
      { weight: 8, arbitrary: name.map((each) => crash(each, 3, 5_000)) },
      { weight: 1, arbitrary: name.map((each): NewEvent[] => [{ kind: "flip", snapshot: snapshot({ name: each }) }]) },
      { weight: 1, arbitrary: name.map((each): NewEvent[] => [{ kind: "removed", service: each }]) },
    );
    /** Of each service, when it changed between being in an open loop and not. */
    const seen = (events: readonly JournalEvent[]) =>
      ["a", "b"].map((each) => {
        let before: string | null = null;
        return events.flatMap((event) => {
          if (event.kind === "removed" && event.service === each) before = null;
          if (event.kind !== "flip" || event.snapshot.name !== each) return [];
          const { loop, restarts } = event.snapshot;
          const word = `${loop === null ? "well" : "loops"} ${restarts}`;
          const isSame = word === before;
          before = word;
          return isSame ? [] : [`${word} ${event.atMs}`];
        });
      });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 60 }), (story) => {
        const events = story.flat().map((event, i) => ({ ...event, atMs: 1_000 + i, seq: i + 1 }));
        expect(seen(coalesce(events))).toEqual(seen(events));
        // How it stands at last is told, whatever was counted before.
        const lasts = (of: readonly JournalEvent[]) =>
          ["a", "b"].map((each) => of.findLast((event) => event.kind === "flip" && event.snapshot.name === each)?.seq);
        expect(lasts(coalesce(events))).toEqual(lasts(events));
        expect(coalesce(events).reduce((sum, event) => sum + countOf(event), 0)).toBe(events.length);
      }),
    );
  });

  it("that few crashes are is told as it comes; one that goes on waits five seconds, and nothing else waits with it", () => {
    const watch = new StormWatch();
    const seen = Array.from({ length: 10 }, (_, i) => numbered(crash("web", i, 1_000 + i))).flat();
    expect(seen.filter((event) => watch.sees(event)).length).toBe(20);
    expect(
      watch.sees({
        kind: "exited",
        service: "other",
        seq: 1,
        atMs: 1_000,
        exit: { code: 1, signal: null, atMs: 1, ranMs: 1 },
      }),
    ).toBe(false);
    expect(numbered(crash("web", 1, 2 * MINUTE_MS)).some((event) => watch.sees(event))).toBe(false);

    const cloud = connected();
    cloud.append(true);
    cloud.append(true);
    const before = cloud.nowMs;
    cloud.pass();
    expect(cloud.nowMs - before).toBe(5_000);
    expect(cloud.up).toEqual([{ type: "events", from: 1, upTo: 2 }]);
    cloud.append(true);
    cloud.append();
    const again = cloud.nowMs;
    cloud.pass();
    expect(cloud.nowMs - again).toBeLessThan(50);
    expect(cloud.up?.at(-1)).toEqual({ type: "events", from: 3, upTo: 4 });
  });

  it("is told to an older cloud one by one; where numbers are missing, hello says where the journal begins", () => {
    const [first, ...more] = numbered(crash("web", 1, 1_000));
    if (first === undefined) throw new Error("nothing");
    const omitted: Kept = {
      ...{ kind: "omitted", from: 5, seq: 90, atMs: 1, fromMs: 1, why: "storm" },
      counts: {},
      services: [],
    };
    const old = { limit: 200, omits: false };
    const page = [first, ...more, omitted];
    expect(nextEvents(page, { after: 0, ...old })).toEqual({ kind: "events", events: [first, ...more] });
    expect(nextEvents([omitted], { after: 4, ...old })).toEqual({ kind: "gap", beginsAt: 91 });
    expect(nextEvents([omitted], { after: 4, limit: 200, omits: true })).toEqual({ kind: "events", events: [omitted] });
    expect(nextEvents([omitted], { after: 3, limit: 200, omits: true })).toEqual({ kind: "gap", beginsAt: 0 });
    expect(nextEvents([], { after: 3, limit: 200, omits: true })).toEqual({ kind: "gap", beginsAt: 0 });
  });
});

function connected(): SimulatedCloud {
  const cloud = new SimulatedCloud();
  cloud.turn({ kind: "enrolled" });
  cloud.answerDial(true);
  while (cloud.deliver());
  return cloud;
}

describe("a disk that lost its newest events with the power", () => {
  it("gives no number again that the cloud knows, also where this run has written as many by now", () => {
    const cloud = new SimulatedCloud();
    // The cloud has 100 events; the disk came up with 90, and 20 more were written before the link was there.
    Object.assign(cloud, { held: 100, recorded: 95, lastSeq: 110, beganSeq: 90 });
    cloud.turn({ kind: "enrolled" });
    cloud.answerDial(true);
    while (cloud.deliver());
    expect(cloud.renewed).toBe(1);
    expect(cloud.said.join()).toContain("a new journal is begun");
  });

  it("is not what a cloud is taken for that has what this run told it, nor one that has all that was there", () => {
    const cloud = new SimulatedCloud();
    Object.assign(cloud, { held: 90, recorded: 90, forgotten: 90, lastSeq: 90, beganSeq: 90 });
    cloud.turn({ kind: "enrolled" });
    cloud.answerDial(true);
    while (cloud.deliver());
    for (let i = 0; i < 5; i++) cloud.append();
    cloud.pass();
    while (cloud.deliver());
    expect(cloud.held).toBe(95);
    cloud.break();
    cloud.pass();
    cloud.answerDial(true);
    while (cloud.deliver());
    expect([cloud.renewed, cloud.state.phase.kind]).toEqual([0, "connected"]);
  });
});

/** The host's time of day is as far ahead as said; its machine was started at zero by the cloud's clock. */
const hostTime = (trueMs: number, ahead: number, boot = "b1"): HostTime => ({
  nowMs: trueMs + ahead,
  upMs: trueMs,
  boot,
});
const noted = (trueMs: number, ahead: number, boot = "b1"): Kept => ({
  ...{ kind: "removed", service: "web", seq: 1, atMs: trueMs + ahead },
  stamp: { boot, run: "r1", upMs: trueMs },
});
const HOUR_MS = 60 * MINUTE_MS;

describe("the host's clock", () => {
  it.each([10 * MINUTE_MS, -10 * MINUTE_MS, 40 * 365 * 24 * HOUR_MS])(
    "that is %i ms ahead: what happened is told by the cloud's",
    (ahead) => {
      const host = hostTime(5 * HOUR_MS, ahead);
      // Half a second each way.
      const clock = measured(trusting(host), {
        askedUpMs: host.upMs - 1_000,
        heardUpMs: host.upMs,
        cloudMs: 5 * HOUR_MS - 500,
      });
      expect(aheadMs(clock, host)).toBe(ahead);
      expect(clock.errorMs).toBe(500);
      expect(noted(HOUR_MS, ahead).atMs + correctionMs(clock, noted(HOUR_MS, ahead), host)).toBe(HOUR_MS);
    },
  );

  it("that is right is left alone, whatever the way of the messages seems to say", () => {
    const host = hostTime(5 * HOUR_MS, 3);
    const clock = measured(trusting(host), {
      askedUpMs: host.upMs - 4_000,
      heardUpMs: host.upMs,
      cloudMs: 5 * HOUR_MS - 3_900,
    });
    expect(correctionMs(clock, noted(HOUR_MS, 3), host)).toBe(0);
    expect(correctionMs(clock, noted(HOUR_MS, 3, "an earlier boot"), host)).toBe(0);
    expect(correctionMs(trusting(host), noted(HOUR_MS, 10 * MINUTE_MS), host)).toBe(0);
  });

  it("that was set in between: each event is put where the machine's own count says, before and after", () => {
    // Ten minutes ahead when it started and when the first event was noted; then somebody set it right.
    const atStart = trusting(hostTime(0, 10 * MINUTE_MS));
    const now = hostTime(3 * HOUR_MS, 0);
    const clock = measured(atStart, { askedUpMs: now.upMs - 40, heardUpMs: now.upMs, cloudMs: now.upMs - 20 });
    expect(aheadMs(clock, now)).toBe(0);
    expect(correctionMs(clock, noted(HOUR_MS, 10 * MINUTE_MS), now)).toBe(-10 * MINUTE_MS);
    expect(correctionMs(clock, noted(2 * HOUR_MS, 0), now)).toBe(0);
  });

  it("of an earlier boot is known only by how far it is off now; of an older agent's journal likewise", () => {
    const host = hostTime(HOUR_MS, 10 * MINUTE_MS, "b2");
    const clock = measured(trusting(host), { askedUpMs: host.upMs, heardUpMs: host.upMs, cloudMs: HOUR_MS });
    expect(correctionMs(clock, noted(50 * HOUR_MS, 10 * MINUTE_MS, "b1"), host)).toBe(-10 * MINUTE_MS);
    expect(correctionMs(clock, { atMs: 5 }, host)).toBe(-10 * MINUTE_MS);
  });

  it("measured again and again does not make times tremble; one that drifts is followed", () => {
    const host = hostTime(HOUR_MS, 10 * MINUTE_MS);
    const at = (errorMs: number) => ({ askedUpMs: HOUR_MS - 100, heardUpMs: HOUR_MS, cloudMs: HOUR_MS - 50 + errorMs });
    const first = measured(trusting(host), at(0));
    for (const errorMs of [-50, 0, 50, 900]) expect(measured(first, at(errorMs)).originMs).toBe(first.originMs);
    expect(measured(first, at(5_000)).originMs).toBe(first.originMs + 5_000);
  });

  it("moves every time in an event, and nothing else", () => {
    const exit = { code: 1, signal: null, atMs: 500, ranMs: 40 };
    const events = numbered([
      ...crash("web", 1, 1_000),
      { kind: "flip", snapshot: snapshot({ paused: { by: "Anna", atMs: 700 }, nextTryMs: 900, lastExit: exit }) },
      { kind: "agent-started", runId: "r1", version: "1" },
    ]);
    const times = (value: unknown, key = ""): number[] => {
      if (typeof value === "number" && /(^at|[a-z]+ed|since|try|ok)Ms$/i.test(key)) return [value];
      return typeof value === "object" && value !== null
        ? Object.entries(value).flatMap(([its, each]) => times(each, its))
        : [];
    };
    for (const event of events) {
      const moved = moveEvent(event, 10_000);
      expect(times(moved)).toEqual(times(event).map((ms) => ms + 10_000));
      expect(moveEvent(moved, -10_000)).toEqual(event);
    }
  });

  it("set while connected: what the link shows of its own times moves with it", () => {
    const state = { ...initialLink(""), recordedMs: 5_000, lastError: "cut" };
    const status = statusOf({ ...state, phase: { kind: "waiting", untilMs: 9_000, refused: null } }, "https://c", {
      firstSeq: 1,
      lastSeq: 1,
    });
    expect(moveStatus(status, 600)).toMatchObject({ nextTryMs: 9_600, lastRecordedMs: 5_600 });
    const cloud = connected();
    const { sinceMs } = moveStatus(statusOf(cloud.state, "https://c", { firstSeq: 1, lastSeq: 1 }), -600) as {
      sinceMs: number;
    };
    expect(sinceMs).toBe(cloud.nowMs - 600);
  });
});
