import { join } from "node:path";
import * as v from "valibot";
import type { Journal, Supervised } from "../host.ts";
import { readJson, writeJson } from "../state/files.ts";
import { type DeskEffect, type DeskEvent, type DeskState, deskStep, initialDesk } from "./core/command-desk.ts";
import type { HostLimits } from "./core/command-rules.ts";
import type { CommandMessage } from "./core/link-types.ts";

const remembered = v.array(v.object({ id: v.string(), service: v.string(), ended: v.boolean() }));

interface Rooms {
  stateDir: string;
  remote: () => HostLimits["remote"];
  journal: Journal;
  supervisor: Supervised;
  /** A clock that never jumps, milliseconds. */
  nowMs: () => number;
  say: (text: string) => void;
  /** Asks the cloud whether the command may be done. */
  claim: (id: string) => void;
}

/** Carries commands from afar to the desk (core/command-desk.ts), and out what it decides. */
export class Commands {
  readonly #rooms: Rooms;
  readonly #path: string;
  #desk: DeskState;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
    this.#path = join(rooms.stateDir, "commands.json");
    const parsed = v.safeParse(remembered, readJson(this.#path, rooms.say) ?? []);
    if (!parsed.success) rooms.say(`${this.#path} is not one of ours; commands done before are not known`);
    this.#desk = initialDesk(parsed.success ? parsed.output : []);
  }

  /** Tells what an earlier agent left undone. */
  begin(): void {
    this.#turn({ kind: "began" });
  }

  hear(message: CommandMessage): void {
    this.#turn({ kind: "heard", message });
  }

  #turn(event: DeskEvent): void {
    const { remote, supervisor, nowMs } = this.#rooms;
    const services = supervisor.snapshots().map(({ name }) => name);
    const { state, effects } = deskStep(this.#desk, event, nowMs(), { remote: remote(), services });
    this.#desk = state;
    for (const effect of effects) {
      const failed = this.#carryOut(effect);
      if (failed !== null) return this.#turn(failed);
    }
  }

  /** Answers what happened instead, where an intent could not be written. */
  #carryOut(effect: DeskEffect): DeskEvent | null {
    const { journal, say, claim } = this.#rooms;
    switch (effect.kind) {
      case "write":
        return this.#write(effect);
      case "tell": {
        const { id, step, detail } = effect;
        journal.append({ kind: "command", command: id, step, detail: detail.slice(0, 500) });
        return null;
      }
      case "claim":
        claim(effect.id);
        return null;
      case "do":
        void this.#do(effect);
        return null;
      case "say":
        say(effect.text);
        return null;
    }
  }

  #write({ known, intent }: Extract<DeskEffect, { kind: "write" }>): DeskEvent | null {
    try {
      writeJson(this.#path, known);
      return null;
    } catch (error) {
      this.#rooms.say(`${this.#path} could not be written: ${String(error)}`);
      return intent === null ? null : { kind: "not-written", id: intent, why: String(error) };
    }
  }

  async #do({ id, verb, service, by }: Extract<DeskEffect, { kind: "do" }>): Promise<void> {
    const { kind, detail } = await this.#rooms.supervisor.ask(verb, service, { name: by, via: "cloud" });
    this.#turn({ kind: "finished", id, outcome: kind, detail });
  }
}
