import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DeskEffect,
  type DeskEvent,
  type DeskState,
  deskStep,
  initialDesk,
  type KnownCommand,
  REMEMBERED,
} from "../src/link/core/command-desk.ts";
import { type Command, COMMANDS_PER_MINUTE, type HostLimits } from "../src/link/core/command-rules.ts";

const LIMITS: HostLimits = { remote: ["restart"], services: ["web"] };
const command = (id: string, more: Partial<Command> = {}): Command => ({
  ...{ type: "command", id, verb: "restart", service: "web", by: "Anna", expiresInMs: 60_000 },
  ...more,
});

/** The desk of one host over several lives of its agent: only what was written survives. */
class Desk {
  state: DeskState = initialDesk([]);
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
      else if (effect.kind === "do") this.done.push(effect.id);
      else if (effect.kind === "claim") this.claimed.push(effect.id);
      else if (effect.kind === "tell") this.told.push(`${effect.id} ${effect.step}`);
      else this.said.push(effect.text);
    }
  }

  restart(): void {
    this.state = initialDesk(this.disk);
    this.run({ kind: "began" });
  }

  offer(id: string, more: Partial<Command> = {}, limits = LIMITS): void {
    this.run({ kind: "heard", message: command(id, more) }, Number.POSITIVE_INFINITY, limits);
  }

  grant(id: string, diesAt?: number): void {
    this.run({ kind: "heard", message: { type: "grant", command: id } }, diesAt);
  }
}

describe("a command from afar", () => {
  it("is claimed, done once it is granted, and told at each step", () => {
    const desk = new Desk();
    desk.offer("c1");
    expect([desk.claimed, desk.done]).toEqual([["c1"], []]);
    desk.grant("c1");
    expect(desk.done).toEqual(["c1"]);
    desk.run({ kind: "finished", id: "c1", outcome: "done", detail: "running as pid 5" });
    expect(desk.told).toEqual(["c1 running", "c1 done"]);
  });

  it("is done once at most, whatever is said twice, lost, or dies in between; what was begun is told to its end", () => {
    const ids = fc.constantFrom("c1", "c2", "c3");
    const move = fc.record({ what: fc.constantFrom("offer", "grant", "deny", "finish", "restart", "later"), id: ids });
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
          else if (what === "later") desk.nowMs += 30_000;
          else if (desk.state.known.some((each) => each.id === id && !each.ended))
            desk.run({ kind: "finished", id, outcome: "done", detail: "" }, diesAt);
        }
        desk.restart();
        for (const id of ["c1", "c2", "c3"]) {
          expect(desk.done.filter((each) => each === id).length).toBeLessThanOrEqual(1);
          const ends = desk.told.filter((each) => each === `${id} done` || each === `${id} interrupted`);
          if (desk.done.includes(id)) expect(ends.length).toBeGreaterThan(0);
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
    [
      "a check, even where it is allowed",
      { verb: "check" },
      { ...LIMITS, remote: ["check"] },
      "not supported from afar yet",
    ],
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
