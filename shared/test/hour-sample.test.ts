import fc from "fast-check";
import { expect, it } from "vitest";
import { isOver, openHour, sampleOf, withLook } from "../src/core/hour-sample.ts";
import type { Measures } from "../src/domain.ts";

const HOUR_MS = 3_600_000;
const began = 498_000 * HOUR_MS;

const uses = (cpu: number | null, memoryBytes: number | null, overMs = 60_000): Measures => ({
  ...{ atMs: began, cpu, cpuOverMs: cpu === null ? null : overMs, memoryBytes },
  ...{ processes: 1, threads: 1, openFiles: 3 },
});
const looked = (measures: Measures | null) => new Map([["web", measures]]);
const told = (...all: (Measures | null)[]) =>
  sampleOf(
    all.reduce((hour, each) => withLook(hour, looked(each), 60_000), openHour(began + 5)),
    () => null,
  );

it("an hour is one of the clock, its end is the next one's, and a clock that was set back begins another", () => {
  const hour = openHour(began + 1234);
  expect(hour.hourMs).toBe(began);
  expect(isOver(hour, began + HOUR_MS - 1)).toBe(false);
  expect(isOver(hour, began + HOUR_MS)).toBe(true);
  expect(isOver(hour, began - 1)).toBe(true);
});

it("tells mean and maximum; the mean weighs by how long was looked at", () => {
  expect(told(uses(1, 100, 10_000), uses(0.1, 300, 80_000))).toEqual({
    ...{ hourMs: began, coveredMs: 120_000 },
    services: [
      { name: "web", cpuMean: 0.2, cpuMax: 1, memoryMeanBytes: 200, memoryMaxBytes: 300, p50Ms: null, p95Ms: null },
    ],
  });
});

it("what was never known is null, and a service that never ran is not in it", () => {
  expect(told(uses(null, null))?.services).toEqual([
    { name: "web", cpuMean: null, cpuMax: null, memoryMeanBytes: null, memoryMaxBytes: null, p50Ms: null, p95Ms: null },
  ]);
  expect(told(null)).toBeNull();
  expect(told()).toBeNull();
});

it("the latency is that of the hour's end", () => {
  const hour = withLook(openHour(began), looked(uses(0, 1)), 60_000);
  expect(sampleOf(hour, () => ({ p50Ms: 3, p95Ms: 9 }))?.services[0]).toMatchObject({ p50Ms: 3, p95Ms: 9 });
});

it("no hour has more than an hour in it, and no mean is above the maximum", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: 0, max: 64, noNaN: true }), fc.nat(1e9), fc.nat(600_000))),
      (all) => {
        const hour = all.reduce(
          (sum, [cpu, bytes, overMs]) => withLook(sum, looked(uses(cpu, bytes, overMs + 1)), overMs),
          openHour(began),
        );
        const sample = sampleOf(hour, () => null);
        if (sample === null) {
          expect(all).toEqual([]);
          return;
        }
        expect(sample.coveredMs).toBeLessThanOrEqual(HOUR_MS);
        const [web] = sample.services;
        expect(web?.cpuMean ?? 0).toBeLessThanOrEqual((web?.cpuMax ?? 0) + 0.0001);
        expect(web?.memoryMeanBytes ?? 0).toBeLessThanOrEqual(web?.memoryMaxBytes ?? 0);
      },
    ),
  );
});
