import { describe, expect, it } from "vitest";
import type { EndpointResult, Observation, PortResult } from "../src/core/lifecycle-types.ts";
import { closed, DrivenService, foreign, notFound, ok, own, timedOut } from "./driven-service.ts";
import { inLife } from "./lives.ts";
import { backend } from "./service-spec.ts";

const check = (changes: Partial<ReturnType<typeof backend>["check"]>) => ({
  check: { ...backend().check, ...changes },
});
const healthStop = (spawn: number) => ({ kind: "stop", spawn, why: "health" });
const fresh = { futile: 0, prescribedBy: null, passingSinceMs: null };

/** Proven and past its start period. */
function proven(changes = {}): DrivenService {
  const service = inLife("up", changes);
  service.probe(ok);
  service.pass(60_000).probe(ok);
  return service;
}

/** Fails until it is stopped for health, and comes back at once. */
function restartedFor(service: DrivenService, endpoint: EndpointResult, ports: PortResult[] = [own(5001)]): void {
  const { spawn } = service.state;
  const before = service.count("stop");
  for (let i = 0; i < 100 && service.count("stop") === before; i++) service.watch(10_000, endpoint, ports);
  expect(service.effects).toContainEqual(healthStop(spawn));
  service.gone();
  const { life } = service.state;
  if (life.kind === "backoff") service.pass(life.untilMs - service.nowMs);
}

describe("what a check may prescribe", () => {
  it.each([
    ["a closed port", "closed", notFound, closed(5001), 1],
    ["a closed port", "failing", notFound, closed(5001), 1],
    ["a time-out", "closed", timedOut, own(5001), 0],
    ["a time-out", "hung", timedOut, own(5001), 1],
    ["a time-out", "failing", timedOut, own(5001), 1],
    ["an error", "closed", notFound, own(5001), 0],
    ["an error", "hung", notFound, own(5001), 0],
    ["an error", "failing", notFound, own(5001), 1],
    ["a stranger on the port", "failing", notFound, foreign(5001), 0],
  ] as const)("%s under restart_on %s", (_what, restartOn, answer, port, stops) => {
    for (const failureThreshold of [1, 2, 3, 7]) {
      const service = proven(check({ restartOn, failureThreshold }));
      for (let i = 1; i < failureThreshold; i++) service.probe(answer, [port]);
      expect(service.count("stop")).toBe(0);
      service.probe(answer, [port]);
      expect(service.effects.filter(({ kind }) => kind === "stop")).toEqual(stops === 1 ? [healthStop(1)] : []);
    }
  });

  it("is a restart that is not planned, with the reason, and it says how long the process had run", () => {
    const service = proven();
    for (let i = 0; i < 3; i++) service.probe(notFound, [closed(5001)]);
    const why = "not listening on port 5001 since 12:01";
    expect(service.effects).toContainEqual({ kind: "restart", planned: false, why, delayMs: 0 });
    expect(service.state.restartTimes).toEqual([{ atMs: service.nowMs, ranMs: 60_000, health: true }]);
    expect(service.state.breaker).toEqual({ futile: 1, prescribedBy: "port", passingSinceMs: null });
    expect(service.state.restarts).toBe(1);
  });

  it("under hung it was the endpoint that asked: its answer is the cure", () => {
    const service = proven(check({ restartOn: "hung" }));
    for (let i = 0; i < 3; i++) service.probe(timedOut);
    expect(service.state.breaker).toEqual({ futile: 1, prescribedBy: "endpoint", passingSinceMs: null });
    service.gone().probe(timedOut);
    expect(service.state.breaker.passingSinceMs).toBeNull();
    service.probe(ok);
    expect(service.state.breaker.passingSinceMs).toBe(service.nowMs);
  });

  it("under hung, another failure between two time-outs begins the count anew", () => {
    const service = proven(check({ restartOn: "hung" }));
    for (const answer of [timedOut, timedOut, notFound, timedOut, timedOut]) service.probe(answer);
    expect(service.count("stop")).toBe(0);
    service.probe(timedOut);
    expect(service.count("stop")).toBe(1);
  });

  it("an answer in between begins the count anew, of the endpoint and of the port", () => {
    for (const port of [own(5001), closed(5001)]) {
      const service = proven(check({ restartOn: "failing" }));
      const fails = () => service.probe(timedOut, [port]);
      for (let i = 0; i < 2; i++) fails();
      service.probe(ok);
      for (let i = 0; i < 2; i++) fails();
      expect(service.count("stop")).toBe(0);
      fails();
      expect(service.count("stop")).toBe(1);
    }
  });

  it("failures in the start period do not count, at its last millisecond either", () => {
    const service = proven(check({ restartOn: "failing", failureThreshold: 1 }));
    service.exit({ code: 1 });
    service.spawned();
    service.pass(9999).probe(notFound);
    expect(service.count("stop")).toBe(0);
    expect(service.verdict).toBe("degraded: regressed-endpoint");
    service.pass(1).probe(notFound);
    expect(service.count("stop")).toBe(1);
  });

  it("a new life begins without the failures of the one before", () => {
    const service = proven(check({ restartOn: "failing" }));
    for (let i = 0; i < 2; i++) service.probe(timedOut);
    service.exit({ code: 1 });
    expect(service.state.observation).toBeNull();
    service.spawned();
    expect(service.state.endpoint).toMatchObject({
      failures: 0,
      timeouts: 0,
      failingSinceMs: null,
      lastProbeEndedMs: null,
    });
    expect(service.state.port).toMatchObject({ failures: 0, failingSinceMs: null, openedThisLife: false });
    service.pass(10_000);
    for (let i = 0; i < 2; i++) service.probe(timedOut);
    expect(service.count("stop")).toBe(0);
  });

  it("a proven port that does not open again is waited for: start_timeout, then the threshold", () => {
    const service = proven();
    service.exit({ code: 1 });
    service.spawned();
    const { nowMs } = service;
    service.watch(290_000, notFound, [closed(5001)]);
    service.pass(9999).probe(notFound, [closed(5001)]);
    expect(service.state.port).toMatchObject({ failures: 0, failingSinceMs: nowMs + 10_000 });
    service.pass(1).probe(notFound, [closed(5001)]);
    expect(service.state.port.failures).toBe(1);
    for (let i = 0; i < 2; i++) {
      expect(service.count("stop")).toBe(0);
      service.probe(notFound, [closed(5001)]);
    }
    expect(service.count("stop")).toBe(1);
  });

  it("an endpoint that is called between the bind and the first answer is not killed for what it did not answer while its port was closed", () => {
    const service = proven(check({ restartOn: "failing" }));
    service.exit({ code: 1 });
    service.spawned();
    service.watch(60_000, notFound, [closed(5001)]);
    expect(service.verdict).toBe("starting: port-opening");
    expect(service.state.endpoint.failures).toBe(0);
    for (const failures of [1, 2]) {
      service.probe(notFound);
      expect(service.state.endpoint.failures).toBe(failures);
    }
    expect(service.count("stop")).toBe(0);
    service.probe(notFound);
    expect(service.count("stop")).toBe(1);
  });

  it("a start period longer than start_timeout is waited for as well", () => {
    const service = proven(check({ startPeriodMs: 400_000, failureThreshold: 1 }));
    service.exit({ code: 1 });
    service.spawned();
    service.pass(399_999).probe(notFound, [closed(5001)]);
    expect(service.state.port.failures).toBe(0);
    service.pass(1).probe(notFound, [closed(5001)]);
    expect(service.count("stop")).toBe(1);
  });

  it("a stranger on the port neither proves it nor counts against it", () => {
    const service = inLife("up");
    service.pass(400_000).probe(notFound, [foreign(5001)]);
    expect(service.state.port).toMatchObject({ failures: 0, failingSinceMs: null, lastOkMs: null });
  });
});

describe("a probe that says nothing", () => {
  const seen = (startedMs: number, tookMs: number): Observation => ({
    startedMs,
    endedMs: startedMs + tookMs,
    endpoint: ok,
    ports: [own(5001)],
    ownPorts: null,
  });
  const observe = (service: DrivenService, observation: Observation, spawn = service.state.spawn) =>
    service.send({ kind: "observed", spawn, observation, chance: 0 });

  it("is one that began before this life", () => {
    const service = inLife("up");
    expect(observe(service, seen(service.nowMs - 1, 10))).toEqual([]);
    expect(service.state.observation).toBeNull();
    observe(service, seen(service.nowMs, 10));
    expect(service.state.observation).not.toBeNull();
  });

  it("is one of an earlier spawn, and one of a service that does not run", () => {
    const service = inLife("up");
    expect(observe(service, seen(service.nowMs, 3), 0)).toEqual([]);
    for (const life of ["waiting", "starting", "stopping", "backoff", "paused", "completed", "off"] as const) {
      const other = inLife(life);
      const before = other.state;
      expect(observe(other, seen(other.nowMs, 3))).toEqual([]);
      expect({ ...other.state, judgement: null }).toEqual({ ...before, judgement: null });
    }
  });
});

describe("a cure", () => {
  it("is the check that prescribed the restart passing for stable_after, to the millisecond", () => {
    for (const [restartOn, answer, port] of [
      ["closed", notFound, closed(5001)],
      ["failing", notFound, own(5001)],
    ] as const) {
      const service = proven(check({ restartOn }));
      restartedFor(service, answer, [port]);
      const prescribedBy = restartOn === "closed" ? "port" : "endpoint";
      expect(service.state.breaker).toEqual({ futile: 1, prescribedBy, passingSinceMs: null });
      service.pass(5000).probe(ok);
      const passingSinceMs = service.nowMs;
      service.pass(30_000).probe(ok);
      expect(service.state.breaker).toEqual({ futile: 1, prescribedBy, passingSinceMs });
      service.pass(29_999);
      expect(service.state.breaker.futile).toBe(1);
      service.pass(1);
      expect(service.state.breaker).toEqual(fresh);
    }
  });

  it("begins anew when the check fails in between", () => {
    const service = proven(check({ restartOn: "failing" }));
    restartedFor(service, notFound);
    service.probe(ok);
    service.pass(30_000).probe(notFound);
    expect(service.state.breaker.passingSinceMs).toBeNull();
    service.probe(ok);
    expect(service.state.breaker.passingSinceMs).toBe(service.nowMs);
  });

  it("of the endpoint is not an open port, and of the port is not an endpoint that answers elsewhere", () => {
    const service = proven(check({ restartOn: "failing" }));
    restartedFor(service, notFound);
    service.pass(10_000).probe(notFound);
    expect(service.state.breaker.passingSinceMs).toBeNull();
    service.probe(null);
    expect(service.state.breaker.passingSinceMs).toBeNull();

    const other = proven();
    restartedFor(other, notFound, [closed(5001)]);
    other.pass(10_000).probe(ok, [closed(5001)]);
    expect(other.state.breaker.passingSinceMs).toBeNull();
    other.probe(notFound);
    expect(other.state.breaker.passingSinceMs).toBe(other.nowMs);
  });

  it("is nothing that a service without health restarts needs", () => {
    expect(proven().state.breaker).toEqual(fresh);
  });
});

describe("restarts that do not cure", () => {
  const hopeless = (futileAfter: number) => {
    const service = proven({
      ...check({ restartOn: "failing", futileAfter }),
      loopWindows: [{ restarts: 99, withinMs: 86_400_000 }],
    });
    for (let i = 0; i < futileAfter; i++) restartedFor(service, notFound);
    return service;
  };

  it.each([1, 2, 3])("after %i without a cure no more follow, and a loop is told once", (futileAfter) => {
    const service = hopeless(futileAfter);
    expect(service.count("loop-opened")).toBe(0);
    service.watch(600_000, notFound);
    expect(service.count("stop")).toBe(futileAfter);
    expect(service.count("loop-opened")).toBe(1);
    expect(service.state.loop).toMatchObject({
      restarts: futileAfter,
      withinMs: 86_400_000,
      cause: { code: "health-check", text: "health check: GET /health → 404" },
    });
    expect(service.count("loop-closed")).toBe(0);
  });

  it("the loop counts the restarts that the check prescribed, not the exits between them", () => {
    const service = hopeless(1);
    service.exit({ code: 1 });
    service.pass(10_000);
    service.watch(60_000, notFound);
    expect(service.state.restartTimes).toHaveLength(2);
    expect(service.state.loop?.restarts).toBe(1);
  });

  it("the loop ends by the cure alone, however long the process is up", () => {
    const service = hopeless(2);
    service.watch(3_600_000, notFound);
    expect(service.state.loop).not.toBeNull();
    service.probe(ok);
    service.pass(59_999);
    expect(service.state.loop).not.toBeNull();
    service.pass(1);
    expect(service.state.loop).toBeNull();
    expect(service.effects.at(-1)).toMatchObject({
      kind: "loop-closed",
      loop: { closedMs: service.nowMs, restarts: 2 },
    });
    expect(service.state.restartTimes).toEqual([]);
    expect(service.state.breaker).toEqual(fresh);
  });

  it("an edited definition gives the restarts back", () => {
    const service = hopeless(1);
    const edited = new DrivenService({ ...service.spec, portOwner: "any" });
    edited.state = service.state;
    edited.send({ kind: "edited", anew: null });
    expect(edited.state.breaker).toEqual(fresh);
    service.send({ kind: "edited", anew: null });
    expect(service.state.breaker.futile).toBe(1);
  });

  it("a closed port is named as the cause where the port prescribed it", () => {
    const service = proven({ ...check({ futileAfter: 1 }), ports: [5001, 5002] });
    const shut = [closed(5001), closed(5002)];
    restartedFor(service, notFound, shut);
    service.probe(ok, [own(5001), own(5002)]);
    service.watch(60_000, notFound, shut);
    expect(service.state.loop?.cause.text).toBe("health check: port 5001, 5002 closed");
  });
});
