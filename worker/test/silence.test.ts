import { describe, expect, it } from "vitest";
import { absenceOf, absenceWords, overdueWords, returnDueMs } from "../src/fleet/core/absence.ts";
import { countSilence, decideSteady, SILENCES, STEADY_MS, WITHIN_MS } from "../src/fleet/core/flapping.ts";
import { ABSENCE_MS, decideLiveness, EXCUSES_LIMIT, type Watched } from "../src/fleet/core/liveness.ts";
import { APART_MS, isOneOfMany, MANY } from "../src/fleet/core/many-silent.ts";
import { hourlySlice } from "../src/upkeep/core/hourly-slice.ts";
import { decideSecond, OVER_AFTER_MS, type SecondMachine, TOLD_APART } from "../src/fleet/core/second-machine.ts";

const AFTER = 90_000;
const host = (over: Partial<Watched> = {}): Watched => ({
  ...{ heardMs: 1_000_000, countFromMs: 0, offlineAfterMs: AFTER, line: "listed", wokeMs: 0, ...over },
});
const DUE = 1_000_000 + AFTER;

/** Asks whenever it falls due, each time so much late, until it is silent; answers when that was, and how often it was excused. */
function silentAt(
  first: Watched,
  lateMs: number,
  wokeMs: (nowMs: number) => number,
): { atMs: number; excuses: number } {
  let watched = first;
  let nowMs = DUE + lateMs;
  for (let excuses = 0; ; excuses++) {
    const now = decideLiveness({ ...watched, wokeMs: wokeMs(nowMs) }, nowMs);
    if (now.kind === "silent") return { atMs: nowMs, excuses };
    if (now.kind === "excused") watched = { ...watched, countFromMs: now.countFromMs, excuses: now.excuses };
    nowMs = now.dueMs + lateMs;
  }
}

describe("a deadline", () => {
  it("passes exactly when it is due, for a socket that is listed and for one that hung up", () => {
    for (const line of ["listed", "closed"] as const) {
      expect(decideLiveness(host({ line }), DUE - 1)).toEqual({ kind: "heard", dueMs: DUE });
      expect(decideLiveness(host({ line }), DUE)).toEqual({ kind: "silent", sinceMs: 1_000_000 });
      expect(decideLiveness(host({ line }), DUE + ABSENCE_MS)).toMatchObject({ kind: "silent" });
    }
  });

  it("that nobody watched counts from our return", () => {
    const nowMs = DUE + ABSENCE_MS + 1;
    expect(decideLiveness(host(), nowMs)).toEqual({
      ...{ kind: "excused", countFromMs: nowMs, excuses: 1, dueMs: nowMs + AFTER },
    });
  });

  it("of a socket that we lost counts from our return, though the alarm was in time: it may have been gone for all of it", () => {
    const wokeMs = DUE - 5_000;
    const excused = decideLiveness(host({ line: "lost", wokeMs }), DUE);
    expect(excused).toEqual({ kind: "excused", countFromMs: wokeMs, excuses: 1, dueMs: wokeMs + AFTER });
    // Awake all the while, there was nobody to lose it but the host.
    expect(decideLiveness(host({ line: "lost", wokeMs: 1_000_000 }), DUE)).toMatchObject({ kind: "silent" });
  });

  it("of a socket that we lost counts from our return at whichever alarm that is found, and though the disk remembers nothing newer", () => {
    const wokeMs = DUE + 3_600_000;
    const lost = host({ line: "lost", wokeMs });
    const counted = { kind: "excused", countFromMs: wokeMs, excuses: 1, dueMs: wokeMs + AFTER };
    for (const nowMs of [wokeMs, wokeMs + 8_000, wokeMs + AFTER - 1])
      expect(decideLiveness(lost, nowMs)).toEqual(counted);
    expect(decideLiveness(lost, wokeMs + AFTER + ABSENCE_MS)).toMatchObject({ kind: "silent" });
    const lateMs = wokeMs + AFTER + ABSENCE_MS + 1;
    expect(decideLiveness(lost, lateMs)).toMatchObject({ kind: "excused", countFromMs: lateMs });
  });

  it("of a socket that we lost says it was there until we went, though its last ping is lost with it", () => {
    const lost = host({ line: "lost", heardMs: 5, countFromMs: 1_000_000, excuses: 1 });
    expect(decideLiveness(lost, DUE)).toEqual({ kind: "silent", sinceMs: 1_000_000 });
  });

  it("of a host that posts is told once we were awake for the longest wait between two of its tries", () => {
    expect(decideLiveness(host({ line: "http", wokeMs: DUE - 75_000 }), DUE)).toMatchObject({ kind: "silent" });
    expect(decideLiveness(host({ line: "http", wokeMs: DUE }), DUE)).toMatchObject({
      kind: "excused",
      dueMs: DUE + 75_000,
    });
  });

  it("is never excused for ever, however late each alarm is and however often we were woken for it", () => {
    for (const line of ["listed", "closed", "http", "lost"] as const) {
      for (const lateMs of [0, 1, ABSENCE_MS, ABSENCE_MS + 1, 60_000, 3_600_000]) {
        const { atMs, excuses } = silentAt(host({ line }), lateMs, (nowMs) => nowMs);
        expect(excuses).toBeLessThanOrEqual(EXCUSES_LIMIT);
        expect(atMs - DUE).toBeLessThanOrEqual(EXCUSES_LIMIT * (AFTER + lateMs) + lateMs);
        // An alarm that is a minute late because of a failover tells nothing before the host had its time.
        if (lateMs > ABSENCE_MS || line === "lost") expect(atMs).toBeGreaterThanOrEqual(DUE + lateMs + AFTER);
      }
    }
  });

  it("that was excused is a fresh one as soon as the host was heard", () => {
    const heardAgain = host({ heardMs: 2_000_000, countFromMs: 1_500_000, excuses: EXCUSES_LIMIT });
    expect(decideLiveness(heardAgain, 2_000_000 + AFTER + 60_000)).toMatchObject({ kind: "excused", excuses: 1 });
  });
});

describe("many at once", () => {
  const at = (count: number, signMs: number) => Array.from({ length: count }, () => signMs);

  it("are at least five, and more than half of those online", () => {
    for (let online = 1; online <= 24; online++) {
      for (let gone = 1; gone <= online; gone++) {
        const signs = [...at(gone, 0), ...at(online - gone, AFTER - 10_000)];
        expect(isOneOfMany(0, signs, AFTER), `${gone} of ${online}`).toBe(gone >= MANY && gone > online - gone);
      }
    }
  });

  it("need not be heard last at the same moment: each was heard up to a heartbeat before it went", () => {
    expect(isOneOfMany(0, [0, 10_000, 20_000, 30_000, APART_MS], AFTER)).toBe(true);
    expect(isOneOfMany(0, [0, 10_000, 20_000, 30_000, APART_MS + 1], AFTER)).toBe(false);
  });

  it("are not those that were heard a moment ago", () => {
    expect(isOneOfMany(0, [0, 0, 0, 0, AFTER - 45_000], AFTER)).toBe(false);
  });
});

describe("a link that flaps", () => {
  it("begins with the fourth silence inside an hour, and forgets what is older", () => {
    let silences: number[] = [];
    const told = [0, 100, 200, WITHIN_MS - 1].map((atMs) => {
      const { silencesMs, isFlapping } = countSilence(silences, atMs);
      silences = silencesMs;
      return isFlapping;
    });
    expect(told).toEqual([false, false, false, true]);
    expect(countSilence([0, 100, 200], WITHIN_MS)).toEqual({ silencesMs: [100, 200, WITHIN_MS], isFlapping: false });
  });

  it("keeps no more than it needs, however long it goes on", () => {
    let silences: number[] = [];
    for (let atMs = 0; atMs < 50 * WITHIN_MS; atMs += 60_000) silences = countSilence(silences, atMs).silencesMs;
    expect(silences.length).toBe(SILENCES);
  });

  it("is over once it was one thing for half an hour: up, or gone", () => {
    expect(decideSteady("online", 0, STEADY_MS - 1)).toEqual({ kind: "unsteady", dueMs: STEADY_MS });
    expect(decideSteady("online", 0, STEADY_MS)).toEqual({ kind: "up" });
    expect(decideSteady("silent", 0, STEADY_MS)).toEqual({ kind: "gone" });
    expect(decideSteady("away", 0, 0)).toEqual({ kind: "left" });
  });
});

describe("a host that goes on purpose", () => {
  it("is missed only where it said when it will be back, and not sooner than a deadline after our own absence", () => {
    expect(absenceOf({}, 0)).toEqual({ why: "stopped", untilMs: null });
    expect(absenceOf({ onPurpose: true }, 0)).toEqual({ why: "planned", untilMs: null });
    expect(absenceOf({ backWithinMs: 100 }, 50)).toEqual({ why: "planned", untilMs: 150 });
    const at = { countFromMs: 0, offlineAfterMs: AFTER };
    expect(returnDueMs({ ...at, absence: absenceOf({}, 0) })).toBeNull();
    expect(returnDueMs({ ...at, absence: { why: "planned", untilMs: 7_200_000 } })).toBe(7_200_000);
    const back = { ...at, countFromMs: 7_200_000, absence: { why: "planned" as const, untilMs: 7_200_000 } };
    expect(returnDueMs(back)).toBe(7_200_000 + AFTER);
  });

  it("is told of in words", () => {
    const untilMs = Date.UTC(2026, 10, 25, 14, 5);
    expect(absenceWords({ why: "planned", untilMs }, untilMs)).toBe("left on purpose, to be back by 14:05 UTC");
    expect(absenceWords({ why: "asleep", untilMs: null }, 0)).toBe("it sleeps, or is out of reach");
    expect(overdueWords(untilMs - 3_600_000, untilMs, untilMs)).toBe(
      "it left on purpose at 13:05 UTC, was to be back by 14:05 UTC",
    );
  });
});

describe("a second machine", () => {
  it("is one only if it tries again when a former self of the host would be known to be gone", () => {
    const tried = { name: "clone", bootId: "b2" };
    const first = decideSecond(null, tried, 0);
    expect(first).toMatchObject({ notedMs: null, open: false });
    expect(decideSecond(first.second, tried, 45_000)).toMatchObject({ notedMs: 0, open: false });
    expect(decideSecond(first.second, tried, 50_000)).toMatchObject({ notedMs: 0, open: true });
    expect(decideSecond(first.second, { ...tried, bootId: "b3" }, 50_000)).toMatchObject({
      notedMs: null,
      open: false,
    });
    expect(decideSecond(first.second, tried, OVER_AFTER_MS)).toMatchObject({ notedMs: null, open: false });
  });

  it("is told apart from others, of which each is one by its own tries, and no more of them are kept than that", () => {
    const name = "clone";
    let second: SecondMachine | null = null;
    const tries = (bootId: string, nowMs: number) => {
      const next = decideSecond(second, { name, bootId }, nowMs);
      second = next.second;
      return { open: next.open, notedMs: next.notedMs };
    };
    for (let n = 0; n < 3 * TOLD_APART; n++) tries(`b${n}`, n);
    expect(tries("b0", 100_000)).toEqual({ open: true, notedMs: 0 });
    expect(tries(`b${TOLD_APART - 1}`, 100_001).open).toBe(true);
    expect(tries("b0", 100_002)).toEqual({ open: true, notedMs: 100_000 });
    // Beyond these it is only known that somebody tries.
    expect(tries("another", 100_003)).toEqual({ open: false, notedMs: 100_002 });
    expect(JSON.stringify(second).match(/bootId/g)).toHaveLength(TOLD_APART);
  });
});

describe("an hour's round of all organizations", () => {
  it("comes to each exactly once, whatever its id, and takes about as many in each minute", () => {
    const letters = "0123456789abcdefghijklmnopqrstuvwxyz".split("");
    const ids = letters.flatMap((a) => letters.map((b) => `${a}${b}x`)).concat(["", "A", "zzz", "~", "é"]);
    const slices = Array.from({ length: 60 }, (_none, minute) => hourlySlice(minute * 60_000));
    for (const id of ids) {
      const takers = slices.filter(({ from, to }) => id >= from && (to === null || id < to));
      expect(takers.length, id).toBe(1);
    }
    for (const { from, to } of slices) {
      const taken = ids.filter((id) => id >= from && (to === null || id < to)).length;
      expect(taken).toBeGreaterThanOrEqual(21);
      expect(taken).toBeLessThanOrEqual(26);
    }
  });
});
