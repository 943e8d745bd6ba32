import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition } from "../src/core/explanation/conditions.ts";
import { explain } from "../src/core/explanation/explanation.ts";
import { restartsToLoop } from "../src/core/explanation/restart-room.ts";
import { step } from "../src/core/lifecycle.ts";
import type { EndpointResult, PortResult } from "../src/core/lifecycle-types.ts";
import type { ServiceSpec } from "../src/spec.ts";
import { closed, DrivenService, foreign, notFound, ok, own, timedOut } from "./driven-service.ts";
import { backend } from "./service-spec.ts";

/** What an explanation promises is kept: the machine is driven by the condition it names, over random lives. */

/** Its own, and a stranger at the same number, who may answer for it. */
const beside = (port: number): PortResult => ({
  port,
  kind: "listening",
  owner: "own",
  beside: { pid: 78, name: "neighbour" },
});
const refused: EndpointResult = { kind: "refused", detail: "", ms: 0 };
const by = { name: "anna", via: "host" } as const;

type Move = (service: DrivenService) => void;

const probe = fc
  .tuple(
    fc.constantFrom(ok, notFound, timedOut, refused),
    fc.constantFrom<PortResult>(own(5001), own(5001), closed(5001), foreign(5001), beside(5001)),
    fc.constantFrom<number[] | null>(null, [], [5010]),
  )
  .map(([endpoint, port, ownPorts]): Move => (service) => {
    const retired = service.state.endpoint.crashes >= 2 || service.spec.endpoint === null;
    const ports = service.spec.ports.length === 0 ? [] : [port];
    service.probe(retired ? null : endpoint, ports, ownPorts);
  });

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 10, arbitrary: probe },
  {
    weight: 6,
    arbitrary: fc.integer({ min: 0, max: 400_000 }).map(
      (ms): Move =>
        (service) =>
          void service.pass(ms),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({ code: fc.integer({ min: 0, max: 2 }), probing: fc.boolean() })
      .map(({ code, probing }): Move => (service) => {
        service.exit({ code }, { probing });
        service.spawned();
      }),
  },
  {
    weight: 3,
    arbitrary: fc.constant<Move>((service) => void (service.state.life.kind === "stopping" && service.gone())),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("restart" as const, "pause" as const, "resume" as const, "recheck" as const)
      .map((verb): Move => (service) => {
        service.send({ kind: "asked", verb, by });
        service.spawned();
      }),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((missing): Move => (service) => {
      const unmet = { service: "db", condition: "healthy" as const, why: "is down" };
      service.send({ kind: "dependencies", unmet: missing ? [unmet] : [] });
      service.spawned();
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant<Move>((service) => {
      service.send({ kind: "spawn-failed", spawn: service.state.spawn, error: "ENOENT", chance: 0.1 });
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("schedule" as const, "change" as const).map((by): Move => (service) => {
      service.send({ kind: "planned", by, why: "planned" });
      service.spawned();
    }),
  },
  {
    // The agent is killed; the next one finds the service running, or not.
    weight: 1,
    arbitrary: fc.boolean().map((found): Move => (service) => {
      const { life, spawn } = service.state;
      const runs = found && life.kind === "up" ? { pid: life.pid, startedMs: life.sinceMs, spawn } : null;
      service.state = JSON.parse(JSON.stringify(service.state));
      service.send({ kind: "began", found: runs, seenMs: null, chance: 0.9 });
      service.send({ kind: "dependencies", unmet: [] });
      service.spawned();
    }),
  },
);

const spec: fc.Arbitrary<ServiceSpec> = fc
  .record({
    restartOn: fc.constantFrom("closed" as const, "hung" as const, "failing" as const),
    restart: fc.constantFrom("always" as const, "always" as const, "on-failure" as const, "never" as const),
    endpoint: fc.boolean(),
    port: fc.boolean(),
    planned: fc.boolean(),
    failureThreshold: fc.integer({ min: 1, max: 5 }),
    futileAfter: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ restartOn, restart, endpoint, port, planned, failureThreshold, futileAfter }) => {
    const { check, endpoint: whole, ports } = backend();
    return backend({
      restart,
      follow: planned ? { paths: ["/srv/src"], ignore: [], debounceMs: 500 } : null,
      schedule: planned ? { cron: "0 4 * * *", timezone: null } : null,
      check: { ...check, restartOn, failureThreshold, futileAfter },
      endpoint: endpoint ? whole : null,
      ports: port ? ports : [],
    });
  });

/** Lives a random life, and looks at where it has got to. */
function afterALife(look: (service: DrivenService) => void): void {
  const seed = process.env["AFLOAT_SEED"];
  fc.assert(
    fc.property(spec, fc.array(move, { maxLength: 40, size: "max" }), (chosen, moves) => {
      const service = new DrivenService(chosen).begin();
      for (const each of moves) each(service);
      service.effects = [];
      look(service);
    }),
    { numRuns: 1500, ...(seed === undefined ? {} : { seed: Number(seed) }) },
  );
}

const explained = (service: DrivenService) => explain(service.state, service.spec, service.nowMs);
const conditionsOf = (service: DrivenService) => explained(service).conditions;

/** The same service from here on, to drive it one way and then another. */
function again(service: DrivenService): DrivenService {
  const copy = new DrivenService(service.spec);
  copy.state = structuredClone(service.state);
  copy.nowMs = service.nowMs;
  return copy;
}

/** One probe an interval later; true where that led to a stop for health. */
function failsOnce(service: DrivenService, endpoint: EndpointResult | null, port: PortResult): boolean {
  service.pass(service.spec.check.intervalMs);
  const retired = service.state.endpoint.crashes >= 2 || service.spec.endpoint === null;
  const effects = service.probe(retired ? null : endpoint, service.spec.ports.length === 0 ? [] : [port], []);
  return effects.some((effect) => effect.kind === "stop" && effect.why === "health");
}

type Health = Extract<Condition, { failures: number }>;

/** What each condition names: the failing probe that is meant. */
const MEANT: Record<Health["code"], { endpoint: EndpointResult; port: PortResult }> = {
  "port-closed": { endpoint: refused, port: closed(5001) },
  "endpoint-hangs": { endpoint: timedOut, port: own(5001) },
  "endpoint-fails": { endpoint: notFound, port: own(5001) },
};

describe("what an explanation promises is kept, over random lives", () => {
  it("it never throws, and every sentence ends, fits its code and says no undefined", () => {
    afterALife((service) => {
      const { seen, record, restarts, conditions, next, headline } = explained(service);
      for (const { text } of [...seen, ...record, ...restarts, ...conditions, ...next]) {
        expect(text).toMatch(/^[A-Z0-9].*(\.|afloat \w+ [\w-]+( --daemon)?)$/);
        expect(text + headline).not.toMatch(/undefined|null|NaN|\[object/);
      }
      expect(conditions.length).toBeGreaterThan(0);
    });
  });

  it("what is unproven is never said to restart anything", () => {
    afterALife((service) => {
      const codes = conditionsOf(service).map(({ code }) => code);
      if (service.state.port.lastOkMs === null) expect(codes).not.toContain("port-closed");
      if (service.state.endpoint.lastOkMs !== null) return;
      expect(codes).not.toContain("endpoint-hangs");
      expect(codes).not.toContain("endpoint-fails");
    });
  });

  it("so many more failing probes restart it: exactly so many, not one fewer", () => {
    const reached = new Set<string>();
    afterALife((service) => {
      for (const condition of conditionsOf(service)) {
        if (!("failures" in condition)) continue;
        reached.add(condition.code);
        const { endpoint, port } = MEANT[condition.code];
        const driven = again(service);
        if (condition.fromMs !== null) driven.pass(condition.fromMs - driven.nowMs);
        for (let i = 1; i < condition.failures; i++) expect(failsOnce(driven, endpoint, port)).toBe(false);
        expect(failsOnce(driven, endpoint, port)).toBe(true);
      }
    });
    expect([...reached].sort(), "lives reach every condition").toEqual(Object.keys(MEANT).sort());
  });

  it("probes that are said not to count do not count", () => {
    let reached = 0;
    afterALife((service) => {
      for (const condition of conditionsOf(service)) {
        if (!("failures" in condition) || condition.fromMs === null) continue;
        const { endpoint, port } = MEANT[condition.code];
        // The port's own record may still be counting from before the start: only this condition's failures are looked at.
        for (const driven = again(service); driven.nowMs + service.spec.check.intervalMs < condition.fromMs;) {
          expect(failsOnce(driven, endpoint, port)).toBe(false);
          reached++;
        }
      }
    });
    expect(reached).toBeGreaterThan(0);
  });

  it("what never restarts it never does, however often it fails", () => {
    afterALife((service) => {
      const codes = conditionsOf(service).map(({ code }) => code);
      const many = 3 * service.spec.check.failureThreshold;
      const nothing = (endpoint: EndpointResult, port: PortResult) => {
        const driven = again(service);
        for (let i = 0; i < many; i++) expect(failsOnce(driven, endpoint, port)).toBe(false);
      };
      const health = codes.includes("never-health");
      if (health || (codes.includes("never-port") && !codes.includes("port-closed"))) nothing(refused, closed(5001));
      if (codes.includes("never-port")) nothing(refused, foreign(5001));
      if (health || codes.includes("never-endpoint")) {
        nothing(timedOut, own(5001));
        nothing(notFound, own(5001));
      }
      if (codes.includes("never-other-failure")) nothing(notFound, own(5001));
      if (codes.includes("never-stranger")) nothing(timedOut, beside(5001));
    });
  });

  it("an end restarts it within the time that is said, or waits, or is final, as it is said", () => {
    afterALife((service) => {
      if (service.state.life.kind !== "up") return;
      const endsWith = (code: number, chance: number) => {
        const { life, spawn } = service.state;
        const sinceMs = life.kind === "up" ? life.sinceMs : service.nowMs;
        const exit = { code, signal: null, atMs: service.nowMs, ranMs: service.nowMs - sinceMs };
        return step(service.state, { kind: "exited", spawn, exit, probing: false, chance }, service.nowMs, service.spec)
          .state.life;
      };
      const conditions = conditionsOf(service);
      const exits = conditions.find((condition) => condition.code === "exit");
      if (exits === undefined) {
        const why = conditions[0]?.code;
        expect(endsWith(1, 0).kind).toBe(why === "never-exit" ? "completed" : "paused");
        return;
      }
      if (conditions.some(({ code }) => code === "never-success")) expect(endsWith(0, 0).kind).toBe("completed");
      if (exits.delayMs === null) return expect(endsWith(1, 0).kind).toBe("waiting");
      const delays = [0, 0.999_999_999].map((chance) => {
        const life = endsWith(1, chance);
        return life.kind === "backoff" ? life.untilMs - service.nowMs : life.kind;
      });
      const { least, most } = exits.delayMs;
      expect(delays).toEqual(most === 0 ? ["starting", "starting"] : [least, most]);
    });
  });

  it("what is said to be tried for ever is tried after another end", () => {
    let reached = 0;
    afterALife((service) => {
      if (!explained(service).next.some(({ code }) => code === "for-ever")) return;
      const driven = again(service);
      if (driven.state.life.kind === "starting") driven.spawned();
      driven.exit({ code: 1 });
      expect(["starting", "backoff", "waiting"]).toContain(driven.state.life.kind);
      reached++;
    });
    expect(reached).toBeGreaterThan(0);
  });

  it("so many more unplanned restarts open a loop: exactly so many", () => {
    afterALife((service) => {
      const more = restartsToLoop(service.state, service.spec, service.nowMs);
      if (more === null || service.state.life.kind !== "up" || service.spec.restart !== "always") return;
      if (service.state.unmet.length > 0 || service.state.desired.kind === "pause") return;
      // Ends at the same moment: no window moves on meanwhile.
      const driven = again(service);
      for (let i = 1; i <= more; i++) {
        driven.state.backoff.attempt = 0;
        driven.exit({ code: 1 });
        driven.spawned();
        expect(driven.count("loop-opened")).toBe(i === more ? 1 : 0);
      }
    });
  });

  it("what is planned comes where it is said to, and does not where it is not", () => {
    const reached = new Set<string>();
    afterALife((service) => {
      const { life, desired } = service.state;
      if (service.spec.follow === null || desired.kind === "pause") return;
      if (life.kind !== "up" && life.kind !== "completed") return;
      const codes = conditionsOf(service).map(({ code }) => code);
      const comes = (planned: "schedule" | "change") => {
        const driven = again(service);
        // A change right after the start may be the start's own.
        driven.pass(3000);
        driven.send({ kind: "planned", by: planned, why: "planned" });
        return driven.state.life.kind !== life.kind;
      };
      expect(comes("change")).toBe(codes.includes("change"));
      if (life.kind === "completed" || service.spec.restart !== "never") expect(comes("schedule")).toBe(true);
      expect(codes).toContain("schedule");
      reached.add(`${life.kind} ${codes.includes("change")}`);
    });
    expect(reached).toContain("up true");
    expect(reached).toContain("completed true");
  });

  it("nothing that is paused, completed or stopped is said to be restarted by anything", () => {
    afterALife((service) => {
      const { life, desired } = service.state;
      if (service.spec.follow !== null && life.kind === "completed") return;
      if (desired.kind !== "pause" && life.kind !== "completed" && life.kind !== "off") return;
      expect(conditionsOf(service).map(({ code }) => code)).toEqual(["never"]);
    });
  });
});
