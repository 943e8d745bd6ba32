import { describe, expect, it } from "vitest";
import { endpointKey, forgetEdited, freshEndpoint, freshPort, portKey } from "../src/core/records.ts";
import { closed, foreign, notFound, ok, own } from "./driven-service.ts";
import { inLife } from "./lives.ts";
import { backend } from "./service-spec.ts";

const where = { where: "afloat.yaml:14", written: "health" };
const tls = { ca: null, verify: true };

describe("what a record belongs to", () => {
  it("is told by the endpoint's kind and all that is asked", () => {
    const grpc = (service: string, url = "http://localhost:5001") =>
      endpointKey(backend({ endpoint: { kind: "grpc", url, service, tls, ...where } }));
    const command = (line: string) =>
      endpointKey(backend({ endpoint: { kind: "command", command: { kind: "line", line }, ...where } }));
    expect(grpc("a")).toBe('["grpc","http://localhost:5001","a"]');
    expect(command("./well.sh")).toBe('["command",{"kind":"line","line":"./well.sh"}]');
    expect(endpointKey(backend({ endpoint: null }))).toBe("");
    const keys = [grpc("a"), grpc("b"), grpc("a", "http://localhost:1"), command("a"), command("b")];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("of ports is all of them and whose they may be", () => {
    expect(portKey(backend({ ports: [5001, 5002] }))).toBe('[[5001,5002],"own"]');
    expect(portKey(backend({ portOwner: "any" }))).toBe('[[5001],"any"]');
  });

  it("of a new definition is empty", () => {
    const empty = { lastOkMs: null, failures: 0, failingSinceMs: null, noticed: false };
    const key = endpointKey(backend());
    expect(freshEndpoint(backend())).toEqual({
      ...empty,
      key,
      crashes: 0,
      suspectRanMs: 0,
      lastProbeEndedMs: null,
      calledForMs: 0,
      timeouts: 0,
      last: null,
      tookMs: [],
    });
    expect(freshPort(backend())).toEqual({
      ...empty,
      key: portKey(backend()),
      openedThisLife: false,
      openAfterMs: null,
    });
  });

  it("is forgotten one by one: an edited endpoint leaves the port proven, an edited port the endpoint", () => {
    const proven = () => {
      const service = inLife("up");
      service.probe(ok);
      return service.state;
    };
    const same = proven();
    expect(forgetEdited(same, backend())).toBe(false);
    expect(same).toEqual(proven());

    const port = proven();
    const otherPort = backend({ ports: [5002] });
    expect(forgetEdited(port, otherPort)).toBe(true);
    expect(port).toEqual({ ...proven(), port: freshPort(otherPort) });

    const endpoint = proven();
    const without = backend({ endpoint: null });
    expect(forgetEdited(endpoint, without)).toBe(true);
    expect(endpoint).toEqual({ ...proven(), endpoint: freshEndpoint(without) });
  });
});

describe("what a probe writes", () => {
  it("of a port: when it was last open, and how long it took to open in this life", () => {
    const service = inLife("up");
    service.pass(3000).probe(ok);
    expect(service.state.port).toMatchObject({ lastOkMs: service.nowMs, openedThisLife: true, openAfterMs: 3000 });
    service.pass(3000).probe(ok);
    expect(service.state.port).toMatchObject({ lastOkMs: service.nowMs, openAfterMs: 3000, noticed: false });
  });

  it("of several ports: one open is open", () => {
    const service = inLife("up", { ports: [5001, 5002] });
    service.probe(ok, [closed(5001), own(5002)]);
    expect(service.state.port.openedThisLife).toBe(true);
  });

  it("of no ports: nothing", () => {
    const service = inLife("up", { ports: [] });
    service.pass(400_000).probe(ok, []);
    expect(service.state.port).toEqual(freshPort(service.spec));
  });

  it("where anyone may listen: a stranger keeps it alive and proves the endpoint", () => {
    const service = inLife("up", { portOwner: "any" });
    service.probe(ok, [foreign(5001)]);
    expect(service.state.port.openedThisLife).toBe(true);
    expect(service.state.endpoint.lastOkMs).toBe(service.nowMs);
  });

  it("since when it fails: since the first failure, until it is ok again", () => {
    const service = inLife("up");
    service.probe(ok);
    service.pass(1000).probe(notFound, [closed(5001)]);
    const firstMs = service.nowMs;
    service.pass(1000).probe(notFound, [closed(5001)]);
    expect(service.state.endpoint.failingSinceMs).toBe(firstMs);
    expect(service.state.port.failingSinceMs).toBe(firstMs);
    service.probe(ok);
    expect(service.state.endpoint).toMatchObject({ failures: 0, failingSinceMs: null, noticed: false });
    expect(service.state.port).toMatchObject({ failures: 0, failingSinceMs: null });
  });
});

describe("a check that makes the service exit", () => {
  const crashesAfter = (sinceProbeMs: number) => {
    const service = inLife("up");
    service.probe(notFound);
    service.nowMs += sinceProbeMs;
    service.exit({ code: 1 });
    return service.state.endpoint.crashes;
  };

  it("is one that ended at most a second before", () => {
    expect(crashesAfter(0)).toBe(1);
    expect(crashesAfter(1000)).toBe(1);
    expect(crashesAfter(1001)).toBe(0);
    const unprobed = inLife("up");
    unprobed.exit({ code: 1 });
    expect(unprobed.state.endpoint.crashes).toBe(0);
  });

  it("is acquitted by an exit without it, and by a probe that was outlived by more than a second", () => {
    const once = () => {
      const service = inLife("up");
      service.exit({ code: 1 }, { probing: true });
      expect(service.state.endpoint.crashes).toBe(1);
      return service.spawned();
    };
    const exits = once();
    exits.exit({ code: 1 });
    expect(exits.state.endpoint.crashes).toBe(0);

    const outlived = once();
    outlived.probe(notFound);
    outlived.pass(1000).probe(notFound);
    expect(outlived.state.endpoint.crashes).toBe(1);
    outlived.pass(1001).probe(notFound);
    expect(outlived.state.endpoint.crashes).toBe(0);
  });

  it("is called no more after the second time, which is told once and stays so whatever ends it later", () => {
    const service = inLife("up");
    for (let i = 0; i < 2; i++) {
      service.exit({ code: 1 }, { probing: true });
      service.pass(10_000);
    }
    const text = "it ended twice while GET /health was called; it is called no more";
    const notices = () => service.effects.filter(({ kind }) => kind === "notice");
    expect(notices()).toEqual([{ kind: "notice", code: "endpoint-crashes-service", text }]);
    service.exit({ code: 1 });
    expect(service.state.endpoint.crashes).toBe(2);
    service.pass(10_000);
    service.exit({ code: 1 }, { probing: true });
    expect(notices()).toHaveLength(1);
  });

  it("is none where no endpoint is configured", () => {
    const service = inLife("up", { endpoint: null });
    service.exit({ code: 1 }, { probing: true });
    expect(service.state.endpoint.crashes).toBe(0);
  });
});
