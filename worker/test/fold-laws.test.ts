import { PUBLIC_STATUSES } from "@afloat/shared/domain";
import { DAY_MS } from "@afloat/shared/core/moment";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { StatusFacts } from "../src/status/status-facts.ts";
import { statusViewOf } from "../src/status/status-view.ts";
import { foldedDays } from "../src/uptime/core/fold.ts";
import { packDay, unpackDay } from "../src/uptime/core/packed-day.ts";

const today = Date.UTC(2028, 2, 1);
const nowMs = today + 11 * 3_600_000;
const at = fc.integer({ min: today - 12 * DAY_MS, max: nowMs });
const status = fc.constantFrom(...PUBLIC_STATUSES);
const history = fc.record({
  before: status,
  changes: fc.array(fc.record({ atMs: at, status }), { maxLength: 12 }),
  heardBefore: fc.boolean(),
  hearing: fc.array(fc.record({ atMs: at, heard: fc.boolean() }), { maxLength: 5 }),
});
const spans = fc.array(fc.record({ fromMs: at, toMs: at }), { maxLength: 4 });
const createdMs = fc.integer({ min: today - 120 * DAY_MS, max: nowMs });
const folds = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 });

it("over any history: a page of days that were folded, in whatever parts, shows what one that counts all of it shows", () => {
  fc.assert(
    fc.property(history, spans, createdMs, folds, (lived, maintenance, bornMs, parts) => {
      const shown = (foldedUntilMs: number, folded: ReturnType<typeof foldedDays>) => {
        const fact: StatusFacts["components"][number] = {
          ...{ serviceId: "s", name: "web", group: null, status: "operational", looping: false, heard: true },
          ...{ createdMs: bornMs, foldedUntilMs, folded, history: lived, maintenance },
        };
        return statusViewOf(
          { page: { title: "t", slug: "s" }, components: [fact], incidents: [], maintenance: [] },
          nowMs,
        ).groups;
      };
      // Each part goes on where the one before it ended.
      const ends = parts.map((days) => today - days * DAY_MS).toSorted((a, b) => a - b);
      let fromMs = today - 120 * DAY_MS;
      const folded = ends.flatMap((toMs) => {
        const days = foldedDays(lived, maintenance, { createdMs: bornMs, removedMs: null }, { fromMs, toMs });
        fromMs = toMs;
        return days;
      });
      expect(shown(ends.at(-1) ?? 0, folded)).toEqual(shown(0, []));
    }),
    { numRuns: 300 },
  );
});

it("a day that is packed is the same when it is read again, and never more than 24 h, whatever is read", () => {
  const ends = fc.array(fc.integer({ min: 0, max: DAY_MS }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(ends, (cuts) => {
      const sorted = cuts.toSorted((a, b) => a - b);
      const [operational = 0, degraded_performance = 0, outage = 0, maintenance = 0, unknown = 0] = sorted.map(
        (cut, i) => cut - (sorted[i - 1] ?? 0),
      );
      const timeIn = { operational, degraded_performance, outage, maintenance, unknown };
      expect(unpackDay(packDay(timeIn))).toEqual(timeIn);
    }),
  );
  const good = { operational: DAY_MS, degraded_performance: 0, outage: 0, maintenance: 0, unknown: 0 };
  expect(packDay(good)).toEqual([]);
  expect(unpackDay([])).toEqual(good);
});
