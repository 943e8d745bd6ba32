import fc from "fast-check";
import { expect, it } from "vitest";
import { latencyOf, withAnswer } from "../src/core/latency.ts";
import type { EndpointResult } from "../src/core/lifecycle-types.ts";
import { backend } from "./service-spec.ts";
import { DrivenService, notFound, ok, timedOut } from "./driven-service.ts";

it("percentiles are answers that really came: by nearest rank, of one, of twenty, of a hundred", () => {
  expect(latencyOf([])).toBeNull();
  expect(latencyOf([7])).toEqual({ count: 1, p50Ms: 7, p95Ms: 7, maxMs: 7 });
  const twenty = Array.from({ length: 20 }, (_, i) => 20 - i);
  expect(latencyOf(twenty)).toEqual({ count: 20, p50Ms: 10, p95Ms: 19, maxMs: 20 });
});

it("they are in order, and none is more than the slowest", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(60_000), { minLength: 1, maxLength: 60 }), (tookMs) => {
      const latency = latencyOf(tookMs);
      expect(latency).not.toBeNull();
      if (latency === null) return;
      expect(latency.p50Ms).toBeLessThanOrEqual(latency.p95Ms);
      expect(latency.p95Ms).toBeLessThanOrEqual(latency.maxMs);
      expect(tookMs).toEqual(expect.arrayContaining([latency.p50Ms, latency.p95Ms, latency.maxMs]));
    }),
  );
});

it("the last sixty answers are kept, in whole milliseconds; what never came is none", () => {
  let took: number[] = [];
  for (let i = 0; i < 61; i++) took = withAnswer(took, { kind: "ok", status: 200, ms: i + 0.4 });
  expect(took).toHaveLength(60);
  expect(took[0]).toBe(1);
  expect(withAnswer(took, timedOut)).toEqual(took);
  for (const kind of ["refused", "reset", "dns", "tls", "malformed"] as const)
    expect(withAnswer([], { kind, detail: "", ms: 1 })).toEqual([]);
});

it("an answer is one also where it is not the wanted one", () => {
  const answers: EndpointResult[] = [
    { kind: "status", status: 500, ms: 1 },
    { kind: "body", status: 200, ms: 2 },
    { kind: "redirect", status: 302, location: "/login", ms: 3 },
    { kind: "failed", detail: "exited with code 1", ms: 4 },
  ];
  let took: number[] = [];
  for (const answer of answers) took = withAnswer(took, answer);
  expect(took).toEqual([1, 2, 3, 4]);
});

it("they belong to the definition: edit the endpoint, and they begin anew", () => {
  const service = new DrivenService(backend()).begin();
  service.pass(1000).probe(ok);
  service.pass(1000).probe(notFound);
  expect(service.state.endpoint.tookMs).toEqual([3, 3]);
  const { endpoint } = backend();
  const edited = new DrivenService(
    backend({ endpoint: endpoint?.kind === "http" ? { ...endpoint, url: "http://localhost:5001/other" } : null }),
  );
  edited.state = service.state;
  edited.send({ kind: "began", found: null, seenMs: null, chance: 0.5 });
  expect(edited.state.endpoint.tookMs).toEqual([]);
});
