import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideShifts, shiftSince, shiftTimes } from "../src/core/clock-shift.ts";
import { dueMs } from "../src/core/lifecycle.ts";
import { closed, DrivenService, notFound, ok, own } from "./driven-service.ts";
import { anna, inLife } from "./lives.ts";
import { backend } from "./service-spec.ts";

/** A machine that was suspended, and a clock that was set, in moved time. */

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const up = (changes = {}) => new DrivenService(backend(changes)).begin();

/** The clock jumps, and the service is told. */
function jump(service: DrivenService, why: "suspended" | "set", byMs: number): void {
  service.nowMs += byMs;
  service.send({ kind: "clock", why, byMs });
}

/** All that is left to wait for, and all that lasted. */
function durations({ state, nowMs, spec }: DrivenService): (number | null)[] {
  const { life, breaker, restartTimes } = state;
  const due = dueMs(state, spec);
  return [
    life.kind === "up" || life.kind === "starting" ? nowMs - life.sinceMs : null,
    life.kind === "backoff" ? life.untilMs - nowMs : null,
    due === null ? null : due - nowMs,
    breaker.passingSinceMs === null ? null : nowMs - breaker.passingSinceMs,
    ...restartTimes.map(({ atMs }) => nowMs - atMs),
  ];
}

describe("what three clocks tell", () => {
  const at = { wallMs: 1_000_000, monotonicMs: 500, boottimeMs: 700 };
  const later = (wallMs: number, monotonicMs: number, boottimeMs: number) => ({
    wallMs: at.wallMs + wallMs,
    monotonicMs: at.monotonicMs + monotonicMs,
    boottimeMs: at.boottimeMs + boottimeMs,
  });

  it.each([
    ["time passed, and nothing else", later(1000, 1000, 1000), []],
    ["two seconds of noise are nothing", later(3000, 1000, 1000), []],
    ["more is a clock that was set", later(3001, 1000, 1000), [{ why: "set", byMs: 2001 }]],
    ["set back", later(1000 - HOUR, 1000, 1000), [{ why: "set", byMs: -HOUR }]],
    ["suspended", later(HOUR, 1000, HOUR), [{ why: "suspended", byMs: HOUR - 1000 }]],
    [
      "set while it was suspended",
      later(3 * HOUR, 0, HOUR),
      [
        { why: "suspended", byMs: HOUR },
        { why: "set", byMs: 2 * HOUR },
      ],
    ],
  ])("%s", (_, after, shifts) => {
    expect(decideShifts(at, after)).toEqual(shifts);
  });

  it("a clock behind what an earlier agent wrote was never set since; one ahead is time that passed", () => {
    expect(shiftSince(YEAR, 1000)).toEqual({ why: "set", byMs: 1000 - YEAR });
    expect(shiftSince(1000, YEAR)).toBeNull();
    expect(shiftSince(3000, 1000)).toBeNull();
    expect(shiftSince(null, 1000)).toBeNull();
  });
});

describe("a suspended machine", () => {
  it("in the start period makes nobody older: it starts on where it was", () => {
    const service = up();
    service.pass(4000).probe(notFound, [closed(5001)]);
    jump(service, "suspended", 8 * HOUR);
    service.probe(notFound, [closed(5001)]);
    expect(service.verdict).toBe("starting: start-period");
    service.pass(6000).probe(notFound, [closed(5001)]);
    expect(service.verdict).toBe("degraded: unproven-port");
    expect(service.count("stop")).toBe(0);
  });

  it("in backoff waits on for what was left, and its restarts are no further apart for it", () => {
    const service = up();
    service.exit();
    service.spawned();
    service.exit();
    const before = durations(service);
    jump(service, "suspended", 8 * HOUR);
    expect(durations(service)).toEqual(before);
  });

  it("does not cure, and what is shown of the time before stays true", () => {
    const service = up();
    service.exit();
    service.spawned();
    service.pass(20_000).probe(ok);
    const { lastOkMs } = service.state.endpoint;
    jump(service, "suspended", 8 * HOUR);
    service.probe(ok);
    expect(service.state.backoff.attempt).toBe(1);
    expect(lastOkMs).toBe(service.nowMs - 8 * HOUR);
  });
});

describe("a clock that was set", () => {
  it("back a year and forward again changes no verdict and no wait, and words tell the new time", () => {
    const service = up();
    service.pass(20_000).probe(ok);
    service.watch(20_000, notFound, [own(5001)]);
    const { verdict } = service;
    const before = durations(service);
    const first = service.state;
    jump(service, "set", -YEAR);
    expect([service.verdict, durations(service)]).toEqual([verdict, before]);
    jump(service, "set", YEAR);
    expect(service.state).toEqual(first);
  });

  it("an hour forward while a loop is open does not end it", () => {
    const service = up();
    for (let i = 0; i < 4; i++) {
      service.exit();
      service.pass(10_000);
    }
    expect(service.state.loop).not.toBeNull();
    service.pass(5000);
    jump(service, "set", HOUR);
    service.send({ kind: "tick", chance: 0.5 });
    expect(service.state.loop).not.toBeNull();
    expect(service.count("loop-closed")).toBe(0);
  });
});

/** Every moment of a state, by where it stands in it. */
function moments(value: unknown, path = ""): Map<string, number> {
  const found = new Map<string, number>();
  if (typeof value !== "object" || value === null) return found;
  for (const [key, each] of Object.entries(value)) {
    const here = path === "" ? key : `${path}.${key}`;
    if (
      typeof each === "number" &&
      /(?:^at|[sS]ince|until|last(?:Ok|ProbeEnded)|started|ended|opened|closed)Ms$/.test(key)
    )
      found.set(here, each);
    for (const [inner, ms] of moments(each, here)) found.set(inner, ms);
  }
  return found;
}

/** From these time is measured. The others are only shown. */
const MEASURED =
  /^(?:life\.(?:sinceMs|upSinceMs|untilMs)|restartTimes\.\d+\.atMs|endpoint\.lastProbeEndedMs|breaker\.passingSinceMs)$/;

describe.each(["up", "starting", "stopping", "backoff", "completed", "paused", "waiting", "off"] as const)(
  "every moment that is known of a service, %s",
  (kind) => {
    /** With something of everything behind it. */
    const lived = () => {
      const service = inLife(kind, { dependsOn: kind === "waiting" ? { db: "healthy" } : {} });
      const past = up({ loopWindows: [{ restarts: 1, withinMs: HOUR }] });
      past.pass(20_000).probe(ok);
      past.watch(30_000, notFound, [closed(5001)]);
      past.gone();
      past.probe(ok);
      const { endpoint, port, breaker, restartTimes, loop, observation } = past.state;
      const lastExit = { code: 1, signal: null, atMs: service.nowMs, ranMs: 5 };
      const life =
        service.state.life.kind === "stopping" ? { ...service.state.life, exit: lastExit } : service.state.life;
      const failingSinceMs = past.nowMs;
      service.state = {
        ...service.state,
        ...{ breaker, restartTimes, observation, lastExit, life },
        endpoint: { ...endpoint, failingSinceMs },
        port: { ...port, failingSinceMs },
        loop: loop && { ...loop, closedMs: failingSinceMs },
      };
      service.nowMs = past.nowMs + 1000;
      return service;
    };

    it("moves with a clock that is set", () => {
      const { state } = lived();
      const before = moments(state);
      expect(before.size).toBeGreaterThanOrEqual(13);
      const after = moments(shiftTimes(state, { why: "set", byMs: -HOUR }));
      expect(after).toEqual(new Map([...before].map(([path, ms]) => [path, ms === 0 ? 0 : ms - HOUR])));
    });

    it("stays where the machine was suspended, but for those from which time is measured", () => {
      const { state } = lived();
      const before = moments(state);
      const after = moments(shiftTimes(state, { why: "suspended", byMs: HOUR }));
      // The port is the exception: seen open since the start it stays so, also for the agent that comes next.
      for (const each of [before, after]) each.delete("port.lastOkMs");
      expect(after).toEqual(new Map([...before].map(([path, ms]) => [path, MEASURED.test(path) ? ms + HOUR : ms])));
    });
  },
);

describe("an agent that comes back to a service after the machine was suspended", () => {
  const adopted = (service: DrivenService) => {
    jump(service, "suspended", 8 * HOUR);
    const { life, spawn } = service.state;
    const startedMs = life.kind === "up" ? life.sinceMs : life.kind === "stopping" ? life.upSinceMs : Number.NaN;
    service.send({ kind: "began", found: { pid: 101, startedMs, spawn }, seenMs: service.nowMs, chance: 0.5 });
    return service.state.port.openedThisLife;
  };

  it("still knows that its port was open in this life, whether it was being stopped or not", () => {
    const service = up();
    service.pass(20_000).probe(ok);
    expect(adopted(service)).toBe(true);
    const stopping = up();
    stopping.pass(20_000).probe(ok);
    stopping.send({ kind: "asked", verb: "restart", by: anna });
    expect(adopted(stopping)).toBe(true);
  });

  it("also where it was seen open in the very moment of its start", () => {
    const service = up();
    service.probe(ok);
    expect(adopted(service)).toBe(true);
  });

  it("still knows that it was open only in the life before", () => {
    const service = up();
    service.pass(20_000).probe(ok);
    service.pass(60_000).exit();
    service.spawned();
    expect(adopted(service)).toBe(false);
  });
});

it("whatever jumps come, all durations stay, and no time is below zero", () => {
  const jumps = fc.array(
    fc.record({
      why: fc.constantFrom("suspended" as const, "set" as const),
      byMs: fc.integer({ min: -YEAR, max: YEAR }),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("exit", "probe", "fail", "pass"), { maxLength: 30 }),
      jumps,
      (moves, jumped) => {
        const service = up();
        for (const move of moves) {
          if (move === "exit") service.exit();
          if (move === "probe") service.probe(ok);
          if (move === "fail") service.probe(notFound, [closed(5001)]);
          service.pass(1500);
        }
        const before = durations(service);
        const { verdict } = service;
        for (const { why, byMs } of jumped) {
          // Nobody is suspended for less than no time, and no clock stands before its own beginning.
          const moved = why === "suspended" ? Math.abs(byMs) : byMs;
          if (service.nowMs + moved > YEAR) jump(service, why, moved);
        }
        expect(durations(service)).toEqual(before);
        expect(service.verdict).toBe(verdict);
        const times = JSON.stringify(service.state).match(/"\w*(?:At|at|since|Since|until|Ok)Ms":-/g);
        expect(times).toBeNull();
      },
    ),
  );
});
