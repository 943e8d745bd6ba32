import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { PUBLIC_STATUSES } from "../src/domain.ts";
import { DAY_MS } from "../src/core/moment.ts";
import { type TimeIn, type UptimeFacts, uptimeOf } from "../src/core/uptime.ts";

/** What holds of uptime whatever happened: over random histories around a leap day, in quarters of an hour. */

const QUARTER = 900_000;
const start = Date.UTC(2028, 1, 27);
const SPAN = (5 * DAY_MS) / QUARTER;
const seed = process.env["AFLOAT_SEED"];
const runs = { numRuns: 300, ...(seed === undefined ? {} : { seed: Number(seed) }) };

const at = fc.integer({ min: 0, max: SPAN }).map((quarter) => start + quarter * QUARTER);
const status = fc.constantFrom(...PUBLIC_STATUSES);
const spans = fc.array(fc.record({ fromMs: at, toMs: at }), { maxLength: 5, size: "max" });
const byTime = <T extends { atMs: number }>(changes: T[]): T[] => changes.toSorted((a, b) => a.atMs - b.atMs);
const changes = fc.uniqueArray(fc.record({ atMs: at, status }), { selector: ({ atMs }) => atMs, maxLength: 20 });
const hearing = fc.uniqueArray(fc.record({ atMs: at, heard: fc.boolean() }), {
  selector: ({ atMs }) => atMs,
  maxLength: 6,
});
const history: fc.Arbitrary<UptimeFacts> = fc
  .record({
    ...{ before: status, changes: changes.map(byTime), heardBefore: fc.boolean(), hearing: hearing.map(byTime) },
    ...{ maintenance: spans, window: fc.tuple(at, at) },
  })
  .map(({ window: [a, b], ...facts }) => ({ ...facts, fromMs: Math.min(a, b), toMs: Math.max(a, b) }));

const check = <T extends [unknown, ...unknown[]]>(
  ...args: [...{ [K in keyof T]: fc.Arbitrary<T[K]> }, (...values: T) => void]
) => fc.assert(fc.property(...args), runs);

/** What held in each quarter of an hour, found by looking at everything that was before it: slow, and plainly right. */
function looked(facts: UptimeFacts): TimeIn {
  const timeIn: TimeIn = { operational: 0, degraded_performance: 0, outage: 0, maintenance: 0, unknown: 0 };
  for (let ms = facts.fromMs; ms < facts.toMs; ms += QUARTER) {
    const last = <T extends { atMs: number }>(of: readonly T[]) => of.filter(({ atMs }) => atMs <= ms).at(-1);
    const isAnnounced = (facts.maintenance ?? []).some(({ fromMs, toMs }) => fromMs <= ms && ms < toMs);
    const isHeard = last(facts.hearing)?.heard ?? facts.heardBefore;
    const held = isHeard ? (last(facts.changes)?.status ?? facts.before) : "unknown";
    timeIn[isAnnounced ? "maintenance" : held] += QUARTER;
  }
  return timeIn;
}

describe("over any history", () => {
  it("uptime is what one finds by looking at every quarter of an hour", () => {
    check(history, (facts) => {
      expect(uptimeOf(facts).timeIn).toEqual(looked(facts));
    });
  });

  it("a window that is cut anywhere, and summed, is the same: in all, and of each day", () => {
    check(history, fc.double({ min: 0, max: 1, noNaN: true }), (facts, part) => {
      const cutMs = facts.fromMs + Math.floor((facts.toMs - facts.fromMs) * part);
      const halves = [uptimeOf({ ...facts, toMs: cutMs }), uptimeOf({ ...facts, fromMs: cutMs })];
      const whole = uptimeOf(facts);
      for (const name of PUBLIC_STATUSES) {
        expect(halves.reduce((sum, { timeIn }) => sum + timeIn[name], 0)).toBe(whole.timeIn[name]);
        for (const day of whole.days) {
          const parts = halves.flatMap(({ days }) => days.filter(({ startMs }) => startMs === day.startMs));
          expect(parts.reduce((sum, { timeIn }) => sum + timeIn[name], 0)).toBe(day.timeIn[name]);
        }
      }
    });
  });

  it("it does not matter in which order things were told", () => {
    const shuffled = history.chain((facts) =>
      fc.record({
        facts: fc.constant(facts),
        changes: fc.shuffledSubarray([...facts.changes], { minLength: facts.changes.length }),
        hearing: fc.shuffledSubarray([...facts.hearing], { minLength: facts.hearing.length }),
        maintenance: fc.shuffledSubarray([...(facts.maintenance ?? [])], {
          minLength: facts.maintenance?.length ?? 0,
        }),
      }),
    );
    check(shuffled, ({ facts, ...told }) => {
      expect(uptimeOf({ ...facts, ...told })).toEqual(uptimeOf(facts));
    });
  });

  it("what is told of one time again corrects it: only the last word of it counts", () => {
    check(history, fc.nat(), status, (facts, nth, word) => {
      if (facts.changes.length === 0) return;
      const wrong = facts.changes[nth % facts.changes.length];
      const atMs = wrong?.atMs ?? 0;
      const corrected = facts.changes.map((change) => (change === wrong ? { atMs, status: word } : change));
      const told = [...facts.changes, { atMs, status: word }];
      expect(uptimeOf({ ...facts, changes: told })).toEqual(uptimeOf({ ...facts, changes: corrected }));
    });
  });

  it("what is told late changes nothing before its own time, nor after the next change", () => {
    check(history, at, status, (facts, atMs, word) => {
      const nextMs = Math.min(facts.toMs, ...facts.changes.flatMap((each) => (each.atMs > atMs ? each.atMs : [])));
      const late = { ...facts, changes: byTime([...facts.changes, { atMs, status: word }]) };
      for (const [fromMs, toMs] of [
        [facts.fromMs, Math.min(atMs, facts.toMs)],
        [Math.max(nextMs, facts.fromMs), facts.toMs],
      ] as const) {
        expect(uptimeOf({ ...late, fromMs, toMs })).toEqual(uptimeOf({ ...facts, fromMs, toMs }));
      }
    });
  });

  it("maintenance that overlaps is left out once, however it is announced", () => {
    check(history, fc.nat(), (facts, nth) => {
      const maintenance = facts.maintenance ?? [];
      const one = maintenance[nth % Math.max(1, maintenance.length)];
      if (one === undefined || one.toMs <= one.fromMs) return;
      const halfMs = (one.fromMs + one.toMs) / 2;
      const more = [one, { ...one, toMs: halfMs }, { fromMs: halfMs - 1, toMs: one.toMs }];
      expect(uptimeOf({ ...facts, maintenance: [...maintenance, ...more] })).toEqual(uptimeOf(facts));
    });
  });

  it("time that nobody knows of is never up: not hearing a host adds nothing to what is up or down", () => {
    check(history, spans, (facts, deaf) => {
      const whole = uptimeOf(facts);
      const gaps = deaf.filter(({ fromMs, toMs }) => fromMs < toMs);
      // Not heard in any of the gaps, whatever is said of the link meanwhile.
      const inGap = (ms: number) => gaps.some(({ fromMs, toMs }) => fromMs <= ms && ms < toMs);
      const heardAt = (ms: number) =>
        !inGap(ms) && (facts.hearing.filter(({ atMs }) => atMs <= ms).at(-1)?.heard ?? facts.heardBefore);
      const moments = [
        start,
        ...gaps.flatMap(({ fromMs, toMs }) => [fromMs, toMs]),
        ...facts.hearing.map((h) => h.atMs),
      ];
      const less = uptimeOf({
        ...facts,
        heardBefore: heardAt(start - 1),
        hearing: byTime(moments.map((atMs) => ({ atMs, heard: heardAt(atMs) }))),
      });
      for (const name of PUBLIC_STATUSES.filter((each) => each !== "unknown")) {
        expect(less.timeIn[name]).toBeLessThanOrEqual(whole.timeIn[name]);
      }
      expect(less.timeIn.unknown).toBeGreaterThanOrEqual(whole.timeIn.unknown);
    });
  });
});

describe("a day has 24 hours, by UTC", () => {
  const zone = process.env["TZ"];

  afterEach(() => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  });

  it.each(["Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC"])(
    "whatever the machine's zone does with its clocks: %s",
    (tz) => {
      process.env["TZ"] = tz;
      // Both changes of summer time, and a leap day, in one year.
      const [fromMs, toMs] = [Date.UTC(2028, 0, 1), Date.UTC(2029, 0, 1)];
      const quiet = { changes: [], heardBefore: true, hearing: [], fromMs, toMs };
      const { days, timeIn } = uptimeOf({ ...quiet, before: "operational" });
      expect(days).toHaveLength(366);
      expect(days.every((day) => day.timeIn.operational === DAY_MS)).toBe(true);
      expect(timeIn.operational).toBe(366 * DAY_MS);
      expect(days.map(({ startMs }) => new Date(startMs).toISOString().slice(0, 10))).toContain("2028-02-29");
    },
  );
});
