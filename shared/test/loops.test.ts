import { describe, expect, it } from "vitest";
import type { Exit } from "../src/domain.ts";
import { dueMs } from "../src/core/lifecycle.ts";
import { loopEndsAfterMs, tripped, withinReach } from "../src/core/loop.ts";
import { closed, DrivenService, notFound, ok, timedOut } from "./driven-service.ts";
import { anna, inLife } from "./lives.ts";
import { backend } from "./service-spec.ts";
import { loop } from "./service-snapshot.ts";

const mark = (atMs: number) => ({ atMs, ranMs: 0, health: false });
const windows = [
  { restarts: 2, withinMs: 1000 },
  { restarts: 3, withinMs: 5000 },
];
const anyTwo = { loopWindows: [{ restarts: 2, withinMs: 300_000 }] };

/** Ends it after so long, when its backoff is over. */
function ends(service: DrivenService, ranMs: number, exit: Partial<Exit>): void {
  const { life } = service.state;
  if (life.kind === "backoff") service.pass(life.untilMs - service.nowMs);
  service.pass(ranMs).exit(exit);
  service.spawned();
}

describe("windows", () => {
  it("a restart exactly as old as the window is outside", () => {
    expect(tripped([mark(0), mark(999)], windows, 999)).toEqual({ withinMs: 1000, inside: [mark(0), mark(999)] });
    expect(tripped([mark(0), mark(1000)], windows, 1000)).toBeNull();
  });

  it("any one window is enough, the first that is full is named", () => {
    expect(tripped([mark(0), mark(2000), mark(4999)], windows, 4999)?.withinMs).toBe(5000);
    expect(tripped([mark(0), mark(2000), mark(5000)], windows, 5000)).toBeNull();
    expect(tripped([], [], 0)).toBeNull();
  });

  it("marks are kept as long as the longest window reaches", () => {
    const marks = [mark(0), mark(1)];
    expect(withinReach(marks, windows, 4999)).toEqual(marks);
    expect(withinReach(marks, windows, 5000)).toEqual([mark(1)]);
    expect(withinReach(marks, [], 1)).toEqual([]);
  });
});

describe("a loop is told with what it was made of", () => {
  it("how many restarts, since when, and the longest gap between two", () => {
    const service = inLife("up", { loopWindows: [{ restarts: 4, withinMs: 300_000 }] });
    const firstMs = service.nowMs;
    ends(service, 0, { code: 1 });
    for (const ranMs of [20_000, 50_000, 10_000]) ends(service, ranMs, { code: 1 });
    const { restartTimes, loop } = service.state;
    const times = restartTimes.map(({ atMs }) => atMs);
    const gaps = times.slice(1).map((atMs, i) => atMs - times[i]!);
    expect(loop).toMatchObject({
      openedMs: service.nowMs,
      closedMs: null,
      restarts: 4,
      spanMs: service.nowMs - firstMs,
      withinMs: 300_000,
      longestGapMs: gaps[1],
    });
    expect(Math.max(...gaps)).toBe(gaps[1]);
    expect(service.effects).toContainEqual({ kind: "loop-opened", loop });
  });

  it.each([
    [{ code: 3 }, [700, 800], "exit-code", "exits with code 3 within 0.8 s of every start"],
    [{ code: 3 }, [800, 700], "exit-code", "exits with code 3 within 0.8 s of every start"],
    [{ code: 3 }, [801, 700], "exit-code", "exits with code 3 within 0.9 s of every start"],
    [{ code: 3 }, [60_000, 700], "exit-code", "exits with code 3 within 0.7 s of every start"],
    [{ code: 3 }, [59_000, 700], "exit-code", "exits with code 3 within 59 s of every start"],
    [{ code: 3 }, [0, 0], "exit-code", "exits with code 3 within 0.1 s of every start"],
    [{ signal: "SIGSEGV" }, [0, 0], "signal", "killed by signal 11 (SIGSEGV) within 0.1 s of every start"],
    [{ signal: "SIGKILL", outOfMemory: true }, [0, 5000], "out-of-memory", "out of memory within 5 s of every start"],
    [{}, [0, 0], "exit-unknown", "ended while nobody watched; how is unknown"],
  ] as const)("its cause: %j after %j ms", (exit, ran, code, text) => {
    const service = inLife("up", anyTwo);
    for (const ranMs of ran) ends(service, ranMs, exit);
    expect(service.state.loop?.cause).toEqual({ code, text });
  });

  it("one restart alone, after however long a run, is told with that run", () => {
    const service = inLife("up", { loopWindows: [{ restarts: 1, withinMs: 300_000 }] });
    ends(service, 60_000, { code: 3 });
    expect(service.state.loop?.cause.text).toBe("exits with code 3 within 1 min of every start");
  });

  it("a health check's restarts name the port that was closed", () => {
    const service = inLife("up", { loopWindows: [{ restarts: 1, withinMs: 300_000 }] });
    service.probe(ok);
    service.watch(30_000, notFound, [closed(5001)]);
    expect(service.state.loop?.cause).toEqual({ code: "health-check", text: "health check: port 5001 closed" });
  });

  it("also where the endpoint failed before, as long as it was the port that asked", () => {
    const service = inLife("up", { loopWindows: [{ restarts: 2, withinMs: 300_000 }] });
    service.probe(ok);
    service.watch(30_000, notFound, [closed(5001)]);
    service.gone().probe(ok);
    service.watch(30_000, timedOut, [closed(5001)]);
    expect(service.state.endpoint.last).toEqual(timedOut);
    expect(service.state.loop?.cause.text).toBe("health check: port 5001 closed");
  });

  it("and one of the endpoint names what was asked and answered", () => {
    const check = { ...backend().check, restartOn: "failing" as const };
    const service = inLife("up", { check, loopWindows: [{ restarts: 1, withinMs: 300_000 }] });
    service.probe(ok);
    service.watch(30_000, notFound);
    expect(service.state.loop?.cause).toEqual({ code: "health-check", text: "health check: GET /health → 404" });
  });
});

describe("the end of a loop", () => {
  const looping = (ran: number[]) => {
    const service = inLife("up", anyTwo);
    for (const ranMs of ran) ends(service, ranMs, { code: 1 });
    const { life } = service.state;
    if (life.kind === "backoff") service.pass(life.untilMs - service.nowMs);
    return service;
  };

  it("needs stable_after of uptime, and twice the longest gap", () => {
    const ended = { ...loop(0), cause: { code: "exit-code" as const, text: "" } };
    expect(loopEndsAfterMs({ ...ended, longestGapMs: 29_999 }, backend())).toBe(60_000);
    expect(loopEndsAfterMs({ ...ended, longestGapMs: 30_001 }, backend())).toBe(60_002);
    const health = { ...ended, cause: { code: "health-check" as const, text: "" } };
    expect(loopEndsAfterMs(health, backend())).toBeNull();
  });

  it.each([
    [0, 60_000],
    [50_000, 100_000],
  ])("with a gap of %i ms is after %i ms, not one before, told once and whole", (gapMs, endsMs) => {
    const service = looping([0, gapMs]);
    expect(service.state.loop?.longestGapMs).toBe(gapMs);
    const open = service.state.loop;
    service.pass(endsMs - 1);
    expect(service.state.loop).toEqual(open);
    service.pass(1);
    expect(service.state.loop).toBeNull();
    expect(service.effects.filter(({ kind }) => kind === "loop-closed")).toEqual([
      { kind: "loop-closed", loop: { ...open, closedMs: service.nowMs } },
    ]);
    expect(service.state.restartTimes).toEqual([]);
  });

  it("does not come while it fails, nor between two crashes", () => {
    const service = looping([0, 0]);
    service.probe(ok);
    service.pass(10_000).probe(notFound);
    service.pass(600_000).probe(notFound);
    expect(service.state.loop).not.toBeNull();
    expect(dueMs(service.state, service.spec)).toBeNull();
    service.probe(ok);
    expect(service.state.loop).toBeNull();

    const crashing = inLife("up", anyTwo);
    for (let i = 0; i < 3; i++) ends(crashing, 0, { code: 1 });
    expect(crashing.state.life.kind).toBe("backoff");
    crashing.nowMs += 900_000;
    crashing.send({ kind: "dependencies", unmet: [] });
    expect(crashing.state.loop).not.toBeNull();
  });

  it("does not come from a stop that takes long", () => {
    const service = looping([0, 0]);
    service.send({ kind: "asked", verb: "restart", by: anna });
    service.nowMs += 900_000;
    service.send({ kind: "dependencies", unmet: [] });
    expect(service.state.life.kind).toBe("stopping");
    expect(service.state.loop).not.toBeNull();
  });

  it("is also a pause, and an end for good", () => {
    const paused = looping([0, 0]);
    paused.send({ kind: "asked", verb: "pause", by: anna });
    expect(paused.count("loop-closed")).toBe(0);
    paused.gone();
    expect(paused.count("loop-closed")).toBe(1);

    const completed = inLife("up", { ...anyTwo, restart: "on-failure" });
    for (let i = 0; i < 2; i++) ends(completed, 0, { code: 1 });
    ends(completed, 0, { code: 0 });
    expect(completed.state.life.kind).toBe("completed");
    expect(completed.count("loop-closed")).toBe(1);
  });

  it("by a person's restart, where a health check had opened it, is when it is up again", () => {
    const service = inLife("up", { loopWindows: [{ restarts: 1, withinMs: 300_000 }] });
    service.probe(ok);
    service.watch(30_000, notFound, [closed(5001)]);
    service.send({ kind: "asked", verb: "restart", by: anna });
    expect(service.state.loop).not.toBeNull();
    service.send({ kind: "gone", spawn: 1, chance: 0.5 });
    expect(service.state.life.kind).toBe("starting");
    expect(service.state.loop).not.toBeNull();
    service.spawned();
    expect(service.state.loop).toBeNull();
  });
});

describe("when the machine wants to be woken", () => {
  it.each(["waiting", "starting", "stopping", "paused", "completed", "off", "up"] as const)("%s: never", (life) => {
    const service = inLife(life);
    expect(dueMs(service.state, service.spec)).toBeNull();
  });

  it("at the earliest of what is due: the stable run, the loop's end, the cure", () => {
    const service = inLife("up");
    const sinceMs = service.nowMs;
    const due = (changes: Partial<typeof service.state>) => dueMs({ ...service.state, ...changes }, service.spec);
    const gap = { ...loop(0), longestGapMs: 50_000 };
    const passing = (passingSinceMs: number) => ({ futile: 1, prescribedBy: "port" as const, passingSinceMs });
    expect(due({ backoff: { attempt: 1 } })).toBe(sinceMs + 60_000);
    expect(due({ loop: gap })).toBe(sinceMs + 100_000);
    expect(due({ breaker: passing(sinceMs + 5000) })).toBe(sinceMs + 65_000);
    expect(due({ backoff: { attempt: 1 }, loop: gap })).toBe(sinceMs + 60_000);
    expect(due({ loop: gap, breaker: passing(sinceMs + 5000) })).toBe(sinceMs + 65_000);
    expect(due({ loop: gap, breaker: passing(sinceMs + 90_000) })).toBe(sinceMs + 100_000);
  });

  it("in backoff at its end, and in a start period at its end", () => {
    const waiting = inLife("backoff");
    expect(dueMs(waiting.state, waiting.spec)).toBe(waiting.nowMs + 1500);
    const service = inLife("up");
    const sinceMs = service.nowMs;
    service.probe(notFound, [closed(5001)]);
    expect(dueMs(service.state, service.spec)).toBe(sinceMs + 10_000);
  });
});
