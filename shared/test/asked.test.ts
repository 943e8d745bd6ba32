import { describe, expect, it } from "vitest";
import type { Effect } from "../src/core/lifecycle-types.ts";
import { notFound, ok } from "./driven-service.ts";
import { anna, inLife } from "./lives.ts";

const ben = { name: "ben", via: "cloud" } as const;
const stop = (why: string) => ({ kind: "stop", spawn: 1, why });

/** What was done, without the words of the change of verdict. */
const deeds = (effects: Effect[]) => effects.filter((effect) => effect.kind !== "flip");

describe("a pause", () => {
  it.each([
    ["waiting", "paused", []],
    ["backoff", "paused", []],
    ["completed", "paused", []],
    ["off", "paused", []],
    ["paused", "paused", []],
    ["up", "stopping", [stop("pause")]],
    ["starting", "starting", []],
    ["stopping", "stopping", []],
  ] as const)("of a service that is %s leaves it %s", (life, after, effects) => {
    const service = inLife(life);
    expect(deeds(service.send({ kind: "asked", verb: "pause", by: anna }))).toEqual(effects);
    expect(service.state.desired).toEqual({ kind: "pause", by: anna, atMs: service.nowMs });
    expect(service.state.life.kind).toBe(after);
  });

  it("keeps the name of who paused first, and when", () => {
    const service = inLife("paused");
    const { desired } = service.state;
    service.pass(60_000).send({ kind: "asked", verb: "pause", by: ben });
    expect(service.state.desired).toEqual(desired);
  });

  it("holds whatever ends meanwhile: a start that fails, a process that exits, a health restart", () => {
    const refused = inLife("starting");
    refused.send({ kind: "asked", verb: "pause", by: anna });
    refused.send({ kind: "spawn-failed", spawn: 1, error: "ENOENT", chance: 0.5 });
    expect(refused.state.life).toEqual({ kind: "paused" });
    expect(refused.count("restart")).toBe(0);

    const exited = inLife("starting");
    exited.send({ kind: "asked", verb: "pause", by: anna });
    exited.exit({ code: 1 });
    expect(exited.state.life).toEqual({ kind: "paused" });
    expect(exited.count("restart")).toBe(0);

    const restarting = inLife("up");
    restarting.probe(ok);
    restarting.watch(40_000, notFound, [{ port: 5001, kind: "closed" }]);
    expect(restarting.state.life).toMatchObject({ kind: "stopping", why: "health" });
    restarting.send({ kind: "asked", verb: "pause", by: anna });
    const { attempt } = restarting.state.backoff;
    restarting.gone();
    expect(restarting.state.life).toEqual({ kind: "paused" });
    expect(restarting.state.backoff.attempt).toBe(attempt);
  });
});

describe("a resume", () => {
  it.each([
    ["paused", "starting", ["spawn"]],
    ["backoff", "starting", ["spawn"]],
    ["completed", "starting", ["spawn"]],
    ["off", "starting", ["spawn"]],
    ["stopping", "stopping", []],
    ["starting", "starting", []],
    ["up", "up", []],
    ["waiting", "waiting", []],
  ] as const)("of a service that is %s leaves it %s", (life, after, kinds) => {
    const service = inLife(life);
    const effects = deeds(service.send({ kind: "asked", verb: "resume", by: anna }));
    expect(effects.map(({ kind }) => kind)).toEqual(kinds);
    expect(service.state.desired).toEqual({ kind: "run" });
    expect(service.state.life.kind).toBe(after);
  });

  it("before the old process is gone starts it when it is", () => {
    const service = inLife("up");
    service.send({ kind: "asked", verb: "pause", by: anna });
    service.send({ kind: "asked", verb: "resume", by: anna });
    expect(service.state.life.kind).toBe("stopping");
    service.gone();
    expect(service.state.life.kind).toBe("up");
  });

  it("of one that waited before the pause waits again", () => {
    const service = inLife("waiting");
    service.send({ kind: "asked", verb: "pause", by: anna });
    service.send({ kind: "asked", verb: "resume", by: anna });
    expect(service.state.life.kind).toBe("waiting");
  });
});

describe("a restart asked by a person", () => {
  const restart = { kind: "restart", planned: true, why: "asked by anna", delayMs: 0 };
  it.each([
    ["up", "stopping", [restart, stop("person-restart")]],
    ["starting", "starting", [restart]],
    ["stopping", "stopping", [restart]],
    ["backoff", "starting", [restart, { kind: "spawn", spawn: 3 }]],
    ["completed", "starting", [restart, { kind: "spawn", spawn: 2 }]],
    ["off", "starting", [restart, { kind: "spawn", spawn: 1 }]],
    ["waiting", "waiting", [restart]],
  ] as const)("of a service that is %s leaves it %s and is counted", (life, after, effects) => {
    const service = inLife(life);
    const { restarts } = service.state;
    expect(deeds(service.send({ kind: "asked", verb: "restart", by: anna }))).toEqual(effects);
    expect(service.state.life.kind).toBe(after);
    expect(service.state.restarts).toBe(restarts + 1);
    expect(service.state.restartTimes.length).toBe(life === "backoff" ? 2 : 0);
  });

  it("takes over a health restart that is under way: it starts at once and not after a backoff", () => {
    const service = inLife("up");
    service.exit({ code: 1 });
    service.spawned().probe(ok);
    service.watch(30_000, notFound, [{ port: 5001, kind: "closed" }]);
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "health" });
    service.send({ kind: "asked", verb: "restart", by: anna });
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "person-restart", pid: 102 });
    service.gone();
    expect(service.state.life.kind).toBe("up");
  });

  it("is refused while the agent shuts down, saying so", () => {
    const service = inLife("up");
    service.send({ kind: "shutdown" });
    expect(service.send({ kind: "asked", verb: "restart", by: anna })).toEqual([
      { kind: "refused", verb: "restart", why: "the agent is shutting down" },
    ]);
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "shutdown" });
    expect(service.state.restarts).toBe(0);
  });

  it("of a paused service changes nothing", () => {
    const service = inLife("paused");
    const before = service.state;
    service.send({ kind: "asked", verb: "restart", by: ben });
    expect(service.state).toEqual(before);
  });
});

it("a person's word clears backoff, breaker and the count of followed changes", () => {
  for (const verb of ["restart", "resume"] as const) {
    const service = inLife("backoff");
    service.state = {
      ...service.state,
      ownChanges: 4,
      breaker: { futile: 3, prescribedBy: "port", passingSinceMs: 1 },
    };
    service.send({ kind: "asked", verb, by: anna });
    expect(service.state.backoff).toEqual({ attempt: 0 });
    expect(service.state.ownChanges).toBe(0);
    expect(service.state.breaker).toEqual({ futile: 0, prescribedBy: null, passingSinceMs: null });
  }
});

it("an endpoint that is called no more is called again after a check by hand, and nothing else changes", () => {
  const service = inLife("up");
  service.state = { ...service.state, endpoint: { ...service.state.endpoint, crashes: 2 } };
  const before = service.state;
  expect(service.send({ kind: "asked", verb: "recheck", by: anna })).toEqual([]);
  expect(service.state).toEqual({ ...before, endpoint: { ...before.endpoint, crashes: 0 } });
});
