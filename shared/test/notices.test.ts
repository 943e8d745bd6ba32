import { describe, expect, it } from "vitest";
import type { Effect } from "../src/core/lifecycle-types.ts";
import { closed, foreign, notFound, ok } from "./driven-service.ts";
import { anna, inLife } from "./lives.ts";

const said = (effects: Effect[], kind: "warn" | "notice") => effects.filter((effect) => effect.kind === kind);

describe("a change of verdict", () => {
  it("is told from what it was to what it is, and since when; the same verdict keeps its time", () => {
    const service = inLife("up");
    const before = service.state.judgement;
    service.pass(1000);
    const effects = service.probe(ok);
    const to = {
      verdict: "healthy",
      reasonCode: "endpoint-ok",
      reason: "the endpoint answered 200 in 3 ms",
      sinceMs: service.nowMs,
    };
    expect(effects).toEqual([{ kind: "flip", from: before, to }]);
    service.pass(1000);
    expect(service.probe({ ...ok, ms: 9 })).toEqual([]);
    expect(service.state.judgement).toEqual({ ...to, reason: "the endpoint answered 200 in 9 ms" });
  });

  it("is one also where the reason stays and only the verdict changes", () => {
    const service = inLife("up", { dependsOn: { db: "healthy" } });
    service.send({ kind: "dependencies", unmet: [] });
    service.spawned().probe(ok);
    service.send({ kind: "dependencies", unmet: [{ service: "db", condition: "healthy", why: "is down" }] });
    service.probe(notFound);
    expect(service.verdict).toBe("degraded: dependency-failing");
    const effects = service.probe(notFound, [closed(5001)]);
    expect(effects.map(({ kind }) => kind)).toEqual(["flip"]);
    expect(service.verdict).toBe("unhealthy: dependency-failing");
  });
});

describe("a port that closes while what is needed is not there", () => {
  it("is no failed endpoint: nothing is said of checking the port instead", () => {
    const service = inLife("up", { dependsOn: { db: "healthy" } });
    service.send({ kind: "dependencies", unmet: [] });
    service.spawned().probe(ok);
    service.send({ kind: "dependencies", unmet: [{ service: "db", condition: "healthy", why: "is down" }] });
    const effects = service.probe(notFound, [closed(5001)]);
    expect(service.verdict).toBe("unhealthy: dependency-failing");
    expect(said(effects, "warn")).toEqual([]);
  });
});

describe("what a failing check says, once", () => {
  const instead = "Health endpoint failed for aurora-backend, checking port instead";

  it("unproven endpoint: the incident's warning and a notice that the check looks wrong", () => {
    const service = inLife("up");
    const effects = service.probe(notFound);
    expect(said(effects, "warn")).toEqual([{ kind: "warn", text: instead }]);
    expect(said(effects, "notice")).toEqual([
      {
        kind: "notice",
        code: "endpoint-unproven",
        text: "GET /health → 404; it never answered",
      },
    ]);
  });

  it("without a port to check instead, the warning says so", () => {
    const service = inLife("up", { ports: [] });
    const text = "Health endpoint failed for aurora-backend, no port to check instead, the process runs";
    expect(said(service.probe(notFound, []), "warn")).toEqual([{ kind: "warn", text }]);
  });

  it("regressed endpoint: the warning, and an alert with the reason; again only after it was ok", () => {
    const service = inLife("up");
    service.probe(ok);
    const notice = {
      kind: "notice",
      code: "endpoint-regressed",
      text: "GET /health → 404; it answered until 12:00",
    };
    const effects = service.probe(notFound);
    expect(said(effects, "warn")).toEqual([{ kind: "warn", text: instead }]);
    expect(said(effects, "notice")).toEqual([notice]);
    expect(service.probe(notFound)).toEqual([]);
    service.exit({ code: 1 });
    service.spawned();
    expect(said(service.probe(notFound), "notice")).toEqual([]);
    service.probe(ok);
    expect(said(service.probe(notFound), "notice")).toEqual([notice]);
  });

  it("unproven port: where it listens instead", () => {
    const service = inLife("up", { endpoint: null });
    service.pass(10_000);
    const effects = service.probe(null, [closed(5001)], [5010]);
    const text = "port 5001 was never seen open; its processes listen on 5010";
    expect(said(effects, "warn")).toEqual([]);
    expect(said(effects, "notice")).toEqual([{ kind: "notice", code: "endpoint-unproven", text }]);
  });

  it("port conflict: who holds it; again only after the port was its own", () => {
    const service = inLife("up", { endpoint: null });
    const text = "port 5001 is held by pid 77 (squatter); a restart cannot cure it";
    const notice = { kind: "notice", code: "port-conflict", text };
    const effects = service.probe(null, [foreign(5001)]);
    expect(said(effects, "warn")).toEqual([]);
    expect(said(effects, "notice")).toEqual([notice]);
    service.probe(null);
    expect(said(service.probe(null, [foreign(5001)]), "notice")).toEqual([notice]);
  });

  it("a stranger that answers: a warning with its pid, no notice", () => {
    const service = inLife("up");
    const effects = service.probe(ok, [foreign(5001)]);
    const text = "aurora-backend: answered by pid 77 (squatter): proves nothing of this service";
    expect(said(effects, "warn")).toEqual([{ kind: "warn", text }]);
    expect(said(effects, "notice")).toEqual([]);
  });

  it("everything else: nothing", () => {
    const service = inLife("up");
    service.probe(ok);
    service.send({ kind: "asked", verb: "restart", by: anna });
    service.gone().probe(ok);
    service.probe(notFound, [closed(5001)]);
    expect(service.verdict).toBe("unhealthy: not-listening");
    expect(service.count("warn") + service.count("notice")).toBe(0);
  });
});
