import { describe, expect, it } from "vitest";
import { backend } from "./service-spec.ts";
import { closed, DrivenService, foreign, notFound, ok, own, timedOut } from "./driven-service.ts";

const anna = { name: "anna", via: "host" } as const;
const up = (changes = {}) => new DrivenService(backend(changes)).begin();

describe("the verdict table, row by row", () => {
  it("paused by a person: paused, by whom and since when", () => {
    const service = up();
    service.send({ kind: "asked", verb: "pause", by: anna });
    service.gone();
    expect(service.verdict).toBe("paused: paused-by-person");
    expect(service.state.judgement.reason).toBe("paused by anna at 12:00");
  });

  it("a dependency that is not there: waiting, for what and why", () => {
    const service = new DrivenService(backend({ dependsOn: { db: "healthy" } })).begin();
    const unmet = [{ service: "db", condition: "healthy" as const, why: "is paused" }];
    service.send({ kind: "dependencies", unmet });
    expect(service.verdict).toBe("waiting: dependency");
    expect(service.state.judgement.reason).toBe("waits for db, which is paused");
  });

  it("exited with success under a policy that does not restart: completed", () => {
    const service = up({ restart: "on-failure" });
    service.exit({ code: 0 });
    expect(service.verdict).toBe("completed: exit-success");
  });

  it("exited and in backoff: down, with the exit code", () => {
    const service = up();
    service.exit({ code: 3 });
    service.spawned();
    service.exit({ code: 3 });
    expect(service.verdict).toBe("down: exited");
    expect(service.state.judgement.reason).toContain("exited with code 3");
  });

  it("the endpoint answers and the service's own port listens: healthy, and proven from now on", () => {
    const service = up();
    service.probe(ok);
    expect(service.verdict).toBe("healthy: endpoint-ok");
    expect(service.state.endpoint.lastOkMs).not.toBeNull();
  });

  it("answered by a stranger: healthy, proves nothing, warned once", () => {
    const service = up();
    service.probe(ok, [foreign(5001)]);
    service.probe(ok, [foreign(5001)]);
    expect(service.verdict).toBe("healthy: foreign-answer");
    expect(service.state.endpoint.lastOkMs).toBeNull();
    expect(service.count("warn")).toBe(1);
  });

  it("in its start period and not listening yet: starting", () => {
    const service = up();
    service.pass(9999).probe(notFound, [closed(5001)]);
    expect(service.verdict).toBe("starting: start-period");
    service.pass(1);
    expect(service.verdict).toBe("degraded: unproven-port");
  });

  it("in its start period and listening, its endpoint not ready yet as it was in other lives: starting, and nobody is told", () => {
    const service = up();
    service.probe(ok);
    service.pass(1000).exit({ code: 1 });
    service.spawned();
    const unready = { kind: "status", status: 503, ms: 1 } as const;
    service.pass(9999).probe(unready);
    expect(service.verdict).toBe("starting: start-period");
    expect(service.state.judgement.reason).toBe("started 9.9 s ago, GET /health → 503 so far");
    expect(service.count("warn") + service.count("notice")).toBe(0);
    service.pass(1);
    expect(service.verdict).toBe("degraded: regressed-endpoint");
    expect(service.count("notice")).toBe(1);
  });

  it("in its start period, nobody listened when its endpoint was called, and then somebody did: starting", () => {
    const service = up();
    service.pass(300).probe({ kind: "refused", detail: "", ms: 0 });
    expect(service.verdict).toBe("starting: start-period");
    service.pass(1000).probe(notFound);
    expect(service.verdict).toBe("degraded: unproven-endpoint");
    expect(service.effects.filter(({ kind }) => kind === "notice")).toMatchObject([
      { text: "GET /health → 404; it never answered" },
    ]);
  });

  it("in its start period, an endpoint that was ok in this life fails: regressed at once", () => {
    const service = up();
    service.pass(300).probe(ok);
    service.pass(1000).probe({ kind: "refused", detail: "", ms: 0 });
    expect(service.verdict).toBe("degraded: regressed-endpoint");
  });

  it("a stranger holds the port: unhealthy, a restart cannot cure it, and none is tried", () => {
    const service = up();
    service.watch(120_000, { kind: "reset", detail: "", ms: 1 }, [foreign(5001)]);
    expect(service.verdict).toBe("unhealthy: port-conflict");
    expect(service.count("stop")).toBe(0);
    expect(service.count("notice")).toBe(1);
  });

  it("no endpoint configured and the port listens: healthy, port only", () => {
    const service = up({ endpoint: null });
    service.probe(null);
    expect(service.verdict).toBe("healthy: port-only");
  });

  it("nothing to probe: healthy, process only", () => {
    expect(up({ endpoint: null, ports: [] }).verdict).toBe("healthy: process-only");
  });

  it("an endpoint that never answered: degraded, unproven", () => {
    const service = up();
    service.probe(notFound);
    expect(service.verdict).toBe("degraded: unproven-endpoint");
    expect(service.state.judgement.reason).toBe("GET /health → 404; it never answered");
  });

  it("an endpoint that answered before: degraded, regressed", () => {
    const service = up();
    service.probe(ok);
    service.probe(notFound);
    expect(service.verdict).toBe("degraded: regressed-endpoint");
  });

  it("a port never seen open: degraded, and where its processes do listen", () => {
    const service = up({ endpoint: null });
    service.pass(10_000).probe(null, [closed(5001)], [5010]);
    expect(service.verdict).toBe("degraded: unproven-port");
    expect(service.state.judgement.reason).toContain("its processes listen on 5010");
  });

  it("a proven port that is slow to open: starting until start_timeout, then unhealthy", () => {
    const service = up({ endpoint: null });
    service.probe(null);
    service.exit({ code: 1 });
    service.spawned();
    service.pass(299_999).probe(null, [closed(5001)]);
    expect(service.verdict).toBe("starting: port-opening");
    service.pass(1);
    expect(service.verdict).toBe("unhealthy: not-listening");
  });

  it("a port that was open in this life and is closed: unhealthy", () => {
    const service = up();
    service.probe(ok);
    service.probe({ kind: "refused", detail: "", ms: 0 }, [closed(5001)]);
    expect(service.verdict).toBe("unhealthy: not-listening");
  });

  it("one of two ports missing: degraded, kept alive", () => {
    const service = up({ endpoint: null, ports: [5001, 5002] });
    service.watch(120_000, null, [own(5001), closed(5002)]);
    expect(service.verdict).toBe("degraded: port-missing");
    expect(service.count("stop")).toBe(0);
  });
});

describe("what follows from it", () => {
  it("an unproven endpoint: one warning, one notice, no restart in an hour, whatever restart_on says", () => {
    for (const restartOn of ["closed", "hung", "failing"] as const) {
      const service = up({ check: { ...backend().check, restartOn } });
      service.watch(3_600_000, timedOut);
      expect(service.count("stop")).toBe(0);
      expect(service.count("notice")).toBe(1);
      const warnings = service.effects.filter((effect) => effect.kind === "warn");
      expect(warnings).toEqual([
        { kind: "warn", text: "Health endpoint failed for aurora-backend, checking port instead" },
      ]);
      expect(service.state.desired.kind).toBe("run");
    }
  });

  it.each([
    ["closed", timedOut, 0],
    ["closed", notFound, 0],
    ["hung", timedOut, 1],
    ["hung", notFound, 0],
    ["failing", timedOut, 1],
    ["failing", notFound, 1],
  ] as const)("a regressed endpoint under restart_on %s that answers %o: %i restarts", (restartOn, answer, stops) => {
    const service = up({ check: { ...backend().check, restartOn } });
    service.watch(60_000, ok);
    service.watch(20_000, answer);
    expect(service.count("stop")).toBe(0);
    service.watch(10_000, answer);
    expect(service.count("stop")).toBe(stops);
  });

  it("a closed port: restarted at the third failure in a row, not the second", () => {
    const service = up();
    service.watch(60_000, ok);
    service.watch(20_000, notFound, [closed(5001)]);
    expect(service.count("stop")).toBe(0);
    service.watch(10_000, notFound, [closed(5001)]);
    expect(service.count("stop")).toBe(1);
    expect(service.state.desired.kind).toBe("run");
  });

  it("an endpoint that makes the service exit is called no more after the second time", () => {
    const service = up();
    for (let i = 0; i < 2; i++) {
      service.pass(400_000);
      expect(service.state.endpoint.crashes).toBe(i);
      service.exit({ code: 1 }, { probing: true });
      service.spawned();
    }
    expect(service.effects.filter((e) => e.kind === "notice" && e.code === "endpoint-crashes-service")).toHaveLength(1);
  });

  it("three health restarts without a cure: no fourth, and a loop whose cause is the health check", () => {
    const service = up();
    service.watch(60_000, ok);
    for (let i = 0; i < 6; i++) {
      service.watch(10_000, ok);
      service.watch(60_000, notFound, [closed(5001)]);
      if (service.state.life.kind === "stopping") service.gone();
      service.pass(300_000);
    }
    expect(service.count("stop")).toBe(3);
    const opened = service.effects.filter((effect) => effect.kind === "loop-opened");
    expect(opened).toHaveLength(1);
    expect(opened[0]).toMatchObject({ loop: { cause: { code: "health-check" } } });
  });
});

it("a start of three minutes is waited for once the port is known to open, and said how long it took last time", () => {
  const service = up();
  service.watch(180_000, notFound, [closed(5001)]);
  expect(service.verdict).toBe("degraded: unproven-port");
  service.probe(ok);
  service.exit({ code: 1 });
  service.spawned();
  service.watch(170_000, notFound, [closed(5001)]);
  expect(service.verdict).toBe("starting: port-opening");
  expect(service.state.judgement.reason).toBe("port 5001 is not open yet; it opened after 3 min last time");
  service.pass(10_000);
  service.probe(ok);
  expect(service.verdict).toBe("healthy: endpoint-ok");
  expect(service.count("stop")).toBe(0);
  expect(service.state.restarts).toBe(1);
});
