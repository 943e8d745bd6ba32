import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cadenceOf, firstDueMs, nextDueMs, type Probed } from "../src/core/cadence.ts";

/** A life of probes through moved time: each takes so long, and begins so late. */
function live(
  cadence: ReturnType<typeof cadenceOf>,
  probes: { lateMs: number; tookMs: number }[],
  eager: (n: number) => boolean = () => false,
): Probed[] {
  const lived: Probed[] = [];
  let dueMs = firstDueMs(cadence, 1000.25, false);
  for (const [n, { lateMs, tookMs }] of probes.entries()) {
    const probed = { dueMs, startedMs: dueMs + lateMs, endedMs: dueMs + lateMs + tookMs };
    lived.push(probed);
    dueMs = nextDueMs(cadence, probed, eager(n));
  }
  return lived;
}

const intervalMs = fc.integer({ min: 50, max: 120_000 });
const place = fc.integer({ min: 0, max: 999 });
const gaps = (of: number[]) => of.slice(1).map((each, i) => each - (of[i] ?? 0));

/** How many of these moments at most lie within one window of so many milliseconds. */
function mostWithin(windowMs: number, moments: number[]): number {
  const sorted = moments.toSorted((a, b) => a - b);
  return Math.max(...sorted.map((from) => sorted.filter((each) => each >= from && each < from + windowMs).length));
}

describe("the cadence of probes", () => {
  it("over thousands of probes, whatever they take within the interval and however late they begin, none drifts and none is left out", () => {
    const part = fc.double({ min: 0, max: 0.49, noNaN: true });
    fc.assert(
      fc.property(intervalMs, place, fc.array(fc.tuple(part, part), { minLength: 1 }), (everyMs, index, parts) => {
        const cadence = cadenceOf(everyMs, index, 1000);
        const probes = Array.from({ length: 3000 }, (_, n) => {
          const [late, took] = parts[n % parts.length]!;
          return { lateMs: late * everyMs, tookMs: took * everyMs };
        });
        const [, ...grid] = live(cadence, probes).map(({ dueMs }) => dueMs);
        expect(new Set(gaps(grid))).toEqual(new Set([everyMs]));
      }),
      { numRuns: 30 },
    );
  });

  it("a timer that fires a little early does not make the same probe due twice", () => {
    const cadence = cadenceOf(10_000, 7, 20);
    const lived = live(
      cadence,
      Array.from({ length: 100 }, () => ({ lateMs: -0.9, tookMs: 0.3 })),
    );
    expect(new Set(gaps(lived.slice(1).map(({ dueMs }) => dueMs)))).toEqual(new Set([10_000]));
  });

  it("a probe that outlasts its interval leaves points out, and never overlaps itself", () => {
    fc.assert(
      fc.property(
        intervalMs,
        place,
        fc.array(
          fc.record({
            late: fc.double({ min: 0, max: 3, noNaN: true }),
            took: fc.double({ min: 0, max: 3, noNaN: true }),
          }),
          { minLength: 2, maxLength: 300 },
        ),
        fc.boolean(),
        (everyMs, index, parts, eager) => {
          const cadence = cadenceOf(everyMs, index, 10);
          const probes = parts.map(({ late, took }) => ({ lateMs: late * everyMs, tookMs: took * everyMs }));
          const lived = live(cadence, probes, () => eager);
          for (const [n, { dueMs }] of lived.entries()) {
            if (n === 0) continue;
            const before = lived[n - 1]!;
            expect(dueMs).toBeGreaterThan(before.endedMs);
            if (!eager) expect((dueMs - cadence.offsetMs) % everyMs).toBe(0);
            // No longer away than the interval after the last was over, or half an interval after a late one began.
            expect(dueMs - Math.max(before.endedMs, before.dueMs)).toBeLessThanOrEqual(1.5 * everyMs);
          }
        },
      ),
    );
  });

  it("after one that began late the next does not come at its heels: at least half an interval lies between two starts", () => {
    fc.assert(
      fc.property(
        intervalMs,
        place,
        fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 3, maxLength: 100 }),
        (everyMs, index, late) => {
          const cadence = cadenceOf(everyMs, index, 10);
          const lived = live(
            cadence,
            late.map((part) => ({ lateMs: part * everyMs, tookMs: 0 })),
          );
          // The first is where the start put it; from the second on they are on the grid.
          const due = lived.slice(1);
          for (const [n, { dueMs }] of due.entries())
            if (n > 0) expect(dueMs - due[n - 1]!.startedMs).toBeGreaterThanOrEqual(everyMs / 2 - 1e-6);
        },
      ),
    );
  });

  it("three failures in a row are seen within three intervals of the end, wherever in its cadence that was", () => {
    fc.assert(
      fc.property(
        intervalMs,
        place,
        fc.integer({ min: 0, max: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (everyMs, index, healthyAfter, part) => {
          const cadence = cadenceOf(everyMs, index, 200);
          const probes = Array.from({ length: healthyAfter + 6 }, () => ({ lateMs: 0, tookMs: 0 }));
          const lived = live(cadence, probes, (n) => n < healthyAfter).map(({ dueMs }) => dueMs);
          const from = lived[healthyAfter]!;
          const endMs = from + part * (lived[healthyAfter + 1]! - from);
          const failures = lived.filter((each) => each > endMs);
          expect(failures[2]! - endMs).toBeLessThanOrEqual(3 * everyMs);
          // And not faster than was asked for: three in a row span two intervals.
          expect(failures[3]! - failures[1]!).toBe(2 * everyMs);
        },
      ),
    );
  });

  it("the wait after a late one begins beyond half an interval, not at it", () => {
    const cadence = { intervalMs: 1000, offsetMs: 0, firstMs: 250, adoptedMs: 0 };
    const late = (byMs: number) => nextDueMs(cadence, { dueMs: 1000, startedMs: 1000 + byMs, endedMs: 1600 }, false);
    expect(late(500)).toBe(2000);
    expect(late(501)).toBe(3000);
  });

  it("until a young service is healthy it is looked at after a quarter of a second and then each second", () => {
    const lived = live(
      cadenceOf(10_000, 0, 4),
      Array.from({ length: 6 }, () => ({ lateMs: 3, tookMs: 20 })),
      () => true,
    );
    expect(lived.map(({ dueMs }) => dueMs - 1000.25)).toEqual([250, 1250, 2250, 3250, 4250, 5250]);
    const quick = live(
      cadenceOf(300, 0, 4),
      Array.from({ length: 3 }, () => ({ lateMs: 0, tookMs: 20 })),
      () => true,
    );
    expect(quick.map(({ dueMs }) => dueMs - 1000.25)).toEqual([250, 550, 850]);
  });

  it("two hundred services on 10 s are spread out: no 100 ms hold more than a few of their probes", () => {
    for (const everyMs of [10_000, 30_000]) {
      const offsets = Array.from({ length: 200 }, (_, i) => cadenceOf(everyMs, i, 200).offsetMs);
      // The last of the interval and the first of the next are neighbours.
      expect(mostWithin(100, [...offsets, ...offsets.map((each) => each + everyMs)])).toBeLessThanOrEqual(3);
    }
  });

  it("also where other services with other intervals stand between them, as long as these are no pattern", () => {
    const tenth = Array.from({ length: 400 }, (_, i) => i).filter((i) => i % 2 === 0);
    const offsets = tenth.map((i) => cadenceOf(10_000, i, 400).offsetMs);
    expect(mostWithin(100, [...offsets, ...offsets.map((each) => each + 10_000)])).toBeLessThanOrEqual(4);
  });

  it("two hundred that start at once, or that an agent finds running, are not looked at all at once, and yet soon", () => {
    for (const adopted of [false, true]) {
      const first = Array.from({ length: 200 }, (_, i) => firstDueMs(cadenceOf(10_000, i, 200), 0, adopted));
      expect(mostWithin(100, first)).toBeLessThanOrEqual(25);
      expect(Math.max(...first)).toBeLessThanOrEqual(adopted ? 2000 : 1250);
    }
    for (let i = 0; i < 200; i++) expect(firstDueMs(cadenceOf(10_000, i, 200), 0, false)).toBeGreaterThanOrEqual(250);
    expect(firstDueMs(cadenceOf(10_000, 0, 1), 0, true)).toBe(0);
    expect(firstDueMs(cadenceOf(10_000, 3, 4), 0, false)).toBeLessThan(300);
  });
});
