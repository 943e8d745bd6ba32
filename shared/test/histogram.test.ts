import fc from "fast-check";
import { expect, it } from "vitest";
import { cumulative, emptyHistogram, LATENCY_BOUNDS_S, withTime } from "../src/core/histogram.ts";

const counted = (times: readonly number[]) => times.reduce(withTime, emptyHistogram());
const within = (times: readonly number[], bound: number | null) =>
  cumulative(counted(times)).find(({ leSeconds }) => leSeconds === bound)?.count;

it("an answer exactly at a bound is within it, one just above is not", () => {
  expect(within([0.005], 0.005)).toBe(1);
  expect(within([0.005], 0.0025)).toBe(0);
  expect(within([0.005001], 0.005)).toBe(0);
  expect(within([0], 0.001)).toBe(1);
});

it("what is slower than every bound is counted where there is none", () => {
  expect(within([60], 10)).toBe(0);
  expect(within([60], null)).toBe(1);
});

it("what is no time is not counted", () => {
  for (const none of [Number.NaN, Number.POSITIVE_INFINITY, -1]) expect(counted([none])).toEqual(emptyHistogram());
});

it("buckets include those before them, the last is all, and the sum is the sum", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 30, noNaN: true })), (times) => {
      const histogram = counted(times);
      const buckets = cumulative(histogram);
      expect(buckets.map(({ leSeconds }) => leSeconds)).toEqual([...LATENCY_BOUNDS_S, null]);
      for (const { leSeconds, count } of buckets)
        expect(count).toBe(times.filter((time) => leSeconds === null || time <= leSeconds).length);
      const sum = times.reduce((a, b) => a + b, 0);
      expect(Math.abs(histogram.sumSeconds - sum)).toBeLessThanOrEqual(1e-6 * (times.length + 1));
    }),
  );
});

it("one more never makes a bucket less", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 30, noNaN: true })), fc.double(), (times, one) => {
      const before = cumulative(counted(times));
      for (const [i, { count }] of cumulative(withTime(counted(times), one)).entries())
        expect(count).toBeGreaterThanOrEqual(before[i]?.count ?? 0);
    }),
  );
});
