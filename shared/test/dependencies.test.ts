import { describe, expect, it } from "vitest";
import type { EndpointResult } from "../src/core/lifecycle-types.ts";
import { publicStatus } from "../src/core/public-status.ts";
import { closed, DrivenService, notFound, ok, timedOut } from "./driven-service.ts";
import { backend } from "./service-spec.ts";

/** A service that needs `db`, which is there when it begins. */
function dependent(changes = {}): DrivenService {
  const service = new DrivenService(backend({ dependsOn: { db: "healthy" }, ...changes })).begin();
  db(service, null);
  return service.watch(20_000, ok);
}

/** The supervisor's part: `db` is not there, and why; or it is. */
function db(service: DrivenService, why: string | null): void {
  service.send({ kind: "dependencies", unmet: why === null ? [] : [{ service: "db", condition: "healthy", why }] });
  service.spawned();
}

const failing = (restartOn: "closed" | "hung" | "failing") => ({ check: { ...backend().check, restartOn } });

describe("while what a service needs is not there", () => {
  it("an exit is waited out, is no restart and no loop, and the start comes with the dependency", () => {
    const service = dependent();
    for (let i = 0; i < 30; i++) {
      db(service, "is down (exited with code 1)");
      service.exit({ code: 1 });
      expect(service.verdict).toBe("waiting: dependency");
      expect(service.state.judgement.reason).toBe("waits for db, which is down (exited with code 1)");
      service.pass(10_000);
      db(service, null);
      expect(service.state.life.kind).toBe("up");
    }
    expect(service.state.restarts).toBe(0);
    expect(service.count("loop-opened")).toBe(0);
  });

  it("it counts no less where the dependency is on its way back already", () => {
    const service = dependent();
    db(service, "is starting (started 1 s ago)");
    service.exit({ signal: "SIGSEGV" });
    expect(service.verdict).toBe("waiting: dependency");
  });

  it("a failing endpoint names the dependency, tells nobody, and restarts nothing whatever restart_on says", () => {
    for (const restartOn of ["closed", "hung", "failing"] as const) {
      const service = dependent(failing(restartOn));
      db(service, "is paused (paused by anna at 12:00)");
      service.watch(3_600_000, timedOut);
      expect(service.verdict).toBe("degraded: dependency-failing");
      expect(service.state.judgement.reason).toBe(
        "GET /health → timed out after 2 s; it answered until 12:00; it needs db, which is paused (paused by anna at 12:00)",
      );
      expect(service.count("notice")).toBe(0);
      expect(service.count("stop")).toBe(0);
    }
  });

  it("a closed port names it as well, and the process is left alone", () => {
    const service = dependent();
    db(service, "is down (exited with code 1)");
    service.watch(3_600_000, notFound, [closed(5001)]);
    expect(service.verdict).toBe("unhealthy: dependency-failing");
    expect(service.state.judgement.reason).toMatch(
      /^not listening on port 5001 since 12:00; it needs db, which is down/,
    );
    expect(service.count("stop")).toBe(0);
  });

  it("what is unproven stays a mistake of the configuration, and is told as one", () => {
    const service = new DrivenService(backend({ dependsOn: { db: "healthy" } })).begin();
    db(service, null);
    db(service, "is down (exited with code 1)");
    service.watch(60_000, notFound);
    expect(service.verdict).toBe("degraded: unproven-endpoint");
    expect(service.count("notice")).toBe(1);
  });

  it("the warning is said once, through its going and coming", () => {
    const service = dependent();
    service.watch(20_000, notFound);
    db(service, "is down");
    service.watch(20_000, notFound);
    db(service, null);
    service.watch(20_000, notFound);
    expect(service.count("warn")).toBe(1);
  });

  it("uptime meanwhile does not make it stable", () => {
    const service = dependent();
    service.exit({ code: 1 });
    service.spawned();
    service.watch(20_000, ok);
    const { attempt } = service.state.backoff;
    expect(attempt).toBeGreaterThan(0);
    db(service, "is down");
    service.watch(600_000, notFound);
    expect(service.state.backoff.attempt).toBe(attempt);
  });
});

describe("when the dependency is back", () => {
  const trial = (answer: EndpointResult, port: "open" | "closed", threshold: number) => {
    const check = { ...backend().check, restartOn: "failing" as const, failureThreshold: threshold };
    const service = dependent({ check });
    const probe = () => service.watch(10_000, answer, port === "closed" ? [closed(5001)] : undefined);
    for (let i = 0; i < threshold - 1; i++) probe();
    db(service, "is down");
    for (let i = 0; i < 20; i++) probe();
    db(service, null);
    let probes = 0;
    for (; service.count("stop") === 0 && probes < 20; probes++) probe();
    return probes;
  };

  it("failures are counted from there: it has the time of the threshold to notice", () => {
    for (const threshold of [1, 3, 5]) {
      expect(trial(notFound, "open", threshold)).toBe(threshold);
      expect(trial(timedOut, "closed", threshold)).toBe(threshold);
    }
  });

  it("and what still fails is told then, once", () => {
    const service = dependent();
    db(service, "is down");
    service.watch(60_000, notFound);
    expect(service.count("notice")).toBe(0);
    db(service, null);
    service.watch(60_000, notFound);
    expect(service.verdict).toBe("degraded: regressed-endpoint");
    expect(service.count("notice")).toBe(1);
  });
});

it("the public sees what it would see without the reason: slow is slow, whoever is to blame", () => {
  const told = { reasonCode: "dependency-failing" as const, loop: null };
  expect(publicStatus({ ...told, verdict: "degraded" }, null)).toBe("degraded_performance");
  expect(publicStatus({ ...told, verdict: "unhealthy" }, null)).toBe("outage");
});

it("a dependency down for an hour with ten dependents: ten wait, none is counted, none is told", () => {
  const ten = Array.from({ length: 10 }, () => dependent());
  for (const service of ten) {
    db(service, "is down (exited with code 1)");
    service.exit({ code: 1 });
    service.pass(3_600_000);
    expect(service.verdict).toBe("waiting: dependency");
    db(service, null);
    service.watch(60_000, ok);
    expect(service.verdict).toBe("healthy: endpoint-ok");
    for (const kind of ["restart", "notice", "loop-opened", "stop"] as const) expect(service.count(kind)).toBe(0);
  }
});
