import { describe, expect, it } from "vitest";
import type { EndpointResult, PortResult } from "../src/core/lifecycle-types.ts";
import type { ServiceSpec } from "../src/spec.ts";
import { closed, foreign, notFound, ok, own, timedOut } from "./driven-service.ts";
import { anna, inLife } from "./lives.ts";

const two = { ports: [5001, 5002] };
const bare = { endpoint: null };
const nothing = { endpoint: null, ports: [] };

/** What is seen right after a start period without an answer, of a service of which nothing is known. */
function seen(changes: Partial<ServiceSpec>, endpoint: EndpointResult | null, ports: PortResult[], own?: number[]) {
  const service = inLife("up", changes);
  service.pass(10_000).probe(endpoint, ports, own ?? null);
  return [service.verdict, service.state.judgement.reason];
}

describe("what is shown of a running service, word for word", () => {
  it.each([
    [{}, ok, [own(5001)], undefined, "healthy: endpoint-ok", "the endpoint answered 200 in 3 ms"],
    [{}, { ...ok, ms: 2.6 }, [own(5001)], undefined, "healthy: endpoint-ok", "the endpoint answered 200 in 3 ms"],
    [{ ports: [] }, ok, [], [5010], "healthy: endpoint-ok", "the endpoint answered 200 in 3 ms"],
    [{}, ok, [own(5001)], [5001], "healthy: endpoint-ok", "the endpoint answered 200 in 3 ms"],
    // Nobody tells whose ports are open: an answer is believed.
    [{}, ok, [closed(5001)], undefined, "healthy: endpoint-ok", "the endpoint answered 200 in 3 ms"],
    [
      {},
      ok,
      [foreign(5001)],
      undefined,
      "healthy: foreign-answer",
      "answered by pid 77 (squatter): proves nothing of this service",
    ],
    [{ portOwner: "any" }, ok, [foreign(5001)], undefined, "healthy: endpoint-ok", "the endpoint answered 200 in 3 ms"],
    [
      {},
      ok,
      [closed(5001)],
      [5010],
      "degraded: unproven-port",
      "port 5001 was never seen open; its processes listen on 5010",
    ],
    [
      two,
      ok,
      [closed(5001), closed(5002)],
      [5010, 5011],
      "degraded: unproven-port",
      "port 5001, 5002 was never seen open; its processes listen on 5010, 5011",
    ],
    [
      bare,
      null,
      [closed(5001)],
      [],
      "degraded: unproven-port",
      "port 5001 was never seen open; its processes listen nowhere",
    ],
    [bare, null, [closed(5001)], undefined, "degraded: unproven-port", "port 5001 was never seen open"],
    [two, ok, [own(5001), closed(5002)], undefined, "degraded: port-missing", "port 5002 is closed, the others listen"],
    [
      { ports: [5001, 5002, 5003], ...bare },
      null,
      [closed(5001), own(5002), closed(5003)],
      undefined,
      "degraded: port-missing",
      "port 5001, 5003 is closed, the others listen",
    ],
    [
      bare,
      null,
      [foreign(5001)],
      undefined,
      "unhealthy: port-conflict",
      "port 5001 is held by pid 77 (squatter); a restart cannot cure it",
    ],
    // One port of its own is enough to live on, whoever holds the other.
    [
      two,
      notFound,
      [own(5001), foreign(5002)],
      undefined,
      "degraded: unproven-endpoint",
      "GET /health → 404; it never answered",
    ],
    [{ ...two, ...bare }, null, [own(5001), foreign(5002)], undefined, "healthy: port-only", "port 5001, 5002 listens"],
    [bare, null, [own(5001)], undefined, "healthy: port-only", "port 5001 listens"],
    [{}, notFound, [own(5001)], undefined, "degraded: unproven-endpoint", "GET /health → 404; it never answered"],
    [
      { ports: [] },
      timedOut,
      [],
      undefined,
      "degraded: unproven-endpoint",
      "GET http://localhost:5001/health → timed out after 2 s; it never answered",
    ],
    // A retired endpoint is not called: the port alone is judged.
    [{}, null, [own(5001)], undefined, "healthy: port-only", "port 5001 listens"],
  ] as [Partial<ServiceSpec>, EndpointResult | null, PortResult[], number[] | undefined, string, string][])(
    "%j answering %j, ports %j, its own listening on %j: %s",
    (changes, endpoint, ports, ownPorts, verdict, reason) => {
      expect(seen(changes, endpoint, ports, ownPorts)).toEqual([verdict, reason]);
    },
  );

  it("before the first probe, and where there is nothing to probe", () => {
    const service = inLife("up");
    expect([service.verdict, service.state.judgement.reason]).toEqual([
      "starting: start-period",
      "started, not probed yet",
    ]);
    expect(inLife("up", bare).verdict).toBe("starting: start-period");
    expect(inLife("up", { ports: [] }).verdict).toBe("starting: start-period");
    expect(inLife("up", nothing).state.judgement.reason).toBe("the process runs; nothing to probe");
  });

  it("in the start period: how long ago it started; an endpoint that answers elsewhere is not waited for", () => {
    const service = inLife("up", two);
    service.pass(4000).probe(null, [closed(5001), closed(5002)]);
    expect(service.verdict).toBe("starting: start-period");
    expect(service.state.judgement.reason).toBe("started 4 s ago, port 5001, 5002 not open yet");
    service.probe(ok, [closed(5001), closed(5002)], [5010]);
    expect(service.verdict).toBe("degraded: unproven-port");
  });

  it("a proven port that is slow to open: how long it took last time; past start_timeout since when", () => {
    const service = inLife("up", bare);
    service.pass(7000).probe(null);
    service.exit({ code: 1 });
    service.spawned();
    service.pass(10_000).probe(null, [closed(5001)]);
    expect(service.verdict).toBe("starting: port-opening");
    expect(service.state.judgement.reason).toBe("port 5001 is not open yet; it opened after 7 s last time");
    service.pass(290_000);
    expect(service.verdict).toBe("unhealthy: not-listening");
    expect(service.state.judgement.reason).toBe("not listening on port 5001 since 12:00");
    service.state = { ...service.state, port: { ...service.state.port, openAfterMs: null } };
    service.nowMs -= 1;
    service.probe(null, [closed(5001)]);
    expect(service.state.judgement.reason).toBe("port 5001 is not open yet");
  });

  it("a regressed endpoint: what it answers and until when it was ok", () => {
    const service = inLife("up");
    service.probe(ok);
    service.pass(120_000).probe(notFound);
    expect(service.state.judgement.reason).toBe("GET /health → 404; it answered until 12:00");
  });
});

describe("what is shown of a service that does not run", () => {
  const reason = (service: ReturnType<typeof inLife>) => [service.verdict, service.state.judgement.reason];

  it("in each part of its life", () => {
    expect(reason(inLife("off"))).toEqual(["down: shut-down", "not started yet"]);
    expect(inLife("off").state.judgement.sinceMs).toBe(0);
    expect(reason(inLife("starting"))).toEqual(["starting: start-period", "starting"]);
    expect(reason(inLife("stopping"))).toEqual([
      "starting: start-period",
      "restarting: the old process is being stopped",
    ]);
    expect(reason(inLife("paused"))).toEqual(["paused: paused-by-person", "paused by anna at 12:00"]);
    expect(reason(inLife("waiting"))).toEqual(["waiting: dependency", "waits for db, which is not known yet"]);
    expect(reason(inLife("backoff"))).toEqual(["down: exited", "exited with code 1 after 0 s"]);
    expect(reason(inLife("completed"))).toEqual(["completed: exit-success", "exited with code 0 after 0 s"]);
  });

  it("waiting for two: both are named", () => {
    const service = inLife("waiting", { dependsOn: { db: "healthy", cache: "started" } });
    expect(service.state.judgement.reason).toBe("waits for db, which is not known yet; cache, which is not known yet");
  });

  it("what the system refused to start: why", () => {
    const service = inLife("starting");
    service.send({ kind: "spawn-failed", spawn: 1, error: "ENOENT: node", chance: 0.5 });
    expect(reason(service)).toEqual(["down: cannot-start", "cannot start: ENOENT: node"]);
    expect(service.effects).toContainEqual({
      kind: "restart",
      planned: false,
      why: "cannot start: ENOENT: node",
      delayMs: 1500,
    });
  });

  it("stopped with the agent, also where a person had paused it before", () => {
    const service = inLife("backoff");
    service.send({ kind: "shutdown" });
    expect(reason(service)).toEqual(["down: shut-down", "stopped with the agent"]);
    const paused = inLife("up");
    paused.send({ kind: "asked", verb: "pause", by: anna });
    paused.send({ kind: "shutdown" });
    paused.gone();
    expect(reason(paused)).toEqual(["down: shut-down", "stopped with the agent"]);
  });

  it.each([
    [{ code: 0 }, "completed: exit-success", "exited with code 0 after 1 min"],
    [{ code: 3 }, "down: exited", "exited with code 3 after 1 min"],
    [{ signal: "SIGTERM" }, "down: exited", "killed by signal 15 (SIGTERM) after 1 min"],
    [{ code: 0, signal: "SIGTERM" }, "down: exited", "killed by signal 15 (SIGTERM) after 1 min"],
    [{}, "down: exited", "ended while nobody watched; how is unknown after 1 min"],
  ])("ended by %j under the policy never", (exit, verdict, words) => {
    const service = inLife("up", { restart: "never" });
    service.pass(60_000).exit(exit);
    expect(reason(service)).toEqual([verdict, words]);
    expect(service.state.life.kind).toBe("completed");
  });
});
