import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { describe, expect, it } from "vitest";
import { occurrencesOf, type Recurrence, REPEATS } from "../src/maintenance/core/recurrence.ts";
import { keptTimes } from "../src/maintenance/core/typed.ts";
import { isTimeZone, momentAt, momentsAt, parseWall, wallAt } from "../src/maintenance/core/zone.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const zones = fc.constantFrom(
  ...[
    "UTC",
    "Europe/Zurich",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "America/Sao_Paulo",
  ],
);
const wall = (text: string) => parseWall(text) ?? Number.NaN;
const utc = (text: string) => Date.parse(`${text}Z`);

describe("what a clock of a zone shows", () => {
  const between = { min: utc("2005-01-01T00:00"), max: utc("2037-01-01T00:00") };

  it("is what Temporal says, back and forth, around every change of the clock", () => {
    fc.assert(
      fc.property(fc.integer(between), zones, (anyMs, timeZone) => {
        const wallMs = Math.floor(anyMs / 60_000) * 60_000;
        const plain = Temporal.Instant.fromEpochMilliseconds(wallMs).toZonedDateTimeISO("UTC").toPlainDateTime();
        const by = (disambiguation: "compatible" | "earlier" | "later") =>
          plain.toZonedDateTime(timeZone, { disambiguation }).epochMilliseconds;
        expect(momentAt(wallMs, timeZone)).toBe(by("compatible"));
        const both = [...new Set([by("earlier"), by("later")])];
        const exists = both.some((ms) => wallAt(ms, timeZone) === wallMs);
        expect(momentsAt(wallMs, timeZone)).toEqual(exists ? both : []);
      }),
      { numRuns: 300 },
    );
  });

  it("does not exist in the hour that is left out, and comes twice in the one that is put back", () => {
    expect(momentsAt(wall("2027-03-28T02:30"), "Europe/Zurich")).toEqual([]);
    expect(momentAt(wall("2027-03-28T02:30"), "Europe/Zurich")).toBe(utc("2027-03-28T01:30"));
    expect(momentsAt(wall("2026-10-25T02:30"), "Europe/Zurich")).toEqual(
      ["2026-10-25T00:30", "2026-10-25T01:30"].map(utc),
    );
    // Half an hour is put forward on Lord Howe; a whole day was left out on Samoa.
    expect(momentsAt(wall("2026-10-04T02:15"), "Australia/Lord_Howe")).toEqual([]);
    expect(momentsAt(wall("2011-12-30T12:00"), "Pacific/Apia")).toEqual([]);
  });

  it("that was not changed stays the one of two that it was", () => {
    const timeZone = "Europe/Zurich";
    const night = { timeZone, startsMs: utc("2026-10-24T23:00"), endsMs: utc("2026-10-25T00:30") };
    const [again, later] = [utc("2026-10-25T01:30"), utc("2026-10-25T02:00")];
    expect(keptTimes(night, { ...night, endsMs: again })).toMatchObject({ endsMs: night.endsMs });
    expect(keptTimes(night, { ...night, endsMs: later })).toMatchObject({ endsMs: later });
    expect(keptTimes(night, { ...night, timeZone: "UTC", endsMs: again })).toMatchObject({ endsMs: again });
    expect(keptTimes({ ...night, startsMs: again, endsMs: later }, { ...night, endsMs: later })).toMatchObject({
      startsMs: night.startsMs,
    });
  });

  it("is read as a form sends it, and as nothing else", () => {
    expect(parseWall("1970-01-02T00:01")).toBe(DAY + 60_000);
    expect(parseWall("2028-02-29T10:00:00")).toBe(utc("2028-02-29T10:00"));
    for (const bad of [
      "",
      "2027-02-29T10:00",
      "2027-13-01T10:00",
      "2027-01-01T24:00",
      "2027-01-01 10:00",
      "tomorrow",
    ]) {
      expect(parseWall(bad), bad).toBeNull();
    }
    expect(["Europe/Zurich", "UTC", "America/Argentina/Ushuaia"].map(isTimeZone)).toEqual([true, true, true]);
    expect(["", "CET", "+02:00", "Europe/Nowhere", "europe/zurich", "a/b\u0000"].map(isTimeZone)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });
});

describe("maintenance that comes again", () => {
  const of = (said: Partial<Recurrence>): Recurrence => ({
    ...{ startsWallMs: wall("2026-11-28T02:30"), timeZone: "Europe/Zurich", lengthMs: HOUR },
    ...{ repeats: "weekly", untilWallMs: null, ...said },
  });
  const starts = (recurrence: Recurrence, from: string, to: string) =>
    occurrencesOf(recurrence, utc(from), utc(to)).map(({ startsMs }) => new Date(startsMs).toISOString().slice(0, 16));

  it("begins by the clocks of its zone, in summer as in winter", () => {
    expect(starts(of({}), "2027-03-20T00:00", "2027-04-06T00:00")).toEqual([
      "2027-03-20T01:30",
      "2027-03-27T01:30",
      "2027-04-03T00:30",
    ]);
  });

  it("begins an hour later in the night in which its time does not exist, once in the one in which it comes twice", () => {
    const nightly = of({ repeats: "daily" });
    expect(starts(nightly, "2027-03-27T00:00", "2027-03-30T00:00")).toEqual([
      "2027-03-27T01:30",
      "2027-03-28T01:30",
      "2027-03-29T00:30",
    ]);
    const autumn = of({ repeats: "daily", startsWallMs: wall("2026-10-01T02:30") });
    expect(starts(autumn, "2026-10-24T12:00", "2026-10-26T12:00")).toEqual(["2026-10-25T00:30", "2026-10-26T01:30"]);
  });

  it("on the 31st is on the last day of a shorter month; on a fifth Friday on the last; else on the same one", () => {
    const dates = (recurrence: Recurrence) =>
      occurrencesOf(recurrence, utc("2027-01-01T00:00"), utc("2027-06-01T00:00")).map(({ date }) => date.slice(5));
    const utcAt = (text: string, repeats: Recurrence["repeats"]) =>
      of({ startsWallMs: wall(text), repeats, timeZone: "UTC" });
    expect(dates(utcAt("2027-01-31T10:00", "monthly-day"))).toEqual(["01-31", "02-28", "03-31", "04-30", "05-31"]);
    expect(dates(utcAt("2027-01-29T10:00", "monthly-weekday"))).toEqual(["01-29", "02-26", "03-26", "04-30", "05-28"]);
    expect(dates(utcAt("2026-12-08T10:00", "monthly-weekday"))).toEqual(["01-12", "02-09", "03-09", "04-13", "05-11"]);
    expect(dates(utcAt("2027-01-01T10:00", "fortnightly")).slice(0, 3)).toEqual(["01-01", "01-15", "01-29"]);
  });

  it("does not come before its first, nor after its last day", () => {
    expect(starts(of({ untilWallMs: wall("2026-12-05T00:00") }), "2026-01-01T00:00", "2028-01-01T00:00")).toEqual([
      "2026-11-28T01:30",
      "2026-12-05T01:30",
    ]);
  });

  it("is the same however its time is cut into parts; each day has one at most, each lasts as long as was said", () => {
    const any = fc.record({
      startsWallMs: fc.integer({ min: utc("2026-01-01T00:00") / 60_000, max: utc("2027-01-01T00:00") / 60_000 }),
      timeZone: zones,
      lengthMs: fc.integer({ min: 60_000, max: 3 * DAY }),
      repeats: fc.constantFrom(...REPEATS),
    });
    const cuts = fc.array(fc.integer({ min: 0, max: 500 * DAY }), { maxLength: 4 });
    fc.assert(
      fc.property(any, cuts, (said, parts) => {
        const recurrence = of({ ...said, startsWallMs: said.startsWallMs * 60_000 });
        const fromMs = utc("2026-06-01T00:00");
        const bounds = [0, ...parts.toSorted((a, b) => a - b), 500 * DAY].map((ms) => fromMs + ms);
        const whole = occurrencesOf(recurrence, fromMs, fromMs + 500 * DAY);
        const pieces = bounds.slice(1).flatMap((toMs, i) => occurrencesOf(recurrence, bounds[i] ?? 0, toMs));
        expect(pieces).toEqual(whole);
        expect(new Set(whole.map(({ date }) => date)).size).toBe(whole.length);
        expect(whole.every(({ startsMs, endsMs }) => endsMs - startsMs === recurrence.lengthMs)).toBe(true);
        expect(whole.every(({ startsMs }, i) => i === 0 || startsMs > (whole[i - 1]?.startsMs ?? 0))).toBe(true);
        // By the clock of its zone, unless that hour does not exist.
        const timeMs = recurrence.startsWallMs % DAY;
        for (const { startsMs, date } of whole) {
          const wallMs = wall(`${date}T00:00`) + timeMs;
          if (momentsAt(wallMs, recurrence.timeZone).length > 0)
            expect(wallAt(startsMs, recurrence.timeZone)).toBe(wallMs);
        }
      }),
      { numRuns: 120 },
    );
  });
});
