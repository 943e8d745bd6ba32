import { describe, expect, it } from "vitest";
import { snapshotOf } from "../src/core/snapshot.ts";
import { notFound, ok } from "./driven-service.ts";
import { inLife } from "./lives.ts";
import { loop } from "./service-snapshot.ts";

const of = (service: ReturnType<typeof inLife>) => snapshotOf(service.state, service.spec, null);

describe("the snapshot of a service", () => {
  it("is all that is known of one that is up", () => {
    const service = inLife("up");
    const sinceMs = service.nowMs;
    service.pass(1000).probe(ok);
    expect(of(service)).toMatchObject({
      name: "aurora-backend",
      desired: "run",
      paused: null,
      state: "up",
      verdict: "healthy",
      reasonCode: "endpoint-ok",
      reason: "the endpoint answered 200 in 3 ms",
      sinceMs: service.nowMs,
      pid: 101,
      port: 5001,
      restarts: 0,
      upSinceMs: sinceMs,
      nextTryMs: null,
      loop: null,
      lastExit: null,
      endpoint: {
        what: "GET /health",
        proven: true,
        lastOkMs: service.nowMs,
        last: "200",
        lastMs: 3,
        retired: false,
      },
      diagnosis: null,
    });
  });

  it("names what it depends on, and nothing where that is nothing", () => {
    const { state, spec } = inLife("up");
    expect(snapshotOf(state, { ...spec, dependsOn: { db: "healthy", cache: "started" } }, null).needs).toEqual([
      "db",
      "cache",
    ]);
    expect("needs" in snapshotOf(state, { ...spec, dependsOn: {} }, null)).toBe(false);
  });

  it.each([
    ["waiting", null, null, null],
    ["starting", null, null, null],
    ["up", 101, 0, null],
    ["stopping", 101, null, null],
    ["backoff", null, null, 1500],
    ["paused", null, null, null],
    ["completed", null, null, null],
    ["off", null, null, null],
  ] as const)("of one that is %s: pid %s, up since %s, tried again at %s", (life, pid, upSince, nextTry) => {
    const service = inLife(life);
    const from = (ms: number | null) => (ms === null ? null : service.nowMs + ms);
    expect(of(service)).toMatchObject({ state: life, pid, upSinceMs: from(upSince), nextTryMs: from(nextTry) });
  });

  it("says who paused it and when, how it ended, and its loop", () => {
    const paused = inLife("paused");
    expect(of(paused)).toMatchObject({ desired: "pause", paused: { by: "anna", atMs: paused.nowMs } });
    const completed = inLife("completed");
    expect(of(completed).lastExit).toEqual(completed.state.lastExit);
    completed.state = { ...completed.state, loop: loop(3) };
    expect(of(completed).loop).toEqual(loop(3));
  });

  it("of an endpoint: unproven before it answered, retired at the second crash, and absent where none is configured", () => {
    const service = inLife("up", { ports: [] });
    expect(of(service)).toMatchObject({
      port: null,
      endpoint: { proven: false, lastOkMs: null, last: null, lastMs: null, retired: false },
    });
    service.probe(notFound, []);
    expect(of(service).endpoint).toMatchObject({ proven: false, last: "404", lastMs: 3 });
    for (const [crashes, retired] of [
      [1, false],
      [2, true],
      [3, true],
    ] as const) {
      service.state = { ...service.state, endpoint: { ...service.state.endpoint, crashes } };
      expect(of(service).endpoint?.retired).toBe(retired);
    }
    expect(of(inLife("up", { endpoint: null })).endpoint).toBeNull();
  });
});
