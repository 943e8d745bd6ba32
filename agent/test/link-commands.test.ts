import { VERBS } from "@afloat/shared/domain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { snapshot } from "../../shared/test/service-snapshot.ts";
import {
  type DeskEffect,
  type DeskEvent,
  type DeskState,
  deskStep,
  initialDesk,
  type KnownCommand,
  REMEMBERED,
} from "../src/link/core/command-desk.ts";
import {
  type Command,
  COMMAND_LIFE_LIMIT_MS,
  COMMANDS_PER_MINUTE,
  decideOutcome,
  type HostLimits,
} from "../src/link/core/command-rules.ts";

const LIMITS: HostLimits = { remote: ["restart"], services: ["web"] };
const command = (id: string, more: Partial<Command> = {}): Command => ({
  ...{ type: "command", id, verb: "restart", service: "web", by: "Anna", expiresInMs: 60_000 },
  ...more,
});

/** The desk of one host over several lives of its agent: only what was written survives. */
class Desk {
  state: DeskState = initialDesk([], 0);
  disk: readonly KnownCommand[] = [];
  nowMs = 0;
  done: string[] = [];
  claimed: string[] = [];
  told: string[] = [];
  said: string[] = [];
  diskFull = false;

  turn(event: DeskEvent, limits = LIMITS): DeskEffect[] {
    const { state, effects } = deskStep(this.state, event, this.nowMs, limits);
    this.state = state;
    return effects;
  }

  /** Carries out effects in order, as the shell does; dies before the `diesAt`-th. */
  run(event: DeskEvent, diesAt = Number.POSITIVE_INFINITY, limits = LIMITS): void {
    for (const [i, effect] of this.turn(event, limits).entries()) {
      if (i === diesAt) return this.restart();
      if (effect.kind === "write" && this.diskFull) {
        if (effect.intent !== null) return this.run({ kind: "not-written", id: effect.intent, why: "ENOSPC" });
      } else if (effect.kind === "write") this.disk = effect.known;
      else if (effect.kind === "do") this.done.push(effect.command.id);
      else if (effect.kind === "claim") this.claimed.push(effect.id);
      else if (effect.kind === "tell") this.told.push(`${effect.id} ${effect.step}`);
      else this.said.push(effect.text);
    }
  }

  restart(): void {
    this.state = initialDesk(this.disk, this.nowMs);
    this.run({
      kind: "began",
      told: this.told.flatMap((each) => (each.endsWith(" done") ? each.split(" ").slice(0, 1) : [])),
    });
  }

  offer(id: string, more: Partial<Command> = {}, limits = LIMITS): void {
    this.run({ kind: "heard", message: command(id, more) }, Number.POSITIVE_INFINITY, limits);
  }

  grant(id: string, diesAt?: number, expiresInMs?: number): void {
    this.run({ kind: "heard", message: { type: "grant", command: id, expiresInMs } }, diesAt);
  }
}

describe("a command from afar", () => {
  it("is claimed, done once it is granted, and told at each step", () => {
    const desk = new Desk();
    desk.offer("c1");
    expect([desk.claimed, desk.done]).toEqual([["c1"], []]);
    desk.grant("c1");
    expect(desk.done).toEqual(["c1"]);
    desk.run({ kind: "finished", id: "c1", outcome: { kind: "done", detail: "running as pid 5" } });
    expect(desk.told).toEqual(["c1 running", "c1 done"]);
    expect(desk.said).toEqual([
      "from afar: restart web, asked by Anna",
      "from afar: restart web, asked by Anna: done: running as pid 5",
    ]);
  });

  it("is done once at most, whatever is said twice, lost, or dies in between; what was begun is told to its end", () => {
    const ids = fc.constantFrom("c1", "c2", "c3");
    const move = fc.record({
      what: fc.constantFrom("offer", "grant", "deny", "finish", "restart", "connect", "later"),
      id: ids,
    });
    const death = fc.option(fc.nat(4), { nil: undefined, freq: 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(move, death), { maxLength: 60, size: "max" }), (moves) => {
        const desk = new Desk();
        for (const [{ what, id }, diesAt] of moves) {
          if (what === "offer") desk.run({ kind: "heard", message: command(id) }, diesAt);
          else if (what === "grant") desk.grant(id, diesAt);
          else if (what === "deny")
            desk.run({ kind: "heard", message: { type: "deny", command: id, why: "late" } }, diesAt);
          else if (what === "restart") desk.restart();
          else if (what === "connect") desk.run({ kind: "connected" }, diesAt);
          else if (what === "later") desk.nowMs += 30_000;
          else if (desk.state.known.some((each) => each.id === id && !each.ended))
            desk.run({ kind: "finished", id, outcome: { kind: "done", detail: "" } }, diesAt);
        }
        desk.restart();
        for (const id of ["c1", "c2", "c3"]) {
          expect(desk.done.filter((each) => each === id).length).toBeLessThanOrEqual(1);
          const ends = desk.told.filter((each) => each === `${id} done` || each === `${id} interrupted`);
          if (desk.done.includes(id)) expect(ends.length).toBe(1);
        }
        expect(desk.disk.every(({ ended }) => ended)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("that died with the agent is told as interrupted, and not done when it is handed over again", () => {
    const desk = new Desk();
    desk.offer("c1");
    desk.grant("c1");
    desk.restart();
    expect(desk.told).toEqual(["c1 running", "c1 interrupted"]);
    desk.offer("c1");
    expect(desk.claimed).toEqual(["c1"]);
  });

  it("is not done where its intent cannot be written", () => {
    const desk = new Desk();
    desk.diskFull = true;
    desk.offer("c1");
    desk.grant("c1");
    expect([desk.done, desk.told]).toEqual([[], ["c1 failed"]]);
  });

  it("is not claimed past its time, and not done where the grant comes later than that", () => {
    const desk = new Desk();
    desk.offer("late", { expiresInMs: 0 });
    expect(desk.claimed).toEqual([]);
    desk.offer("c1");
    desk.nowMs += 60_000;
    desk.grant("c1");
    expect([desk.done, desk.told]).toEqual([[], ["c1 expired"]]);
  });

  it("is done only while it is open by the cloud's clock, however long the grant was on its way", () => {
    const desk = new Desk();
    desk.offer("slow");
    desk.nowMs += 9_999;
    desk.grant("slow", undefined, 10_000);
    expect(desk.done).toEqual(["slow"]);
    desk.offer("late");
    desk.nowMs += 10_000;
    desk.grant("late", undefined, 10_000);
    expect([desk.done, desk.told.at(-1)]).toEqual([["slow"], "late expired"]);
  });

  it("handed over again and again does not live longer for it, whatever the cloud's clock says", () => {
    const desk = new Desk();
    desk.offer("c1");
    for (let minute = 0; minute < 10; minute++) {
      desk.nowMs += 59_999;
      desk.run({ kind: "connected" });
      desk.offer("c1", { expiresInMs: 3_600_000 });
    }
    desk.grant("c1");
    expect([desk.claimed, desk.done]).toEqual([["c1", "c1"], []]);
    expect(desk.said.at(-1)).toContain("came too late");
  });

  it("of which the cloud says that it lives for hours is done within minutes, or not at all", () => {
    const desk = new Desk();
    desk.offer("c1", { expiresInMs: 86_400_000 });
    desk.nowMs += COMMAND_LIFE_LIMIT_MS;
    desk.grant("c1");
    expect([desk.done, desk.told]).toEqual([[], ["c1 expired"]]);
  });

  it("is not done by a grant that nobody asked for, or that answers an earlier connection", () => {
    const desk = new Desk();
    desk.grant("c1");
    desk.offer("c1");
    desk.run({ kind: "connected" });
    desk.grant("c1");
    expect(desk.done).toEqual([]);
    desk.offer("c1");
    desk.grant("c1");
    expect(desk.done).toEqual(["c1"]);
  });

  it("is not done for some minutes where what was done before is not known any more", () => {
    const desk = new Desk();
    desk.state = initialDesk(null, desk.nowMs);
    desk.nowMs += COMMAND_LIFE_LIMIT_MS - 1;
    desk.offer("c1");
    expect([desk.claimed, desk.told]).toEqual([[], ["c1 refused"]]);
    desk.nowMs += 1;
    desk.offer("c2");
    expect(desk.claimed).toEqual(["c2"]);
  });

  it.each([...VERBS])("can be to %s, where the host allows it", (verb) => {
    const desk = new Desk();
    desk.run({ kind: "heard", message: command("c1", { verb }) }, Number.POSITIVE_INFINITY, {
      ...LIMITS,
      remote: [verb],
    });
    desk.grant("c1");
    expect(desk.done).toEqual(["c1"]);
  });

  it("that the cloud does not grant is not done, and only logged", () => {
    const desk = new Desk();
    desk.offer("c1");
    desk.run({ kind: "heard", message: { type: "deny", command: "c1", why: "it expired" } });
    desk.grant("c1");
    expect([desk.done, desk.told]).toEqual([[], []]);
    expect(desk.said.join()).toContain("it expired");
  });

  it.each([
    ["a verb that afloat.yaml does not allow", { verb: "pause" }, LIMITS, "allows restart from afar, and not pause"],
    ["anything, where remote is off", {}, { ...LIMITS, remote: [] }, "allows nothing from afar"],
    ["a service that is not there", { service: "other" }, LIMITS, "no service other"],
  ] as const)("is refused in words: %s", (_what, more, limits, words) => {
    const desk = new Desk();
    desk.offer("c1", more, limits);
    expect([desk.claimed, desk.told]).toEqual([[], ["c1 refused"]]);
    expect(desk.said.join()).toContain(words);
    desk.offer("c1", more, limits);
    expect(desk.told).toEqual(["c1 refused"]);
  });

  it("beyond so many in a minute is refused, and a flood of them does not fill the journal", () => {
    const desk = new Desk();
    for (let i = 0; i < 500; i++) desk.offer(`c${i}`);
    expect(desk.claimed.length).toBe(COMMANDS_PER_MINUTE);
    expect(desk.told.length).toBe(COMMANDS_PER_MINUTE);
    desk.nowMs += 60_000;
    desk.offer("next");
    expect(desk.claimed).toContain("next");
  });

  it("is remembered among so many, and one that still runs is never forgotten", () => {
    const desk = new Desk();
    desk.offer("slow");
    desk.grant("slow");
    for (let i = 0; i < 300; i++) {
      desk.nowMs += 10_000;
      desk.offer(`c${i}`, { service: "other" });
    }
    expect(desk.disk.length).toBeLessThanOrEqual(REMEMBERED + 1);
    expect(desk.disk.find(({ id }) => id === "slow")).toMatchObject({ ended: false });
  });
});

describe("a restart from afar is done", () => {
  const outcome = { kind: "done", detail: "running as pid 5, healthy" } as const;
  const of = (state: "up" | "waiting", verdict: "healthy" | "degraded" | "unhealthy" | "waiting") =>
    decideOutcome("restart", outcome, { ...snapshot(), state, verdict, reason: "waits for db, which is down" }).kind;

  it("once something is up that is good enough to be kept, and else has failed, and says why", () => {
    expect([of("up", "healthy"), of("up", "degraded")]).toEqual(["done", "done"]);
    expect([of("up", "unhealthy"), of("waiting", "waiting")]).toEqual(["failed", "failed"]);
    const waiting = { ...snapshot(), state: "waiting" as const, verdict: "waiting" as const, reason: "waits for db" };
    expect(decideOutcome("start", outcome, waiting).detail).toBe(
      "not started yet: it waits for db; it starts by itself once that is there",
    );
    expect(decideOutcome("stop", outcome, waiting).kind).toBe("done");
  });
});
