import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Effect, EndpointResult, LifecycleEvent, PortResult } from "../src/core/lifecycle-types.ts";
import { step } from "../src/core/lifecycle.ts";
import type { ServiceSpec } from "../src/spec.ts";
import { closed, DrivenService, foreign, notFound, ok, own, timedOut } from "./driven-service.ts";
import { backend } from "./service-spec.ts";

/** The laws over long random lives. AFLOAT_SEED repeats a run; a failure prints its seed and is shrunk. */

type Move =
  | { do: "pass"; ms: number }
  | { do: "exit"; code: number; probing: boolean }
  | { do: "kill" }
  | { do: "gone" }
  | { do: "spawn-failed" }
  /** The same result so many times: what counts failures in a row is seldom met by chance. */
  | { do: "probe"; endpoint: EndpointResult; port: PortResult; times: number }
  | { do: "ask"; verb: "restart" | "pause" | "resume" | "recheck" }
  | { do: "broken-dependency"; broken: boolean }
  | { do: "planned"; by: "schedule" | "change" }
  | { do: "edited"; anew: boolean }
  | { do: "late" }
  | { do: "clock"; why: "suspended" | "set"; byMs: number }
  | { do: "agent-killed"; found: boolean };

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 400_000 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("exit" as const),
      code: fc.integer({ min: 0, max: 3 }),
      probing: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: "kill" as const }) },
  { weight: 4, arbitrary: fc.constant({ do: "gone" as const }) },
  { weight: 1, arbitrary: fc.constant({ do: "spawn-failed" as const }) },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("probe" as const),
      endpoint: fc.constantFrom<EndpointResult>(ok, notFound, timedOut, { kind: "refused", detail: "", ms: 0 }),
      port: fc.constantFrom<PortResult>(own(5001), own(5001), closed(5001), foreign(5001)),
      times: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      verb: fc.constantFrom("restart", "pause", "resume", "recheck"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("broken-dependency" as const), broken: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("planned" as const), by: fc.constantFrom("schedule", "change") }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("edited" as const), anew: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant({ do: "late" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("clock" as const),
      why: fc.constantFrom("suspended" as const, "set" as const),
      byMs: fc.integer({ min: 2001, max: 86_400_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("agent-killed" as const), found: fc.boolean() }) },
);

const spec: fc.Arbitrary<ServiceSpec> = fc
  .record({
    restartOn: fc.constantFrom("closed" as const, "hung" as const, "failing" as const),
    restart: fc.constantFrom("always" as const, "on-failure" as const),
    depends: fc.boolean(),
  })
  .map(({ restartOn, restart, depends }) =>
    backend({ restart, check: { ...backend().check, restartOn }, dependsOn: depends ? { db: "healthy" } : {} }),
  );

const by = { name: "anna", via: "host" } as const;

function play(service: DrivenService, next: Move): void {
  const { life, spawn } = service.state;
  switch (next.do) {
    case "pass":
      service.pass(next.ms);
      return;
    case "exit":
      service.exit({ code: next.code }, { probing: next.probing });
      service.spawned();
      return;
    case "kill":
      service.exit({ signal: "SIGKILL" });
      service.spawned();
      return;
    case "gone":
      if (life.kind === "stopping") service.gone();
      return;
    case "spawn-failed":
      service.send({ kind: "spawn-failed", spawn, error: "ENOENT", chance: 0.1 });
      return;
    case "probe":
      for (let i = 0; i < next.times; i++) service.probe(next.endpoint, [next.port]);
      return;
    case "ask":
      service.send({ kind: "asked", verb: next.verb, by });
      service.spawned();
      return;
    case "broken-dependency": {
      const unmet = { service: "db", condition: "healthy" as const, why: "is down" };
      service.send({ kind: "dependencies", unmet: next.broken ? [unmet] : [] });
      service.spawned();
      return;
    }
    case "planned":
      service.send({ kind: "planned", by: next.by, why: "planned at 0 4 * * *" });
      service.spawned();
      return;
    case "edited":
      service.send({ kind: "edited", anew: next.anew ? "env changed" : null });
      service.send({ kind: "dependencies", unmet: [] });
      service.spawned();
      return;
    case "clock":
      service.nowMs += next.byMs;
      service.send({ kind: "clock", why: next.why, byMs: next.byMs });
      return;
    case "late":
      service.send({
        kind: "exited",
        spawn: spawn - 1,
        exit: { code: 1, signal: null, atMs: service.nowMs, ranMs: 1 },
        probing: false,
        chance: 0,
      });
      service.send({ kind: "gone", spawn: spawn - 1, chance: 0 });
      return;
    case "agent-killed": {
      const runs = (life.kind === "up" || life.kind === "stopping") && next.found;
      const startedMs = life.kind === "up" ? life.sinceMs : service.nowMs;
      const pid = life.kind === "up" || life.kind === "stopping" ? life.pid : 1;
      service.send({ kind: "began", found: runs ? { pid, startedMs, spawn } : null, seenMs: null, chance: 0.9 });
      service.send({ kind: "dependencies", unmet: [] });
      service.spawned();
      return;
    }
  }
}

type Look = (service: DrivenService, last: Move, before: DrivenService["state"]) => void;

/** Plays a random life and looks after every move. */
function always(look: Look, Driven: typeof DrivenService = DrivenService): void {
  const seed = process.env["AFLOAT_SEED"];
  fc.assert(
    fc.property(spec, fc.array(move, { maxLength: 200, size: "max" }), (chosen, moves) => {
      const service = new Driven(chosen).begin();
      service.send({ kind: "dependencies", unmet: [] });
      service.spawned();
      for (const next of moves) {
        const before = service.state;
        service.effects = [];
        play(service, next);
        look(service, next, before);
      }
    }),
    { numRuns: 300, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  );
}

/** Everything that happens to it happens twice: the second time to what was read back from disk. */
class TwiceDriven extends DrivenService {
  override send(event: LifecycleEvent): Effect[] {
    const read: typeof this.state = JSON.parse(JSON.stringify(this.state));
    const effects = super.send(event);
    expect(step(read, event, this.nowMs, this.spec)).toEqual({ state: this.state, effects });
    return effects;
  }
}

describe("the laws, over random lives", () => {
  it("1: only a person's pause makes the desired state pause, and only a person's resume unmakes it", () => {
    always((service, last, before) => {
      if (service.state.desired.kind === before.desired.kind) return;
      expect(last.do).toBe("ask");
      if (last.do === "ask") expect(last.verb).toBe(service.state.desired.kind === "pause" ? "pause" : "resume");
    });
  });

  it("2: wanted running under a policy that restarts, it is starting, up, waiting or in backoff: never stopped for good", () => {
    always((service) => {
      const { desired, life } = service.state;
      if (desired.kind !== "run" || service.spec.restart !== "always") return;
      expect(["starting", "up", "waiting", "backoff", "stopping"]).toContain(life.kind);
      if (life.kind === "stopping") expect(["person-restart", "planned", "health", "pause"]).toContain(life.why);
    });
  });

  it("3: an unproven endpoint or port never leads to a stop", () => {
    always((service, _last, before) => {
      for (const effect of service.effects) {
        if (effect.kind !== "stop" || effect.why !== "health") continue;
        expect(before.port.lastOkMs !== null || before.endpoint.lastOkMs !== null).toBe(true);
        if (before.port.lastOkMs === null) expect(service.state.breaker.prescribedBy).toBe("endpoint");
        if (before.endpoint.lastOkMs === null) expect(service.state.breaker.prescribedBy).toBe("port");
      }
    });
  });

  it("4: under restart_on closed, a process that listens on its port is never stopped for health", () => {
    always((service, last) => {
      if (service.spec.check.restartOn !== "closed" || last.do !== "probe" || last.port.kind !== "listening") return;
      expect(service.effects.some((effect) => effect.kind === "stop")).toBe(false);
    });
  });

  it("5: at most one instance at a time: nothing is spawned while a process is there", () => {
    always((service, last, before) => {
      const spawns = service.effects.filter((effect) => effect.kind === "spawn");
      if (spawns.length === 0) return;
      const ended = last.do === "exit" || last.do === "kill" || last.do === "gone" || last.do === "agent-killed";
      if (!ended) expect(["up", "stopping", "starting"]).not.toContain(before.life.kind);
      if (before.life.kind === "stopping" && last.do !== "agent-killed") expect(last.do).toBe("gone");
      expect(spawns.at(-1)).toMatchObject({ spawn: service.state.spawn });
    });
  });

  it("6: without a stable run or a person in between, restarts are at least the least delay apart", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 5, maxLength: 50, size: "max" }), (lives) => {
        const service = new DrivenService(backend()).begin();
        const times: number[] = [];
        for (const ranMs of lives) {
          const { life } = service.state;
          if (life.kind === "backoff") service.pass(life.untilMs - service.nowMs);
          service.pass(ranMs);
          service.exit({ code: 1 });
          times.push(service.nowMs);
          service.spawned();
        }
        // The first is immediate; each later one waits at least backoff.min.
        for (let i = 2; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(1000);
      }),
    );
  });

  it("7: loops open and close in turns, whatever the order of what happens", () => {
    let open = false;
    always((service, _last, before) => {
      open = before.loop !== null;
      for (const effect of service.effects) {
        if (effect.kind !== "loop-opened" && effect.kind !== "loop-closed") continue;
        expect(open).toBe(effect.kind === "loop-closed");
        open = !open;
      }
      expect(service.state.loop !== null).toBe(open);
    });
  });

  it("8: the same events give the same state and effects, and the state survives being written to disk", () => {
    always(() => {}, TwiceDriven);
  });

  it("9: no dependency ever causes a stop", () => {
    always((service, last) => {
      if (last.do === "broken-dependency") expect(service.effects.some((effect) => effect.kind === "stop")).toBe(false);
    });
  });

  it("late news of an older spawn changes nothing", () => {
    always((service, last, before) => {
      if (last.do === "late") expect({ ...service.state, judgement: null }).toEqual({ ...before, judgement: null });
    });
  });
});
