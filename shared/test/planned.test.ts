import { describe, expect, it } from "vitest";
import { OWN_CHANGES_LIMIT } from "../src/core/planned.ts";
import { DrivenService, ok } from "./driven-service.ts";
import { backend } from "./service-spec.ts";

const up = (changes = {}) => new DrivenService(backend(changes)).begin();
const anna = { name: "anna", via: "host" } as const;

function due(service: DrivenService, by: "schedule" | "change") {
  const effects = service.send({ kind: "planned", by, why: by === "schedule" ? "planned at @daily" : "a.js changed" });
  return effects.map(({ kind }) => kind);
}

describe("a planned restart", () => {
  it("stops and starts a running service, is counted for people, and in no loop", () => {
    const service = up();
    for (let i = 0; i < 30; i++) {
      service.pass(60_000);
      expect(due(service, "schedule").slice(0, 2)).toEqual(["restart", "stop"]);
      expect(service.state.life).toMatchObject({ kind: "stopping", why: "planned" });
      service.gone();
      service.probe(ok);
    }
    expect(service.state.restarts).toBe(30);
    expect(service.count("loop-opened")).toBe(0);
    expect(service.state.restartTimes).toEqual([]);
    expect(service.effects).toContainEqual({ kind: "restart", planned: true, why: "planned at @daily", delayMs: 0 });
  });

  it("does nothing to what a person paused", () => {
    const service = up();
    service.send({ kind: "asked", verb: "pause", by: anna });
    for (const by of ["schedule", "change"] as const) expect(due(service, by)).toEqual([]);
    service.gone();
    for (const by of ["schedule", "change"] as const) expect(due(service, by)).toEqual([]);
    expect(service.state.life.kind).toBe("paused");
  });

  it("nor to one that was paused before its pid was known", () => {
    const service = new DrivenService(backend());
    service.send({ kind: "began", found: null, seenMs: null, chance: 0.5 });
    service.send({ kind: "asked", verb: "pause", by: anna });
    expect(due(service, "change")).toEqual([]);
    service.spawned();
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "pause" });
  });

  it("does nothing to what was never started, nor to what is being stopped", () => {
    const service = new DrivenService(backend());
    for (const by of ["schedule", "change"] as const) expect(due(service, by)).toEqual([]);
    service.begin().send({ kind: "asked", verb: "restart", by: anna });
    for (const by of ["schedule", "change"] as const) expect(due(service, by)).toEqual([]);
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "person-restart" });
  });

  it("starts what had completed: by the clock that is a job", () => {
    const service = up({ restart: "never" });
    service.pass(500);
    service.exit({ code: 0 });
    expect(service.verdict).toBe("completed: exit-success");
    expect(due(service, "schedule").slice(0, 2)).toEqual(["restart", "spawn"]);
    expect(service.state.restarts).toBe(1);
  });

  it("does not cut a job short that still runs when its next turn comes", () => {
    const service = up({ restart: "never" });
    service.pass(3_600_000);
    const effects = service.send({ kind: "planned", by: "schedule", why: "planned at @hourly" });
    expect(effects).toEqual([{ kind: "warn", text: "aurora-backend: still runs from its last turn; it goes on" }]);
    expect(service.state.life.kind).toBe("up");
    expect(due(service, "change")).toContain("stop");
  });

  it("leaves the backoff alone by the clock; a changed file may be the cure and is tried at once", () => {
    const service = up();
    service.exit({ code: 1 });
    service.spawned();
    service.exit({ code: 1 });
    expect(service.state.life.kind).toBe("backoff");
    const { attempt } = service.state.backoff;
    expect(due(service, "schedule")).toEqual([]);
    const { restarts } = service.state;
    expect(due(service, "change").slice(0, 2)).toEqual(["restart", "spawn"]);
    expect(service.state.restarts).toBe(restarts + 1);
    expect(service.state.backoff.attempt).toBe(attempt);
  });

  it("is made up for when a file changes while the pid is not known yet", () => {
    const service = new DrivenService(backend());
    service.send({ kind: "began", found: null, seenMs: null, chance: 0.5 });
    expect(due(service, "schedule")).toEqual([]);
    expect(due(service, "change")).toEqual(["restart"]);
    expect(due(service, "change")).toEqual([]);
    service.spawned();
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "planned" });
    service.gone();
    expect(service.state.life.kind).toBe("up");
  });

  it("waits with all else for a dependency that went away meanwhile", () => {
    const service = up();
    service.send({ kind: "dependencies", unmet: [{ service: "db", condition: "healthy", why: "is down" }] });
    due(service, "schedule");
    service.gone();
    expect(service.state.life.kind).toBe("waiting");
    expect(due(service, "change")).toEqual([]);
  });
});

describe("a service that writes into the files it is followed for", () => {
  const changes = (service: DrivenService, upMs: number, times: number) => {
    for (let i = 0; i < times; i++) {
      service.pass(upMs);
      due(service, "change");
      if (service.state.life.kind === "stopping") service.gone();
    }
  };

  it("is followed no more after five starts in a row with a change within 3 s, and that is told once", () => {
    const service = up();
    changes(service, 2999, OWN_CHANGES_LIMIT + 3);
    expect(service.state.restarts).toBe(OWN_CHANGES_LIMIT - 1);
    expect(service.effects.filter((effect) => effect.kind === "warn")).toEqual([
      { kind: "warn", text: expect.stringMatching(/^aurora-backend: files changed within 3 s of 5 starts in a row/) },
    ]);
    expect(service.state.life.kind).toBe("up");
  });

  it("is still restarted by the clock then", () => {
    const service = up();
    changes(service, 10, OWN_CHANGES_LIMIT);
    expect(due(service, "schedule").slice(0, 2)).toEqual(["restart", "stop"]);
  });

  it("is followed for ever where the changes come later than that", () => {
    const service = up();
    changes(service, 3000, 50);
    expect(service.state.restarts).toBe(50);
  });

  it("is followed again where one change came late, and after a restart by hand", () => {
    const service = up();
    changes(service, 10, OWN_CHANGES_LIMIT - 1);
    changes(service, 3000, 1);
    changes(service, 10, OWN_CHANGES_LIMIT - 1);
    expect(service.count("warn")).toBe(0);
    changes(service, 10, 1);
    expect(service.count("warn")).toBe(1);
    service.send({ kind: "asked", verb: "restart", by: anna });
    service.gone();
    const before = service.state.restarts;
    changes(service, 10, 1);
    expect(service.state.restarts).toBe(before + 1);
  });
});
