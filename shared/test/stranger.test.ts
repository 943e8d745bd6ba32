import { describe, expect, it } from "vitest";
import type { PortResult } from "../src/core/lifecycle-types.ts";
import { backend } from "./service-spec.ts";
import { DrivenService, foreign, notFound, ok, own, timedOut } from "./driven-service.ts";

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
  });
});
