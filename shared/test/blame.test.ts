import { describe, expect, it } from "vitest";
import { calledFromMs, isRetired } from "../src/core/blame.ts";
import type { EndpointResult } from "../src/core/lifecycle-types.ts";
import { DrivenService, ok } from "./driven-service.ts";
import { backend } from "./service-spec.ts";

/** A service that ends so long after each start, and is probed at 250 ms where it may be called. */
function lives(ranMs: number, answer: EndpointResult, times: number, spec = backend()): DrivenService {
  const service = new DrivenService(spec).begin();
  for (let i = 0; i < times; i++) {
    service.nowMs += 250;
    const { life } = service.state;
    const isCalled = service.nowMs >= calledFromMs(service.state);
    if (life.kind === "up") service.probe(isCalled ? answer : null);
    service.nowMs += ranMs - 250;
    service.exit({ code: 1 });
    if (service.state.life.kind === "backoff") service.pass(service.state.life.untilMs - service.nowMs);
    service.spawned();
  }
  return service;
}

const blamed = (service: DrivenService) =>
  service.effects.some((effect) => effect.kind === "notice" && effect.code === "endpoint-crashes-service");

describe("who is to blame for an exit shortly after a probe", () => {
  it("a crash loop of its own, however fast, is never put down to the health check", () => {
    for (const ranMs of [300, 900, 1200]) {
      const service = lives(ranMs, ok, 40);
      expect(isRetired(service.state), `${ranMs} ms`).toBe(false);
      expect(blamed(service)).toBe(false);
      expect(service.state.loop).not.toBeNull();
    }
  });

  it("what was never reached has harmed nobody", () => {
    for (const kind of ["refused", "dns"] as const) {
      const service = lives(400, { kind, detail: "", ms: 1 }, 1);
      expect(service.state.endpoint.crashes, kind).toBe(0);
    }
    expect(lives(400, { kind: "reset", detail: "", ms: 1 }, 1).state.endpoint.crashes).toBe(1);
  });

  it("a second after a call it is acquitted, and one millisecond earlier it is not", () => {
    expect(lives(250 + 1000, ok, 1).state.endpoint.crashes).toBe(1);
    expect(lives(250 + 1001, ok, 1).state.endpoint.crashes).toBe(0);
  });

  it("without an endpoint nothing is blamed", () => {
    const service = new DrivenService(backend({ endpoint: null })).begin();
    service.exit({ code: 1 }, { probing: true });
    expect(service.state.endpoint.crashes).toBe(0);
  });

  it("after one suspicion the next life is called when it has outlived the last by a second, and no later than after a minute", () => {
    for (const [ranMs, holdMs] of [
      [300, 1300],
      [58_999, 59_999],
      [59_000, 60_000],
      [3_600_000, 60_000],
    ] as const) {
      const service = new DrivenService(backend()).begin();
      service.nowMs += ranMs;
      service.exit({ code: 1 }, { probing: true });
      service.spawned();
      expect(service.state.endpoint).toMatchObject({ crashes: 1, suspectRanMs: ranMs });
      expect(calledFromMs(service.state) - service.nowMs, `${ranMs} ms`).toBe(holdMs);
    }
  });

  it("called then and ended by it once more, the endpoint is called no more", () => {
    const service = new DrivenService(backend()).begin();
    for (let i = 0; i < 2; i++) {
      service.nowMs = Math.max(service.nowMs + 250, calledFromMs(service.state));
      service.exit({ code: 1 }, { probing: true });
      service.spawned();
    }
    expect(isRetired(service.state)).toBe(true);
    expect(calledFromMs(service.state)).toBe(Number.POSITIVE_INFINITY);
    expect(blamed(service)).toBe(true);
  });

  it.each([100, 500, 1000, 5000])(
    "probed every %i ms, a life that outlives its first call by a second acquits it",
    (intervalMs) => {
      const service = new DrivenService(backend()).begin();
      service.exit({ code: 1 }, { probing: true });
      service.spawned();
      service.nowMs = calledFromMs(service.state);
      const firstMs = service.nowMs;
      while (service.nowMs + intervalMs <= firstMs + 1000) {
        service.probe(ok);
        service.nowMs += intervalMs;
      }
      service.probe(ok);
      expect(service.state.endpoint.crashes).toBe(1);
      service.nowMs += intervalMs;
      service.probe(ok);
      expect(service.state.endpoint.crashes).toBe(0);
    },
  );

  it("crashes of its own, in lives that outlive many calls, never retire an endpoint", () => {
    const service = new DrivenService(backend()).begin();
    for (let life = 0; life < 5; life++) {
      service.nowMs = Math.max(service.nowMs, calledFromMs(service.state));
      for (let call = 0; call < 20; call++) {
        service.nowMs += 250;
        service.probe(ok);
      }
      service.exit({ code: 1 });
      expect(isRetired(service.state)).toBe(false);
      service.pass(60_000).spawned();
    }
    expect(blamed(service)).toBe(false);
  });

  it("a call of the life before acquits nothing in this one", () => {
    const service = new DrivenService(backend()).begin();
    for (let call = 0; call < 10; call++) {
      service.nowMs += 250;
      service.probe(ok);
    }
    service.exit({ code: 1 }, { probing: true });
    service.spawned();
    service.nowMs = calledFromMs(service.state);
    service.probe(ok);
    service.nowMs += 250;
    service.probe(ok);
    expect(service.state.endpoint.crashes).toBe(1);
  });

  it("without suspicion it is called at once", () => {
    expect(calledFromMs(new DrivenService(backend()).begin().state)).toBe(0);
  });

  it("suspected, and in backoff, it has no life yet that would have to be outlived", () => {
    const service = new DrivenService(backend()).begin();
    for (let i = 0; i < 2; i++) {
      service.nowMs += 2000;
      service.exit({ code: 1 }, { probing: i === 1 });
      service.spawned();
    }
    expect(service.state.life.kind).toBe("backoff");
    expect(service.state.endpoint.crashes).toBe(1);
    expect(calledFromMs(service.state)).toBe(0);
  });
});

it("a service of which the endpoint is not called, and that has no port, is judged by its process", () => {
  const service = new DrivenService(backend({ ports: [] })).begin();
  service.probe(null, []);
  expect(service.state.judgement).toMatchObject({
    verdict: "healthy",
    reasonCode: "process-only",
    reason: "the process runs; its endpoint is not called",
  });
});
