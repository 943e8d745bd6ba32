import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PUBLIC_STATUSES } from "../src/domain.ts";
import { DAY_MS } from "../src/core/moment.ts";
import { type UptimeFacts, uptimeOf, uptimePercent } from "../src/core/uptime.ts";

const HOUR = 3_600_000;
const midnight = 20_000 * DAY_MS;

function facts(changes: Partial<UptimeFacts>): UptimeFacts {
  return {
    before: "operational",
    changes: [],
    heardBefore: true,
    hearing: [],
    fromMs: midnight,
    toMs: midnight + DAY_MS,
    ...changes,
  };
}

describe("uptime", () => {
  it("an hour of outage in a day is 95.83 percent, rounded down", () => {
    const { days, uptime } = uptimeOf(
      facts({
        changes: [
          { atMs: midnight + HOUR, status: "outage" },
          { atMs: midnight + 2 * HOUR, status: "operational" },
        ],
      }),
    );
    expect(days).toHaveLength(1);
    expect(days[0]?.timeIn.outage).toBe(HOUR);
    expect(uptime).toBe(95.83);
  });

  it("one millisecond of outage in 90 days is not 100 percent", () => {
    const toMs = midnight + 90 * DAY_MS;
    const changes = [
      { atMs: midnight + 5, status: "outage" as const },
      { atMs: midnight + 6, status: "operational" as const },
    ];
    expect(uptimeOf(facts({ changes, toMs })).uptime).toBe(99.99);
    expect(uptimeOf(facts({ toMs })).uptime).toBe(100);
  });

  it("an outage over midnight belongs to both days, by UTC", () => {
    const { days } = uptimeOf(
      facts({
        toMs: midnight + 2 * DAY_MS,
        changes: [
          { atMs: midnight + 23 * HOUR, status: "outage" },
          { atMs: midnight + 26 * HOUR, status: "operational" },
        ],
      }),
    );
    expect(days.map((day) => day.timeIn.outage)).toEqual([HOUR, 2 * HOUR]);
    expect(days.map((day) => day.startMs)).toEqual([midnight, midnight + DAY_MS]);
  });

  it("while the host is silent its services are unknown, whatever was last said of them", () => {
    const { timeIn, uptime } = uptimeOf(
      facts({
        hearing: [
          { atMs: midnight + HOUR, heard: false },
          { atMs: midnight + 3 * HOUR, heard: true },
        ],
      }),
    );
    expect(timeIn.unknown).toBe(2 * HOUR);
    expect(timeIn.operational).toBe(22 * HOUR);
    expect(uptime).toBe(100);
  });

  it("what a host tells late, of a time when it was silent, changes the word that holds once it is heard again", () => {
    const { timeIn } = uptimeOf(
      facts({
        changes: [{ atMs: midnight + 2 * HOUR, status: "outage" }],
        hearing: [
          { atMs: midnight + HOUR, heard: false },
          { atMs: midnight + 3 * HOUR, heard: true },
        ],
      }),
    );
    expect(timeIn).toMatchObject({ operational: HOUR, unknown: 2 * HOUR, outage: 21 * HOUR });
  });

  it("what was never known has no uptime, not 100 percent and not 0", () => {
    expect(uptimeOf(facts({ before: "unknown" })).uptime).toBeNull();
    expect(uptimeOf(facts({ toMs: midnight })).uptime).toBeNull();
    expect(uptimeOf(facts({ toMs: midnight })).days).toEqual([]);
  });

  it("maintenance is neither up nor down", () => {
    const timeIn = { operational: 1, degraded_performance: 1, outage: 2, maintenance: 100, unknown: 100 };
    expect(uptimePercent(timeIn)).toBe(50);
  });

  it("of two changes at one time the later one told holds", () => {
    const changes = [
      { atMs: midnight, status: "outage" as const },
      { atMs: midnight, status: "maintenance" as const },
    ];
    expect(uptimeOf(facts({ changes })).timeIn.maintenance).toBe(DAY_MS);
  });

  it("over any history: each day sums to its part of the window, never above 24 h; unknown is never up; known time is never lost", () => {
    const at = fc.integer({ min: -2 * DAY_MS, max: 5 * DAY_MS }).map((offset) => midnight + offset);
    const history = fc.record({
      before: fc.constantFrom(...PUBLIC_STATUSES),
      changes: fc.array(fc.record({ atMs: at, status: fc.constantFrom(...PUBLIC_STATUSES) }), {
        maxLength: 30,
        size: "max",
      }),
      heardBefore: fc.boolean(),
      hearing: fc.array(fc.record({ atMs: at, heard: fc.boolean() }), { maxLength: 10, size: "max" }),
      fromMs: at,
      toMs: at,
    });
    const seed = process.env["AFLOAT_SEED"];
    fc.assert(
      fc.property(history, (facts) => {
        const { days, timeIn } = uptimeOf(facts);
        const sum = (time: typeof timeIn) => Object.values(time).reduce((a, b) => a + b, 0);
        expect(sum(timeIn)).toBe(Math.max(0, facts.toMs - facts.fromMs));
        for (const day of days) {
          const partMs = Math.min(day.startMs + DAY_MS, facts.toMs) - Math.max(day.startMs, facts.fromMs);
          expect(sum(day.timeIn)).toBe(partMs);
          expect(sum(day.timeIn)).toBeLessThanOrEqual(DAY_MS);
          if (day.timeIn.outage > 0) expect(day.uptime).toBeLessThan(100);
        }
        // What nobody heard is counted for nothing but unknown.
        const deaf = uptimeOf({ ...facts, heardBefore: false, hearing: [] });
        expect(deaf.timeIn.unknown).toBe(Math.max(0, facts.toMs - facts.fromMs));
        expect(deaf.uptime).toBeNull();
      }),
      { numRuns: 500, ...(seed === undefined ? {} : { seed: Number(seed) }) },
    );
  });
});
