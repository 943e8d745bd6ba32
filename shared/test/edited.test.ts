import { describe, expect, it } from "vitest";
import type { Life } from "../src/core/lifecycle-types.ts";
import type { ServiceSpec } from "../src/spec.ts";
import { closed, DrivenService, notFound, ok, own } from "./driven-service.ts";
import { anna, inLife } from "./lives.ts";
import { backend } from "./service-spec.ts";

/** The same service, by another definition from now on. */
function edited(service: DrivenService, changes: Partial<ServiceSpec>, anew: string | null): DrivenService {
  const other = new DrivenService({ ...service.spec, ...changes });
  [other.state, other.nowMs] = [service.state, service.nowMs];
  other.send({ kind: "edited", anew });
  return other;
}

function crash(service: DrivenService, times: number, apartMs: number): void {
  for (let i = 0; i < times; i++) {
    service.exit({ code: 1 });
    service.pass(apartMs);
  }
}

const ANEW = "env changed; reload by anna";

describe("a definition that changed", () => {
  it.each<[Life["kind"], Life["kind"], string[]]>([
    ["up", "stopping", ["stop"]],
    ["backoff", "starting", ["spawn"]],
    ["starting", "starting", []],
    ["stopping", "stopping", []],
    ["waiting", "waiting", []],
    ["paused", "paused", []],
    ["completed", "completed", []],
    ["off", "off", []],
  ])("where what runs has to be started anew: %s becomes %s", (before, after, effects) => {
    const service = edited(inLife(before), {}, ANEW);
    expect(service.state.life.kind).toBe(after);
    const acts = service.effects.map(({ kind }) => kind).filter((kind) => kind === "stop" || kind === "spawn");
    expect(acts).toEqual(effects);
  });

  it.each<Life["kind"]>(["up", "backoff", "starting", "stopping", "waiting", "paused", "completed", "off"])(
    "where it can run on nothing is stopped or started: %s",
    (kind) => {
      const before = inLife(kind);
      const service = edited(before, { log: { ...before.spec.log, keep: 1 } }, null);
      expect(service.state).toEqual({ ...before.state, judgement: service.state.judgement });
      expect(service.effects.filter(({ kind }) => kind !== "flip")).toEqual([]);
    },
  );

  it("is a planned restart: counted for people, in no loop, and it clears what held restarts back", () => {
    const before = inLife("up");
    crash(before, 3, 400_000);
    const { restarts, restartTimes } = before.state;
    const service = edited(before, { env: { A: "1" } }, ANEW);
    expect(service.effects).toContainEqual({ kind: "restart", planned: true, why: ANEW, delayMs: 0 });
    expect(service.state).toMatchObject({ restarts: restarts + 1, restartTimes, loop: null, backoff: { attempt: 0 } });
  });

  it("asked for while its pid is not known yet, it is stopped as soon as that is, and started once more", () => {
    const service = edited(inLife("starting"), { env: { A: "1" } }, ANEW);
    service.spawned();
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "planned" });
    service.gone();
    expect(service.state).toMatchObject({ spawn: 2, life: { kind: "up" } });
  });

  it("a pause stands, also one that is under way", () => {
    const before = inLife("up");
    before.send({ kind: "asked", verb: "pause", by: anna });
    const service = edited(before, { env: { A: "1" } }, ANEW);
    service.gone();
    expect(service.state).toMatchObject({ life: { kind: "paused" }, desired: { kind: "pause" }, restarts: 0 });
  });

  it("a shutdown stands", () => {
    const before = inLife("up");
    before.send({ kind: "shutdown" });
    const service = edited(before, { env: { A: "1" } }, ANEW);
    service.gone();
    expect(service.state.life.kind).toBe("off");
  });

  it("a loop is not over for a new command: it is over when that stays up", () => {
    const before = inLife("up");
    crash(before, 4, 30_000);
    expect(before.state.loop).not.toBeNull();
    const service = edited(before, { command: { kind: "line", line: "node better.js" } }, ANEW);
    service.gone();
    expect(service.state.loop).not.toBeNull();
    service.watch(600_000, ok);
    expect(service.state.loop).toBeNull();
  });

  it("what completed with success is not done once more; what failed may succeed now", () => {
    expect(edited(inLife("completed"), { env: { A: "1" } }, ANEW).state.life.kind).toBe("completed");
    const failed = inLife("up", { restart: "never" });
    failed.exit({ code: 3 });
    expect(failed.state.life.kind).toBe("completed");
    expect(edited(failed, { env: { A: "1" } }, ANEW).state).toMatchObject({ restarts: 1, life: { kind: "starting" } });
  });

  it("what rests by a policy that is no more is started", () => {
    expect(edited(inLife("completed"), { restart: "always" }, null).state.life.kind).toBe("starting");
    expect(edited(inLife("completed"), { restart: "on-failure" }, null).state.life.kind).toBe("completed");
  });

  it("a job by the clock is not cut short: its next turn goes by the new settings", () => {
    const before = inLife("up", { restart: "never", schedule: { cron: "0 4 * * *", timezone: null } });
    const service = edited(before, { env: { A: "1" } }, ANEW);
    expect(service.state).toMatchObject({ life: { kind: "up" }, restarts: 0 });
    expect(service.count("warn")).toBe(1);
  });

  it("what it needs now is waited for before it starts anew", () => {
    const service = edited(inLife("backoff"), { dependsOn: { db: "healthy" } }, ANEW);
    expect(service.state.life.kind).toBe("waiting");
    service.send({ kind: "dependencies", unmet: [] });
    expect(service.state.life.kind).toBe("starting");
  });

  it("another port was never seen open: it degrades, and restarts nothing, though the old one was proven", () => {
    const before = inLife("up", { endpoint: null }).watch(60_000, null);
    const service = edited(before, { ports: [5002] }, null);
    expect(service.verdict).toBe("starting: start-period");
    service.watch(600_000, null, [closed(5002)]);
    expect(service.verdict).toBe("degraded: unproven-port");
    expect(service.count("stop")).toBe(0);
  });

  it("another endpoint is unproven, and the port stays proven", () => {
    const before = inLife("up").watch(60_000, ok);
    const endpoint = { ...backend().endpoint!, url: "http://localhost:5001/ready" };
    const service = edited(before, { endpoint, check: { ...before.spec.check, restartOn: "failing" } }, null);
    service.watch(600_000, notFound, [own(5001)]);
    expect(service.verdict).toBe("degraded: unproven-endpoint");
    expect(service.state.port.lastOkMs).not.toBeNull();
    expect(service.count("stop")).toBe(0);
  });

  it("another pace or threshold forgets nothing of what was earned", () => {
    const before = inLife("up").watch(60_000, ok);
    const service = edited(before, { check: { ...before.spec.check, failureThreshold: 1 } }, null);
    expect(service.verdict).toBe("healthy: endpoint-ok");
    expect(service.state.endpoint.lastOkMs).toBe(before.state.endpoint.lastOkMs);
  });

  it.each<Life["kind"]>(["up", "starting", "backoff"])("is counted and told once: %s", (kind) => {
    const before = inLife(kind);
    const service = edited(before, { env: { A: "1" } }, ANEW);
    expect(service.state.restarts).toBe(before.state.restarts + 1);
    expect(service.effects.filter((effect) => effect.kind === "restart")).toEqual([
      { kind: "restart", planned: true, why: ANEW, delayMs: 0 },
    ]);
    expect(service.effects.filter((effect) => effect.kind === "stop").map(({ why }) => why)).toEqual(
      kind === "up" ? ["planned"] : [],
    );
  });

  it("forgives restarts for health that did not cure: the definition is another one", () => {
    const before = inLife("up");
    before.state = { ...before.state, breaker: { futile: 3, prescribedBy: "port", passingSinceMs: 1 } };
    const { breaker } = edited(before, { env: { A: "1" } }, ANEW).state;
    expect(breaker).toEqual({ futile: 0, prescribedBy: null, passingSinceMs: null });
  });

  it("a service by the clock that runs all the time is no job, nor is one that is only not restarted", () => {
    const schedule = { cron: "0 4 * * *", timezone: null };
    expect(edited(inLife("up", { schedule }), {}, ANEW).state.life.kind).toBe("stopping");
    expect(edited(inLife("up", { restart: "never" }), {}, ANEW).state.life.kind).toBe("stopping");
  });

  it("a job that goes on is told by its name", () => {
    const job = inLife("up", { restart: "never", schedule: { cron: "0 4 * * *", timezone: null } });
    const warnings = edited(job, {}, ANEW).effects.flatMap((effect) => (effect.kind === "warn" ? [effect.text] : []));
    expect(warnings).toEqual([expect.stringMatching(/^aurora-backend: still runs from its last turn/)]);
  });

  it("what was asked before while its pid is not known stands: a shutdown, a pause", () => {
    const shut = inLife("starting");
    shut.send({ kind: "shutdown" });
    expect(edited(shut, {}, ANEW).state).toMatchObject({ restarts: 0, life: { stopWhy: "shutdown" } });
    const paused = inLife("starting");
    paused.send({ kind: "asked", verb: "pause", by: anna });
    expect(edited(paused, {}, ANEW).state).toMatchObject({ restarts: 0, life: { stopWhy: null } });
  });

  it("one that is being stopped for its health starts at once afterwards: the change may be the cure", () => {
    const before = inLife("up", { endpoint: null }).watch(60_000, null);
    while (before.state.life.kind === "up") before.watch(10_000, null, [closed(5001)]);
    expect(before.state.life).toMatchObject({ kind: "stopping", why: "health" });
    const service = edited(before, { env: { A: "1" } }, ANEW);
    expect(service.state.life).toMatchObject({ kind: "stopping", why: "planned", pid: expect.any(Number) });
    const shut = inLife("stopping");
    expect(edited(shut, {}, ANEW).state.life).toMatchObject({ why: "person-restart" });
  });
});
