import { describe, expect, it } from "vitest";
import { backoffDelayMs } from "../src/core/backoff.ts";
import { durationWords, parseDuration } from "../src/core/duration.ts";
import { endpointKey } from "../src/core/records.ts";
import { closed, DrivenService, notFound, ok } from "./driven-service.ts";
import { stopTimeoutMs } from "../src/core/turn.ts";
import { backend } from "./service-spec.ts";

const anna = { name: "anna", via: "host" } as const;
const up = (changes = {}) => new DrivenService(backend(changes)).begin();

/** Crashes it at once, `times` times, waiting out each backoff. */
function crash(service: DrivenService, times: number): void {
  for (let i = 0; i < times; i++) {
    const { life } = service.state;
    if (life.kind === "backoff") service.pass(life.untilMs - service.nowMs);
    service.exit({ code: 1 });
    service.spawned();
  }
}

describe("a person's word", () => {
  it("a restart asked of a paused service is refused, saying who paused it and what to do", () => {
    const service = up();
    service.send({ kind: "asked", verb: "pause", by: anna });
    service.gone();
    const effects = service.send({ kind: "asked", verb: "restart", by: { name: "ben", via: "cloud" } });
    expect(effects).toEqual([{ kind: "refused", verb: "restart", why: "paused by anna at 12:00; resume it" }]);
  });

  it("a restart is a stop and a start and leaves it wanted running", () => {
    const service = up();
    expect(service.send({ kind: "asked", verb: "restart", by: anna }).map((e) => e.kind)).toEqual(["restart", "stop"]);
    service.gone();
    expect(service.state.life.kind).toBe("up");
    expect(service.state.desired.kind).toBe("run");
    expect(service.state.spawn).toBe(2);
  });

  it("a pause wins over a running restart", () => {
    const service = up();
    service.send({ kind: "asked", verb: "restart", by: anna });
    service.send({ kind: "asked", verb: "pause", by: anna });
    service.gone();
    expect(service.state.life.kind).toBe("paused");
  });

  it("a pause wins over backoff", () => {
    const service = up();
    crash(service, 2);
    service.send({ kind: "asked", verb: "pause", by: anna });
    service.pass(3_600_000);
    expect(service.state.life.kind).toBe("paused");
  });

  it("a pause while its pid is not known yet stops it as soon as it is", () => {
    const service = new DrivenService(backend());
    service.send({ kind: "began", found: null, seenMs: null, chance: 0 });
    service.send({ kind: "asked", verb: "pause", by: anna });
    service.spawned();
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "pause" });
  });

  it("a pause survives the agent", () => {
    const service = up();
    service.send({ kind: "asked", verb: "pause", by: anna });
    service.gone();
    service.begin();
    expect(service.state.life.kind).toBe("paused");
  });
});

describe("a start", () => {
  it("comes when the backoff is over, and no tick before that", () => {
    const service = up();
    crash(service, 2);
    const { life } = service.state;
    if (life.kind !== "backoff") throw new Error("not in backoff");
    service.nowMs = life.untilMs - 1;
    expect(service.send({ kind: "tick", chance: 0.5 })).toEqual([]);
    service.nowMs++;
    expect(service.send({ kind: "tick", chance: 0.5 })).toContainEqual({ kind: "spawn", spawn: 3 });
  });

  it("that waited for what is needed no more comes with the next agent", () => {
    const waiting = up({ dependsOn: { db: "healthy" } });
    expect(waiting.state.life.kind).toBe("waiting");
    const edited = new DrivenService(backend());
    edited.state = waiting.state;
    expect(edited.begin().state.life.kind).toBe("up");
  });

  it("killed by a signal that came after code 0 is a failure under on-failure", () => {
    const service = up({ restart: "on-failure" });
    service.exit({ code: 0, signal: "SIGKILL" });
    expect(service.spawned().state.life.kind).toBe("up");
  });

  it("a stop for health waits as long as health says, every other as long as stop says", () => {
    const spec = backend({
      stop: { ...backend().stop, timeoutMs: 7 },
      check: { ...backend().check, stopTimeoutMs: 9 },
    });
    expect(stopTimeoutMs(spec, "health")).toBe(9);
    for (const why of ["person-restart", "planned", "pause", "shutdown"] as const)
      expect(stopTimeoutMs(spec, why)).toBe(7);
  });
});

describe("restarts and loops", () => {
  it("the first restart after a start is immediate, the second waits", () => {
    const service = up();
    crash(service, 1);
    expect(service.state.life.kind).toBe("up");
    crash(service, 1);
    expect(service.state.life.kind).toBe("backoff");
  });

  it("after a stable run the backoff begins anew", () => {
    const service = up();
    crash(service, 3);
    service.pass(10_000).pass(60_000);
    expect(service.state.backoff.attempt).toBe(0);
  });

  it.each([
    [0, 0.9, 0],
    [1, 0, 1000],
    [1, 1, 2000],
    [3, 0.5, 4500],
    [60, 1, 300_000],
  ])("restart %i with chance %f waits %i ms", (attempt, chance, expected) => {
    expect(backoffDelayMs(attempt, chance, backend().backoff)).toBe(expected);
  });

  it("the fourth unplanned restart inside five minutes is a restart loop, the third is not", () => {
    const service = up();
    crash(service, 3);
    expect(service.state.loop).toBeNull();
    crash(service, 1);
    expect(service.state.loop).toMatchObject({ restarts: 4, withinMs: 300_000, cause: { code: "exit-code" } });
    expect(service.state.loop?.cause.text).toMatch(/^exits with code 1 within .* of every start$/);
    crash(service, 5);
    expect(service.count("loop-opened")).toBe(1);
  });

  it("a fast loop that goes on for long is remembered by no more restarts than its windows ask for", () => {
    const service = up();
    crash(service, 500);
    expect(service.state.restarts).toBe(500);
    expect(service.state.restartTimes.length).toBe(21);
    expect(service.state.restartTimes.at(-1)?.atMs).toBeGreaterThanOrEqual(service.nowMs - 300_000);
  });

  it("a slow crash, every ten minutes and after a day of health, is found by the day's window", () => {
    const service = up();
    service.pass(86_400_000);
    for (let i = 0; i < 19; i++) {
      service.pass(600_000);
      service.exit({ code: 1 });
      service.spawned();
    }
    expect(service.state.loop).toBeNull();
    service.pass(600_000);
    service.exit({ code: 1 });
    expect(service.state.loop?.withinMs).toBe(86_400_000);
  });

  it("a loop is over after uninterrupted uptime, told once", () => {
    const service = up();
    crash(service, 5);
    service.pass(300_000);
    expect(service.count("loop-closed")).toBe(1);
    expect(service.state.loop).toBeNull();
  });

  it("a start that the system refuses is tried again with backoff and is a loop in the end", () => {
    const service = new DrivenService(backend());
    service.send({ kind: "began", found: null, seenMs: null, chance: 0 });
    for (let i = 0; i < 4; i++) {
      service.send({ kind: "spawn-failed", spawn: service.state.spawn, error: "ENOENT: node", chance: 0 });
      const { life } = service.state;
      expect(life.kind).toBe("backoff");
      if (life.kind === "backoff") service.nowMs = life.untilMs;
      service.send({ kind: "tick", chance: 0 });
    }
    expect(service.state.loop?.cause).toEqual({ code: "cannot-start", text: "cannot start: ENOENT: node" });
  });

  it("killed by a signal is never success", () => {
    const service = up({ restart: "on-failure" });
    service.exit({ signal: "SIGKILL" });
    expect(service.state.life.kind).toBe("starting");
  });
});

describe("the agent comes and goes", () => {
  it("what still runs is adopted: no second copy, no restart, and what was proven stays proven", () => {
    const service = up();
    service.probe(ok);
    const { spawn } = service.state;
    service.send({
      kind: "began",
      found: { pid: 4711, startedMs: service.nowMs - 5000, spawn },
      seenMs: null,
      chance: 0,
    });
    expect(service.state.life).toMatchObject({ kind: "up", pid: 4711, adopted: true });
    expect(service.count("spawn")).toBe(1);
    expect(service.state.endpoint.lastOkMs).not.toBeNull();
  });

  it("what died while nobody watched is restarted, its exit unknown", () => {
    const service = up();
    service.begin();
    expect(service.state.life.kind).toBe("up");
    expect(service.state.spawn).toBe(2);
    expect(service.state.lastExit).toMatchObject({ code: null, signal: null });
  });

  it("what died while nobody watched has run for as long as it was seen, and no longer is claimed", () => {
    const service = up();
    const seenMs = service.nowMs + 5000;
    service.nowMs += 3_600_000;
    service.send({ kind: "began", found: null, seenMs, chance: 0 });
    expect(service.state.lastExit).toMatchObject({ atMs: seenMs, ranMs: 5000 });
  });

  it("counters that are set back leave windows, loops and backoff as they are", () => {
    const service = up();
    crash(service, 4);
    const { loop, restartTimes, backoff } = service.state;
    service.send({ kind: "asked", verb: "reset", by: { name: "anna", via: "host" } });
    expect(service.state).toMatchObject({ restarts: 0, loop, restartTimes, backoff });
  });

  it("an edited endpoint starts unproven anew", () => {
    const service = up();
    service.probe(ok);
    const endpoint = { ...backend().endpoint!, url: "http://localhost:5001/ready" };
    const edited = new DrivenService(backend({ endpoint }));
    edited.state = service.state;
    edited.send({ kind: "edited", anew: null });
    edited.probe(notFound);
    expect(edited.verdict).toBe("degraded: unproven-endpoint");
  });

  it("a dependent that exits while what it needs is down waits, and counts in no loop", () => {
    const service = up({ dependsOn: { db: "healthy" } });
    service.send({ kind: "dependencies", unmet: [] });
    service.spawned();
    service.send({
      kind: "dependencies",
      unmet: [{ service: "db", condition: "healthy", why: "is down" }],
    });
    expect(service.state.life.kind).toBe("up");
    service.exit({ code: 1 });
    expect(service.state.life.kind).toBe("waiting");
    expect(service.state.restartTimes).toEqual([]);
    service.send({ kind: "dependencies", unmet: [] });
    expect(service.state.life.kind).toBe("starting");
  });

  it("probes of a service that is being stopped say nothing", () => {
    const service = up();
    service.probe(ok);
    service.send({ kind: "asked", verb: "restart", by: anna });
    expect(service.probe(notFound, [closed(5001)])).toEqual([]);
  });
});

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["10s", 10_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["10", null],
    ["ten s", null],
    ["-1s", null],
  ])("%s is %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each([
    [40, "40 ms"],
    [800, "0.8 s"],
    [38_000, "38 s"],
    [12 * 86_400_000 + 4 * 3_600_000, "12 d 4 h"],
  ])("%i ms is said as %s", (ms, words) => {
    expect(durationWords(ms)).toBe(words);
  });
});

describe("what a record belongs to", () => {
  it("is written as earlier agents wrote it, where nothing newer is configured: an upgrade forgets nothing", () => {
    expect(endpointKey(backend())).toBe('["GET","http://localhost:5001/health",[{"from":200,"to":299}]]');
  });

  it("changes with anything that is asked or expected", () => {
    const endpoint = backend().endpoint;
    if (endpoint?.kind !== "http") throw new Error("the backend's endpoint is HTTP");
    const keys = [
      {},
      { headers: { "x-key": "a" } },
      { headers: { "x-key": "b" } },
      { body: "up" },
      { socket: "/run/app.sock" },
    ].map((change) => endpointKey(backend({ endpoint: { ...endpoint, ...change } })));
    expect(new Set(keys).size).toBe(keys.length);
  });
});
