import { describe, expect, it } from "vitest";
import type { PortResult } from "../src/core/lifecycle-types.ts";
import { backend } from "./service-spec.ts";
import { strangerAnswering, strangerAt } from "../src/core/stranger.ts";
import { closed, DrivenService, foreign, notFound, ok, own, timedOut } from "./driven-service.ts";

/** Whose answer it is where a stranger is at the port, too. */

const up = (changes = {}) => new DrivenService(backend(changes)).begin();
const squatter = { pid: 77, name: "python3", command: "python3 -m http.server 5001", sinceMs: 1_761_998_400_000 };
const beside: PortResult = { port: 5001, kind: "listening", owner: "own", beside: squatter };

describe("a stranger at the port", () => {
  it("is named with pid, command and since when", () => {
    const service = up();
    service.probe(notFound, [{ port: 5001, kind: "listening", owner: "foreign", ...squatter }]);
    expect(service.state.judgement.reason).toBe(
      "port 5001 is held by pid 77 (python3 -m http.server 5001) since 12:00; a restart cannot cure it",
    );
    service.probe(ok, [{ port: 5001, kind: "listening", owner: "foreign", ...squatter }]);
    expect(service.state.judgement.reason).toBe(
      "answered by pid 77 (python3 -m http.server 5001) since 12:00: proves nothing of this service",
    );
  });

  it("of whom an older agent wrote less is named with what there is", () => {
    const service = up();
    service.probe(notFound, [foreign(5001)]);
    expect(service.state.judgement.reason).toBe("port 5001 is held by pid 77 (squatter); a restart cannot cure it");
  });

  it("who answers beside the service proves nothing of it, and the port keeps it alive", () => {
    const service = up();
    service.probe(ok, [beside]);
    expect(service.verdict).toBe("healthy: foreign-answer");
    expect(service.state.endpoint.lastOkMs).toBeNull();
    expect(service.state.port.lastOkMs).not.toBeNull();
  });

  it("whose answers fail beside the service is no failure of it: degraded, told once, and never a restart", () => {
    const service = up({ check: { ...backend().check, restartOn: "failing" } });
    service.pass(20_000).probe(ok);
    service.watch(300_000, timedOut, [beside]);
    expect(service.verdict).toBe("degraded: port-conflict");
    expect(service.state.judgement.reason).toContain("answers at port 5001 since 12:00, beside the service");
    expect(service.state.endpoint).toMatchObject({ failures: 0, timeouts: 0 });
    expect(service.count("stop")).toBe(0);
    expect(service.count("notice")).toBe(1);
    // Alone again, it is judged by its own answers, from the first one on.
    service.watch(20_000, timedOut);
    expect(service.count("stop")).toBe(0);
    service.watch(10_000, timedOut);
    expect(service.count("stop")).toBe(1);
  });

  it("at another port of the service does not make its endpoint's answers doubtful", () => {
    const service = up({ ports: [5001, 5002] });
    service.probe(ok, [own(5001), foreign(5002)]);
    expect(service.verdict).toBe("healthy: endpoint-ok");
    expect(service.state.endpoint.lastOkMs).not.toBeNull();
  });

  it("is nobody's concern where any listener will do", () => {
    const service = up({ portOwner: "any" });
    service.probe(ok, [beside]);
    expect(service.verdict).toBe("healthy: endpoint-ok");
    const seen = { startedMs: 0, endedMs: 0, endpoint: ok, ports: [foreign(5001)], ownPorts: null };
    expect(strangerAt(seen, service.spec)).toBeNull();
    expect(strangerAnswering(seen, service.spec)).toBeNull();
  });

  it("is whoever listens there and is not of the service; a port of which nobody knows is nobody's", () => {
    const at = (...ports: PortResult[]) =>
      strangerAt({ startedMs: 0, endedMs: 0, endpoint: null, ports, ownPorts: null }, backend());
    expect(at(own(5001), closed(5002), { port: 5003, kind: "listening", owner: "unknown" })).toBeNull();
    expect(at(own(5001), foreign(5002))).toEqual(foreign(5002));
  });

  const { endpoint } = backend();
  const at = (url: string, socket: string | null = null) => {
    if (endpoint?.kind !== "http") throw new Error("the backend's endpoint is no longer called by HTTP");
    return { ...endpoint, url, socket };
  };
  const kept = { where: "afloat.yaml:14", written: "" };
  const command = { kind: "command" as const, command: { kind: "line" as const, line: "./check" }, ...kept };
  const tls = { ca: null, verify: true };
  const grpc = { kind: "grpc" as const, url: "http://localhost:5001", service: "", tls, ...kept };

  it.each([
    ["a port that is written", at("http://localhost:5001/"), [5001, 5002], 5001],
    ["gRPC's port", grpc, [5001, 5002], 5001],
    ["HTTP's own", at("http://localhost/"), [80, 443], 80],
    ["HTTPS's own", at("https://localhost/"), [80, 443], 443],
  ] as const)("makes doubtful what is called there: %s", (_, endpoint, ports, called) => {
    const answering = (strange: number) =>
      strangerAnswering(
        {
          startedMs: 0,
          endedMs: 0,
          endpoint: ok,
          ports: ports.map((port) => (port === strange ? foreign(port) : own(port))),
          ownPorts: null,
        },
        backend({ endpoint, ports: [...ports] }),
      );
    for (const port of ports) expect(answering(port), `${port}`).toEqual(port === called ? foreign(port) : null);
  });

  it.each([
    ["a command", command],
    ["a Unix socket", at("http://localhost:5001/", "/run/app.sock")],
    ["a port that is none of its own", at("http://localhost:9090/")],
  ] as const)("makes doubtful at any port what is called by %s", (_, endpoint) => {
    for (const ports of [
      [foreign(5001), own(5002)],
      [own(5001), foreign(5002)],
    ] as PortResult[][]) {
      const seen = { startedMs: 0, endedMs: 0, endpoint: ok, ports, ownPorts: null };
      expect(strangerAnswering(seen, backend({ endpoint, ports: [5001, 5002] }))).toMatchObject({ pid: 77 });
    }
  });

  it("that is gone, its port closed, makes nothing doubtful", () => {
    const seen = { startedMs: 0, endedMs: 0, endpoint: ok, ports: [closed(5001)], ownPorts: null };
    expect(strangerAnswering(seen, backend())).toBeNull();
  });
});
