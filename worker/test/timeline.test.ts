import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { foldTimeline, type Shown } from "../src/incidents/core/fold.ts";
import { timelineOf } from "../src/incidents/core/timeline.ts";
import type { FlipOf, FlipsRead, Recorded, TimelineEntry } from "../src/incidents/core/timeline-types.ts";
import { windowOf } from "../src/incidents/core/window.ts";

const T = Date.UTC(2026, 10, 26, 3, 12);
const MINUTE = 60_000;
const NO_EVIDENCE = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
const incident = (said: Partial<Recorded["incident"]> = {}): Recorded["incident"] => ({
  ...{ id: "i", cause: "4 restarts in 38 s", openedMs: T, closedMs: null, evidence: NO_EVIDENCE, ...said },
});
const recorded = (said: Partial<Recorded> = {}): Recorded => ({
  ...{ incident: incident(), flips: [], commands: [], notices: [], deliveries: [], maintenance: [] },
  ...{ acknowledgement: null, notes: [], ...said },
});
const change = (atMs: number, verdict: string, reason = "", seq = atMs): FlipOf => ({
  ...{ subjectId: "h.ingest", atMs, journalId: "j", seq, verdict, reason },
});
const flips = (said: Partial<FlipsRead>): FlipsRead => ({
  ...{ subjectId: "h.ingest", name: "ingest", of: "service", before: [], first: [], last: [], limit: 30, ...said },
});
const lines = (of: Recorded, nowMs = T + 5 * MINUTE) =>
  timelineOf(of, nowMs).map(({ atMs, title, detail }) => {
    const after = (atMs - T) / 1000;
    return `${after >= 0 ? "+" : ""}${after} ${title}${detail === "" ? "" : ` (${detail})`}`;
  });

describe("the timeline of an incident", () => {
  it("tells a night's loop from its first exit to its end", () => {
    const evidence = { ...NO_EVIDENCE, exit: "exited with code 1", lastLines: ["boom"] };
    const command = {
      ...{ id: "c", verb: "restart" as const, serviceName: "ingest", byName: "Anna", createdMs: T + 60_000 },
      steps: [
        { step: "queued" as const, atMs: T + 60_000, detail: "" },
        { step: "done" as const, atMs: T + 61_400, detail: "up again" },
      ],
    };
    const attempt = { noticeId: "i.opened", channel: "On call", attempt: 1, tookMs: 40 };
    const of = recorded({
      incident: incident({ evidence, closedMs: T + 2 * MINUTE }),
      flips: [
        flips({ before: [change(T - 100, "down", "exited with code 1")], last: [change(T + 61_400, "healthy")] }),
      ],
      commands: [command],
      notices: [
        { id: "i.opened", phase: "opened", createdMs: T + 300, next: null },
        { id: "i.closed", phase: "closed", createdMs: T + 2 * MINUTE, next: [] },
        // A rule tells nobody of it.
        { id: "j.opened", phase: "opened", createdMs: T + 1000, next: null },
      ],
      deliveries: [
        { ...attempt, id: "d1", atMs: T + 400, ok: false, status: 500, answer: "<b>" },
        { ...attempt, id: "d2", attempt: 2, atMs: T + 5400, ok: true, status: 204, answer: "" },
      ],
    });
    expect(lines(of)).toEqual([
      "-0.1 ingest is down (exited with code 1)",
      "+0 It began: 4 restarts in 38 s (exited with code 1)",
      "+0.3 To be told: it began",
      "+0.4 On call did not hear that it began (500 in 40 ms: <b>)",
      "+5.4 On call heard that it began (204 in 40 ms, attempt 2)",
      "+60 Anna asked: restart ingest (queued › done after 1.4 s · up again)",
      "+61.4 ingest is healthy",
      "+120 It was over, after 2 min",
      "+120 To be told: it is over (sent to nobody so far)",
    ]);
    expect(timelineOf(of, T)[1]?.lines).toEqual(["boom"]);
  });

  it("counts a change that was read twice once, and says where more happened than is shown", () => {
    const [first, last] = [
      [change(T + 1000, "down"), change(T + 2000, "starting")],
      [change(T + 2000, "starting"), change(T + 3000, "down")],
    ];
    expect(lines(recorded({ flips: [flips({ first: first ?? [], last: last ?? [], limit: 2 })] })).length).toBe(4);
    const later = [change(T + 100_000, "down"), change(T + 101_000, "starting")];
    expect(lines(recorded({ flips: [flips({ first: first ?? [], last: later, limit: 2 })] }))).toContain(
      "+2 More changes of ingest than are shown here (for 1 min 38 s)",
    );
  });

  it.each([
    { what: "all of it", startsMs: T - 3_600_000, endsMs: T + 3_600_000, says: ["It is in maintenance", null] },
    {
      what: "its beginning",
      startsMs: T - MINUTE,
      endsMs: T + MINUTE,
      says: ["Maintenance began", "Maintenance ended"],
    },
    { what: "nothing: over when it began", startsMs: T - 2 * MINUTE, endsMs: T, says: [null, null] },
    { what: "nothing: begins after it", startsMs: T + 6 * MINUTE, endsMs: T + 9 * MINUTE, says: [null, null] },
  ])("tells of maintenance that covers $what", ({ startsMs, endsMs, says }) => {
    const of = { id: "m", title: "A disk", startsMs, endsMs, scope: { kind: "all" as const }, cancelledMs: null };
    const titles = timelineOf(recorded({ maintenance: [of] }), T + 5 * MINUTE).flatMap((entry) =>
      entry.of === "maintenance" ? entry.title.split(":")[0] : [],
    );
    expect(titles).toEqual(says.filter((each) => each !== null));
  });

  it("has what people did about it: who acknowledged it and how, and what they wrote, also later", () => {
    const of = recorded({
      incident: incident({ closedMs: T + MINUTE }),
      acknowledgement: { atMs: T + 30_000, via: "link", byName: "On call" },
      notes: [{ id: "n", atMs: T + 3_600_000, byName: "Anna", text: "rules.json was missing" }],
    });
    expect(lines(of).slice(1)).toEqual([
      "+30 On call acknowledged it (by the link in a message)",
      "+60 It was over, after 1 min",
      "+3600 Anna wrote (rules.json was missing)",
    ]);
  });

  it("hides a channel's answer from who may not read it, and cuts a long one", () => {
    const attempt = { id: "d", noticeId: "n", channel: "Ops", attempt: 1, atMs: T, ok: false, status: null, tookMs: 5 };
    expect(lines(recorded({ deliveries: [{ ...attempt, answer: null }] }))[1]).toBe(
      "+0 Ops did not hear (no answer in 5 ms)",
    );
    expect(lines(recorded({ deliveries: [{ ...attempt, answer: "x".repeat(5000) }] }))[1]?.length).toBeLessThan(250);
  });

  it("is in order, holds nothing twice, and no change from outside its window, whatever was recorded", () => {
    fc.assert(
      fc.property(recordings, fc.integer({ min: 0, max: 60 }), (of, minutes) => {
        const nowMs = T + minutes * MINUTE;
        const entries = timelineOf(of, nowMs);
        const times = entries.map(({ atMs }) => atMs);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
        const { fromMs, toMs } = windowOf(of.incident, nowMs);
        const bound = entries.filter((entry) => ["flip", "gap", "maintenance"].includes(entry.of));
        expect(bound.every(({ atMs }) => fromMs <= atMs && atMs <= toMs)).toBe(true);
        expect(entries.filter((entry) => entry.of === "opened").length).toBe(1);
        expect(timelineOf(shuffled(of), nowMs)).toEqual(entries);
      }),
    );
  });
});

describe("a long timeline", () => {
  const entry = (id: number, of: TimelineEntry["of"], title = "ingest is down"): TimelineEntry => ({
    ...{ id: String(id), atMs: id, of, tone: "out", title, detail: "", lines: [] },
  });
  const flat = (shown: Shown[]) => shown.flatMap((each) => (each.kind === "one" ? [each.entry] : each.entries));

  it("folds a row of more than four changes, and says what is in it", () => {
    const row = (count: number) => Array.from({ length: count }, (_, i) => entry(i, "flip"));
    expect(foldTimeline(row(4)).length).toBe(4);
    const folded = foldTimeline(row(5));
    expect(folded.length).toBe(3);
    expect(folded[1]).toMatchObject({ kind: "folded", words: "3 more: ingest is down, 3 times" });
    const heard = Array.from({ length: 12 }, (_, i) => ({ ...entry(i, "delivery" as const), tone: "up" as const }));
    expect(foldTimeline(heard).length, "who heard is never folded away").toBe(12);
  });

  it("loses nothing and keeps the order, whatever is folded", () => {
    const kinds = fc.array(fc.constantFrom("flip" as const, "flip" as const, "delivery" as const, "command" as const));
    fc.assert(
      fc.property(kinds, (of) => {
        const entries = of.map((kind, i) => entry(i, kind));
        expect(flat(foldTimeline(entries))).toEqual(entries);
      }),
    );
  });
});

const moment = fc.integer({ min: -30, max: 90 }).map((n) => T + n * MINUTE);
const aChange = fc
  .record({ atMs: moment, seq: fc.integer({ min: 0, max: 12 }), journalId: fc.constantFrom("j", "fleet") })
  .map(({ atMs, seq, journalId }) => ({ ...change(atMs, seq % 2 === 0 ? "down" : "healthy", "", seq), journalId }));
const changes = fc.array(aChange, { maxLength: 12 });
const recordings: fc.Arbitrary<Recorded> = fc.record({
  incident: fc
    .option(fc.integer({ min: 0, max: 40 }), { nil: null })
    .map((minutes) => incident({ closedMs: minutes === null ? null : T + minutes * MINUTE })),
  flips: fc
    .record({ before: changes, first: changes, last: changes, limit: fc.integer({ min: 1, max: 12 }) })
    .map((read) => [flips(read)]),
  commands: fc.constant([]),
  notices: fc.uniqueArray(
    fc.record({
      ...{ id: fc.constantFrom("a", "b"), phase: fc.constant("opened"), createdMs: moment },
      next: fc.constantFrom(null, []),
    }),
    {
      selector: ({ id }) => id,
    },
  ),
  deliveries: fc.constant([]),
  acknowledgement: fc.option(
    fc.record({ atMs: moment, via: fc.constant("page" as const), byName: fc.constant("Anna") }),
    {
      nil: null,
    },
  ),
  notes: fc.uniqueArray(
    fc.record({ id: fc.constantFrom("a", "b"), atMs: moment, byName: fc.constant("Anna"), text: fc.constant("so") }),
    { selector: ({ id }) => id },
  ),
  maintenance: fc.array(
    fc.tuple(moment, moment).map(([startsMs, endsMs]) => ({
      ...{ id: `m${startsMs}.${endsMs}`, title: "A disk", startsMs, endsMs, cancelledMs: null },
      scope: { kind: "all" as const },
    })),
    { maxLength: 3 },
  ),
});

/** The same, read in another order. */
function shuffled(of: Recorded): Recorded {
  const flips = of.flips.map((read) => ({ ...read, first: read.first.toReversed(), last: read.last.toReversed() }));
  return {
    ...of,
    flips,
    notices: of.notices.toReversed(),
    maintenance: of.maintenance.toReversed(),
    notes: of.notes.toReversed(),
  };
}
