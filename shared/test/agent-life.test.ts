import { describe, expect, it } from "vitest";
import { initialState, step } from "../src/core/lifecycle.ts";
import { closed, DrivenService, notFound, ok } from "./driven-service.ts";
import { anna, inLife } from "./lives.ts";
import { backend } from "./service-spec.ts";

const begins = (service: DrivenService, seenMs: number | null = null, chance = 0.5) =>
  service.send({ kind: "began", found: null, seenMs, chance });

describe("an agent begins and finds nothing running", () => {
  it.each([
    ["off", "starting"],
    ["waiting", "waiting"],
    ["starting", "starting"],
    ["up", "starting"],
    ["stopping", "starting"],
    ["backoff", "backoff"],
    ["paused", "paused"],
    ["completed", "completed"],
  ] as const)("of a service that was %s: %s", (before, after) => {
    const service = inLife(before);
    const { spawn } = service.state;
    begins(service);
    expect(service.state.life.kind).toBe(after);
    expect(service.state.spawn).toBe(after === "starting" ? spawn + 1 : spawn);
    expect(service.state.observation).toBeNull();
  });

  it("what waited starts once its dependency is known to be there", () => {
    const service = inLife("waiting");
    service.state = { ...service.state, unmet: [] };
    begins(service);
    expect(service.state.unmet).toEqual([{ service: "db", condition: "healthy", why: "is not known yet" }]);
    expect(service.state.life.kind).toBe("waiting");
    service.send({ kind: "dependencies", unmet: [] });
    expect(service.state.life.kind).toBe("starting");
  });

  it("a restart that was under way is finished, and is no crash", () => {
    const service = inLife("up");
    const upMs = service.nowMs;
    service.pass(5000);
    service.send({ kind: "asked", verb: "restart", by: anna });
    service.pass(60_000);
    begins(service, upMs + 6000);
    expect(service.state.life.kind).toBe("starting");
    expect(service.state.lastExit).toEqual({ code: null, signal: null, atMs: upMs + 6000, ranMs: 6000 });
    expect(service.state.restartTimes).toEqual([]);
    expect(service.state.restarts).toBe(1);
  });

  it("what ran has crashed, is counted, and no probe is blamed for it", () => {
    const service = inLife("up");
    service.nowMs += 90_000;
    begins(service, null);
    expect(service.state.restartTimes).toEqual([{ atMs: service.nowMs, ranMs: 90_000, health: false }]);
    expect(service.state.endpoint.crashes).toBe(0);
    expect(service.effects).toContainEqual({
      kind: "restart",
      planned: false,
      why: "ended while nobody watched; how is unknown after 1 min 30 s",
      delayMs: 0,
    });
  });

  it("one that nobody saw says nothing of the call before it: it neither blames the endpoint nor acquits it", () => {
    for (const crashes of [0, 1]) {
      const service = inLife("up");
      service.probe(ok);
      service.state = { ...service.state, endpoint: { ...service.state.endpoint, crashes } };
      const seenMs = service.nowMs + 500;
      service.nowMs += 90_000;
      begins(service, seenMs);
      expect(service.state.lastExit).toMatchObject({ atMs: seenMs });
      expect(service.state.endpoint.crashes).toBe(crashes);
    }
  });

  it.each([
    [-1, 0],
    [0, 0],
    [40_000, 40_000],
    [60_000, 60_000],
    [60_001, 60_000],
  ])("last seen %i ms after its start, of 60 s: it ran %i ms", (seenAfterMs, ranMs) => {
    const service = inLife("up");
    const startedMs = service.nowMs;
    service.nowMs += 60_000;
    begins(service, startedMs + seenAfterMs);
    expect(service.state.lastExit).toMatchObject({ atMs: startedMs + ranMs, ranMs });
  });

  it("an edited definition is forgotten then, too, and gives the health restarts back", () => {
    const service = inLife("up");
    service.probe(ok);
    const edited = new DrivenService(backend({ ports: [5002] }));
    edited.state = { ...service.state, breaker: { futile: 3, prescribedBy: "port", passingSinceMs: 1 } };
    begins(edited);
    expect(edited.state.port.lastOkMs).toBeNull();
    expect(edited.state.endpoint.lastOkMs).not.toBeNull();
    expect(edited.state.breaker).toEqual({ futile: 0, prescribedBy: null, passingSinceMs: null });
  });
});

describe("an agent begins and finds its service running", () => {
  const finds = (service: DrivenService, startedMs: number, spawn = service.state.spawn) =>
    service.send({ kind: "began", found: { pid: 4711, startedMs, spawn }, seenMs: null, chance: 0.5 });

  it("adopts it with the time of its start, and counts spawns on from the higher number", () => {
    for (const [known, found, after] of [
      [1, 5, 5],
      [7, 5, 7],
    ] as const) {
      const service = inLife("up");
      service.state = { ...service.state, spawn: known };
      finds(service, service.nowMs - 9000, found);
      expect(service.state.spawn).toBe(after);
      expect(service.state.life).toEqual({ kind: "up", pid: 4711, sinceMs: service.nowMs - 9000, adopted: true });
    }
  });

  it("its port counts as opened where it was seen open since that start, and not where only before", () => {
    const opened = (lastOkMs: number | null) => {
      const service = inLife("up");
      service.state = { ...service.state, port: { ...service.state.port, lastOkMs } };
      finds(service, 1000);
      return service.state.port.openedThisLife;
    };
    expect(opened(null)).toBe(false);
    expect(opened(999)).toBe(false);
    expect(opened(1000)).toBe(true);
    expect(opened(1001)).toBe(true);
    // A process of the beginning of time is no exception.
    const service = inLife("up");
    finds(service, 0);
    expect(service.state.port.openedThisLife).toBe(false);
  });

  it("what it starts itself is not adopted, and its port has yet to open", () => {
    const service = inLife("up");
    service.probe(ok);
    service.exit({ code: 1 });
    service.send({ kind: "spawned", spawn: 2, pid: 7 });
    expect(service.state.life).toEqual({ kind: "up", pid: 7, sinceMs: service.nowMs, adopted: false });
    expect(service.state.port.openedThisLife).toBe(false);
  });

  it("stops what a person had paused meanwhile", () => {
    const service = inLife("paused");
    finds(service, service.nowMs - 1000);
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "pause" });
  });
});

describe("a shutdown", () => {
  it.each([
    ["up", "stopping", "off"],
    ["stopping", "stopping", "off"],
    ["starting", "starting", "stopping"],
    ["waiting", "off", "off"],
    ["backoff", "off", "off"],
    ["paused", "paused", "paused"],
    ["completed", "completed", "completed"],
    ["off", "off", "off"],
  ] as const)("of a service that is %s: %s, and in the end %s", (before, at, after) => {
    const service = inLife(before);
    const { spawn } = service.state;
    service.send({ kind: "shutdown" });
    expect(service.state.life.kind).toBe(at);
    if (at === "stopping") {
      expect(service.state.life).toMatchObject({ why: "shutdown", upSinceMs: service.nowMs, pid: 101 });
      service.gone();
    }
    service.spawned().pass(3_600_000);
    expect(service.state.life.kind).toBe(after);
    if (after === "stopping") expect(service.state.life).toMatchObject({ why: "shutdown" });
    expect(service.state.spawn).toBe(spawn);
    expect(service.state.desired.kind).toBe(before === "paused" ? "pause" : "run");
  });

  it("before its pid is known: what ends or cannot start is off, not restarted", () => {
    for (const end of ["exit", "fail"] as const) {
      const service = inLife("starting");
      service.send({ kind: "shutdown" });
      if (end === "exit") service.exit({ code: 1 });
      else service.send({ kind: "spawn-failed", spawn: 1, error: "ENOENT", chance: 0 });
      expect(service.state.life).toEqual({ kind: "off" });
      expect(service.count("restart")).toBe(0);
    }
  });
});

describe("the end of a process", () => {
  it("before its pid was told is an end as any other", () => {
    const service = inLife("starting");
    service.exit({ code: 1 });
    expect(service.state.life.kind).toBe("starting");
    expect(service.state.spawn).toBe(2);
    expect(service.state.restarts).toBe(1);
    service.send({ kind: "spawned", spawn: 1, pid: 7 });
    expect(service.state.life.kind).toBe("starting");
  });

  it("during a stop is kept, and the start waits for the last of its processes", () => {
    const service = inLife("stopping");
    service.pass(50);
    const exit = { code: 0, signal: null, atMs: service.nowMs, ranMs: 50 };
    expect(service.exit(exit)).toEqual([]);
    expect(service.state.life).toMatchObject({ kind: "stopping", pid: 101, exit, why: "person-restart" });
    expect(service.state.lastExit).toEqual(exit);
    expect(service.gone().state.life.kind).toBe("up");
  });

  it.each(["waiting", "backoff", "paused", "completed", "off"] as const)(
    "told late, of one that is %s, is nothing",
    (life) => {
      const service = inLife(life);
      const before = service.state;
      service.exit({ code: 9 });
      service.send({ kind: "gone", spawn: before.spawn, chance: 0.5 });
      service.send({ kind: "spawn-failed", spawn: before.spawn, error: "E", chance: 0.5 });
      service.send({ kind: "spawned", spawn: before.spawn, pid: 9 });
      service.send({ kind: "replaced", spawn: before.spawn, pid: 9 });
      service.send({ kind: "tick", chance: 0.5 });
      expect({ ...service.state, judgement: null }).toEqual({ ...before, judgement: null });
      expect(service.count("restart")).toBe(life === "backoff" ? 2 : 0);
    },
  );

  it("of an older spawn is nothing, and so is all other news of it", () => {
    for (const life of ["up", "starting", "stopping"] as const) {
      const service = inLife(life);
      const before = service.state;
      const old = before.spawn - 1;
      const exit = { code: 1, signal: null, atMs: service.nowMs, ranMs: 1 };
      service.send({ kind: "exited", spawn: old, exit, probing: false, chance: 0 });
      service.send({ kind: "gone", spawn: old, chance: 0 });
      service.send({ kind: "spawned", spawn: old, pid: 9 });
      service.send({ kind: "spawn-failed", spawn: old, error: "E", chance: 0 });
      service.send({ kind: "replaced", spawn: old, pid: 9 });
      expect(service.state).toEqual(before);
    }
  });

  it("that another of its processes outlives: that one is the service now, up since the same time", () => {
    const service = inLife("up");
    const sinceMs = service.nowMs;
    service.pass(5000).send({ kind: "replaced", spawn: 1, pid: 4711 });
    expect(service.state.life).toEqual({ kind: "up", pid: 4711, sinceMs, adopted: true });
  });

  it.each([
    ["always", { code: 0 }, true],
    ["always", { code: 1 }, true],
    ["on-failure", { code: 0 }, false],
    ["on-failure", { code: 7 }, false],
    ["on-failure", { code: 1 }, true],
    ["on-failure", { code: 0, signal: "SIGKILL" }, true],
    ["on-failure", {}, true],
    ["never", { code: 0 }, false],
    ["never", { code: 1 }, false],
    ["never", { signal: "SIGKILL" }, false],
  ] as const)("under restart %s, ended by %j: restarted %s", (restart, exit, restarted) => {
    const service = inLife("up", { restart, successCodes: [0, 7] });
    service.exit(exit);
    expect(service.state.life.kind).toBe(restarted ? "starting" : "completed");
    expect(service.count("restart")).toBe(restarted ? 1 : 0);
    if (!restarted) expect(service.state.life).toEqual({ kind: "completed", exit: service.state.lastExit });
  });
});

describe("the pace of restarts", () => {
  const crashed = () => {
    const service = inLife("backoff");
    const { life } = service.state;
    if (life.kind === "backoff") service.pass(life.untilMs - service.nowMs);
    return service;
  };

  it("waits from now on, says how long, and starts on time, not before", () => {
    const service = inLife("backoff");
    const why = "exited with code 1 after 0 s";
    expect(service.effects).toContainEqual({ kind: "restart", planned: false, why, delayMs: 0 });
    expect(service.effects).toContainEqual({ kind: "restart", planned: false, why, delayMs: 1500 });
    expect(service.state.life).toEqual({ kind: "backoff", untilMs: service.nowMs + 1500, cannotStart: null });
    expect(service.state.backoff.attempt).toBe(2);
    service.nowMs += 1499;
    service.send({ kind: "tick", chance: 0.5 });
    expect(service.state.life.kind).toBe("backoff");
    service.nowMs += 1;
    service.send({ kind: "tick", chance: 0.5 });
    expect(service.state.life.kind).toBe("starting");
  });

  it("begins anew after stable_after of uptime, to the millisecond, also where nobody ticked in between", () => {
    for (const [ranMs, life] of [
      [59_999, "backoff"],
      [60_000, "starting"],
    ] as const) {
      const service = crashed();
      service.nowMs += ranMs;
      service.exit({ code: 1 });
      expect(service.state.life.kind).toBe(life);
    }
  });

  it("does not begin anew by the uptime of a service that fails", () => {
    const service = crashed();
    service.probe(ok);
    service.pass(10_000).probe(notFound);
    const { attempt } = service.state.backoff;
    service.pass(300_000).probe(notFound);
    expect(service.state.backoff.attempt).toBe(attempt);
    service.exit({ code: 1 });
    expect(service.state.life.kind).toBe("backoff");

    const shut = crashed();
    shut.probe(ok);
    shut.pass(10_000).probe(notFound, [closed(5001)]);
    shut.pass(300_000).exit({ code: 1 });
    expect(shut.state.life.kind).toBe("backoff");
  });

  it("the first retry of what cannot start waits, and its count goes on", () => {
    const service = inLife("starting");
    service.send({ kind: "spawn-failed", spawn: 1, error: "ENOENT", chance: 0 });
    expect(service.state.life).toEqual({ kind: "backoff", untilMs: service.nowMs + 1000, cannotStart: "ENOENT" });
    expect(service.state.backoff.attempt).toBe(2);
    expect(service.state.restartTimes).toEqual([{ atMs: service.nowMs, ranMs: 0, health: false }]);
  });
});

it("a step leaves the state it was given as it was", () => {
  const before = initialState(backend());
  const copy = structuredClone(before);
  step(before, { kind: "began", found: null, seenMs: null, chance: 0.5 }, 1, backend());
  expect(before).toEqual(copy);
  const up = inLife("up").state;
  const upCopy = structuredClone(up);
  const observation = { startedMs: 2e12, endedMs: 2e12, endpoint: ok, ports: [closed(5001)], ownPorts: null };
  step(up, { kind: "observed", spawn: 1, observation, chance: 0.5 }, 2e12, backend());
  expect(up).toEqual(upCopy);
});
