import type { CommandMessage } from "../../agent/src/link/core/link-types.ts";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type DeskState, deskStep, initialDesk, type KnownCommand } from "../../agent/src/link/core/command-desk.ts";
import {
  decideClaim,
  decideOverdue,
  isDeliverable,
  takeStep,
  viewOfCommand,
} from "../../worker/src/fleet/core/command-flight.ts";
import type { FlyingCommand } from "../../worker/src/fleet/core/fleet-types.ts";

/**
 * One command on its way between the rules of the cloud and those of the host, in virtual time: messages take as long as they
 * like, connections break, the agent dies between any two effects, the cloud's clock is set. What must never happen throws here.
 */
class World {
  /** True time since the order, milliseconds; and by how much the cloud's clock is set off it. */
  trueMs = 0;
  setMs = 0;
  done: number[] = [];
  private command: FlyingCommand = {
    ...{ id: "c1", organizationId: "o", hostId: "h", service: "web", verb: "restart", by: "Anna" },
    ...{ expiresMs: EPOCH_MS + LIFE_MS, grantedMs: null, steps: [{ step: "queued", atMs: EPOCH_MS, detail: "" }] },
  };
  private desk: DeskState = initialDesk([], 0);
  private disk: readonly KnownCommand[] = [];
  private told: string[] = [];
  private down: CommandMessage[] = [];
  private up: string[] = [];

  get cloudMs(): number {
    return EPOCH_MS + this.trueMs + this.setMs;
  }

  get steps(): string[] {
    return viewOfCommand(this.command).steps.map(({ step }) => step);
  }

  /** What is on the way is lost; hello is said, and the cloud hands over what may be handed over. */
  connect(): void {
    this.down = [];
    this.up = [];
    this.turn({ kind: "connected" }, null);
    this.offer();
  }

  offer(): void {
    if (!isDeliverable(this.command, this.cloudMs)) return;
    const { id, verb, service, by, expiresMs } = this.command;
    this.down.push({ type: "command", id, verb, service, by, expiresInMs: Math.max(0, expiresMs - this.cloudMs) });
  }

  arriveUp(): void {
    const claimed = this.up.shift();
    if (claimed === undefined) return;
    const claim = decideClaim(this.command, this.cloudMs);
    if (claim.kind === "denied") this.down.push({ type: "deny", command: claimed, why: claim.why });
    else {
      this.command = claim.command;
      this.down.push({ type: "grant", command: claimed, expiresInMs: claim.command.expiresMs - this.cloudMs });
    }
  }

  arriveDown(diesAt: number | null): void {
    const message = this.down.shift();
    if (message !== undefined) this.turn({ kind: "heard", message }, diesAt);
  }

  finish(diesAt: number | null): void {
    const open = this.desk.known.find(({ ended }) => !ended);
    if (open !== undefined) this.turn({ kind: "finished", id: open.id, outcome: { kind: "done", detail: "" } }, diesAt);
  }

  sweep(): void {
    this.command = decideOverdue(this.command, this.cloudMs) ?? this.command;
  }

  restart(): void {
    this.desk = initialDesk(this.disk, this.trueMs);
    const told = this.told.flatMap((step) => (step === "running" ? [] : ["c1"]));
    this.turn({ kind: "began", told }, null);
    this.connect();
  }

  private turn(event: Parameters<typeof deskStep>[1], diesAt: number | null): void {
    const { state, effects } = deskStep(this.desk, event, this.trueMs, { remote: ["restart"], services: ["web"] });
    this.desk = state;
    for (const [i, effect] of effects.entries()) {
      if (i === diesAt) return this.restart();
      if (effect.kind === "write") this.disk = effect.known;
      if (effect.kind === "claim") this.up.push(effect.id);
      if (effect.kind === "do") this.done.push(this.trueMs);
      if (effect.kind === "tell") {
        this.told.push(effect.step);
        this.command = takeStep(this.command, effect.step, this.cloudMs, effect.detail) ?? this.command;
      }
    }
  }
}

const EPOCH_MS = 1_795_600_000_000;
const LIFE_MS = 60_000;

const death = fc.option(fc.nat(4), { freq: 3 });
const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("down" as const), death }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("up" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("finish" as const), death }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("connect" as const, "offer", "restart", "sweep") }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(40_000) }) },
);
type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;

function play(world: World, one: Move): void {
  if (one.kind === "down") world.arriveDown(one.death);
  else if (one.kind === "up") world.arriveUp();
  else if (one.kind === "finish") world.finish(one.death);
  else if (one.kind === "connect") world.connect();
  else if (one.kind === "offer") world.offer();
  else if (one.kind === "restart") world.restart();
  else if (one.kind === "pass") world.trueMs += one.ms;
  else world.sweep();
}

it("a command is done once at most and never after its time, however long its messages take and whoever dies", () => {
  let done = 0;
  fc.assert(
    fc.property(fc.array(move, { maxLength: 60, size: "max" }), (moves) => {
      const world = new World();
      world.connect();
      for (const one of moves) play(world, one);
      expect(world.done.length).toBeLessThanOrEqual(1);
      for (const ms of world.done) expect(ms).toBeLessThan(LIFE_MS);
      if (world.steps.includes("done")) expect(world.done.length).toBe(1);
      if (world.steps.includes("expired")) expect(world.done).toEqual([]);
      done += world.done.length;
    }),
    { numRuns: 2_000 },
  );
  expect(done, "of so many, some are done").toBeGreaterThan(100);
});

it("a clock of the cloud that is set, at any moment and by any time, makes a command live two lives at most", () => {
  const hour = fc.integer({ min: -3_600_000, max: 3_600_000 });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), hour, fc.array(move, { maxLength: 40 }), (before, setMs, after) => {
      const world = new World();
      world.connect();
      for (const one of before) play(world, one);
      world.setMs = setMs;
      for (const one of after) play(world, one);
      expect(world.done.length).toBeLessThanOrEqual(1);
      for (const ms of world.done) expect(ms).toBeLessThan(2 * LIFE_MS + 5_000);
    }),
    { numRuns: 2_000 },
  );
});
