import { join } from "node:path";
import type { CloudMessage } from "@afloat/shared/wire";
import * as v from "valibot";
import type { Journal, Supervised } from "../host.ts";
import { readJson, writeJson } from "../state/files.ts";
import { type Command, type Doable, decideCommand, type HostLimits } from "./core/command-rules.ts";

/** Commands remembered, so that none is done twice. */
const REMEMBERED = 200;

const remembered = v.array(v.object({ id: v.string(), service: v.string(), ended: v.boolean() }));

interface Claimed {
  command: Command;
  verb: Doable;
  /** By the monotonic clock: the host's wall clock is not asked. */
  expiresAt: number;
}

interface Rooms {
  stateDir: string;
  remote: HostLimits["remote"];
  journal: Journal;
  supervisor: Supervised;
  say: (text: string) => void;
}

/**
 * Commands from afar: claimed, granted, written down, done, told. Its intent is on disk before a command is done, so that one
 * which was interrupted is told as such and never repeated.
 */
export class Commands {
  readonly #rooms: Rooms;
  readonly #path: string;
  readonly #claimed = new Map<string, Claimed>();
  readonly #takenMs: number[] = [];
  #known: v.InferOutput<typeof remembered>;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
    this.#path = join(rooms.stateDir, "commands.json");
    const parsed = v.safeParse(remembered, readJson(this.#path, rooms.say) ?? []);
    this.#known = parsed.success ? parsed.output : [];
    for (const { id, service, ended } of this.#known) {
      if (!ended)
        this.#tell(id, "interrupted", `the agent ended while it did this for ${service}; it is not done again`);
    }
    this.#remember(this.#known.map((each) => ({ ...each, ended: true })));
  }

  /** A command came: answers the claim to send, or null where there is none. Handed over twice, it is one. */
  offer(command: Command): { type: "claim"; command: string } | null {
    const { id, service, verb, by } = command;
    if (this.#known.some((each) => each.id === id)) return null;
    const claim = { type: "claim" as const, command: id };
    if (this.#claimed.has(id)) return claim;
    const now = performance.now();
    const services = this.#rooms.supervisor.snapshots().map(({ name }) => name);
    const decision = decideCommand(command, { remote: this.#rooms.remote, services, takenMs: this.#takenMs }, now);
    if (decision.kind === "refuse") {
      this.#rooms.say(`refused from afar: ${verb} ${service}, asked by ${by}: ${decision.why}`);
      this.#remember([...this.#known, { id, service, ended: true }]);
      this.#tell(id, "refused", decision.why);
      return null;
    }
    this.#takenMs.push(now);
    this.#takenMs.splice(0, this.#takenMs.length - 100);
    this.#claimed.set(id, { command, verb: decision.verb, expiresAt: now + command.expiresInMs });
    return claim;
  }

  /** The cloud says that it may be done now. */
  async granted(id: string): Promise<void> {
    const claimed = this.#claimed.get(id);
    this.#claimed.delete(id);
    if (claimed === undefined || performance.now() > claimed.expiresAt) return;
    const { verb, command } = claimed;
    const { service, by } = command;
    this.#remember([...this.#known, { id, service, ended: false }]);
    this.#rooms.say(`from afar: ${verb} ${service}, asked by ${by}`);
    this.#tell(id, "running", "");
    const outcome = await this.#rooms.supervisor.ask(verb, service, { name: by, via: "cloud" });
    this.#remember(this.#known.map((each) => (each.id === id ? { ...each, ended: true } : each)));
    this.#tell(id, outcome.kind, outcome.detail);
  }

  denied({ command, why }: Extract<CloudMessage, { type: "deny" }>): void {
    if (this.#claimed.delete(command)) this.#rooms.say(`a command from afar was not granted: ${why}`);
  }

  #tell(command: string, step: "running" | "done" | "refused" | "failed" | "interrupted", detail: string): void {
    this.#rooms.journal.append({ kind: "command", command, step, detail: detail.slice(0, 500) });
  }

  #remember(known: v.InferOutput<typeof remembered>): void {
    this.#known = known.slice(-REMEMBERED);
    writeJson(this.#path, this.#known);
  }
}
