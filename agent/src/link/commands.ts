import { existsSync } from "node:fs";
import { join } from "node:path";
import { VERBS } from "@afloat/shared/domain";
import type { AgentMessage } from "@afloat/shared/wire";
import * as v from "valibot";
import { messageOf } from "../error-words.ts";
import type { Journal, Supervised } from "../host.ts";
import { readJson, writeJson, writeJsonForGood } from "../state/files.ts";
import {
  type DeskEffect,
  type DeskEvent,
  type DeskState,
  deskStep,
  initialDesk,
  type KnownCommand,
} from "./core/command-desk.ts";
import { type Command, decideOutcome, type HostLimits, type Outcome } from "./core/command-rules.ts";
import type { CommandMessage } from "./core/link-types.ts";

const remembered = v.array(
  v.object({
    id: v.string(),
    service: v.string(),
    // An earlier version did not write down who asked what.
    verb: v.optional(v.nullable(v.picklist(VERBS)), null),
    by: v.optional(v.nullable(v.string()), null),
    ended: v.boolean(),
  }),
);

interface Rooms {
  stateDir: string;
  remote: () => HostLimits["remote"];
  journal: Journal;
  supervisor: Supervised;
  /** A clock that never jumps, and goes on while the machine sleeps; milliseconds. */
  elapsedMs: () => number;
  say: (text: string) => void;
  /** To the cloud, as far as there is a connection. */
  send: (message: AgentMessage) => void;
}

/** Of the events before this start, so many are looked at for ends of commands that were told. */
const LOOKED_BACK = 200;

/** Carries commands from afar to the desk (core/command-desk.ts), and out what it decides. */
export class Commands {
  readonly #rooms: Rooms;
  readonly #path: string;
  #desk: DeskState;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
    this.#path = join(rooms.stateDir, "commands.json");
    this.#desk = initialDesk(this.#read(), rooms.elapsedMs());
  }

  /** Tells what an earlier agent left undone. */
  begin(): void {
    const { journal } = this.#rooms;
    const told = journal
      .since(Math.max(0, journal.lastSeq - LOOKED_BACK), LOOKED_BACK)
      .flatMap((event) => (event.kind === "command" && event.step !== "running" ? event.command : []));
    this.#turn({ kind: "began", told });
  }

  /** Hello is said: what was claimed before is claimed anew. */
  connected(): void {
    this.#turn({ kind: "connected" });
  }

  hear(message: CommandMessage): void {
    this.#turn({ kind: "heard", message });
  }

  /** Null where something is there that cannot be read: then nothing is known of what was done. */
  #read(): KnownCommand[] | null {
    const { say } = this.#rooms;
    if (!existsSync(this.#path)) return [];
    const parsed = v.safeParse(remembered, readJson(this.#path, say));
    if (parsed.success) return parsed.output;
    say(`${this.#path} is not one of ours; no command from afar is done until those given before are over`);
    return null;
  }

  #turn(event: DeskEvent): void {
    const { remote, supervisor, elapsedMs } = this.#rooms;
    const services = supervisor.snapshots().map(({ name }) => name);
    const { state, effects } = deskStep(this.#desk, event, elapsedMs(), { remote: remote(), services });
    this.#desk = state;
    for (const effect of effects) {
      const failed = this.#carryOut(effect);
      if (failed !== null) return this.#turn(failed);
    }
  }

  /** Answers what happened instead, where an intent could not be written. */
  #carryOut(effect: DeskEffect): DeskEvent | null {
    const { journal, say, send } = this.#rooms;
    switch (effect.kind) {
      case "write":
        return this.#write(effect);
      case "tell": {
        const { id, step, detail, asked } = effect;
        const { verb, service, by } = asked;
        const who = { ...(verb === null ? {} : { verb }), service, ...(by === null ? {} : { by }) };
        journal.append({ kind: "command", command: id, step, detail: detail.slice(0, 500), ...who });
        return null;
      }
      case "claim":
        send({ type: "claim", command: effect.id });
        return null;
      case "do":
        void this.#do(effect.command);
        return null;
      case "say":
        say(effect.text);
        return null;
    }
  }

  #write({ known, intent }: Extract<DeskEffect, { kind: "write" }>): DeskEvent | null {
    try {
      // An end that is lost with the power is told as an interruption; an intent that is lost would be done twice.
      if (intent === null) writeJson(this.#path, known);
      else writeJsonForGood(this.#path, known);
      return null;
    } catch (error) {
      this.#rooms.say(`${this.#path} could not be written: ${String(error)}`);
      return intent === null ? null : { kind: "not-written", id: intent, why: String(error) };
    }
  }

  async #do(command: Command): Promise<void> {
    let outcome: Outcome;
    try {
      outcome = await this.#outcomeOf(command);
    } catch (error) {
      outcome = { kind: "failed", detail: messageOf(error) };
    }
    this.#turn({ kind: "finished", id: command.id, outcome });
  }

  async #outcomeOf({ id, verb, service, by }: Command): Promise<Outcome> {
    const { supervisor, send } = this.#rooms;
    if (verb === "check" || verb === "logs") {
      const { lines, ...outcome } = await supervisor.look(verb, service, by);
      if (lines !== undefined) send({ type: "tail", command: id, lines });
      return outcome;
    }
    const outcome = await supervisor.ask(verb, service, { name: by, via: "cloud" });
    const snapshot = supervisor.snapshots().find(({ name }) => name === service);
    return decideOutcome(verb, outcome, snapshot);
  }
}
