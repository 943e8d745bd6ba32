import { join } from "node:path";
import * as v from "valibot";
import { messageOf } from "../error-words.ts";
import { readJson, writeJson } from "../state/files.ts";
import { FAULTS, type Fault } from "./core/faults.ts";
import { type Attempt, moveHistory } from "./core/history.ts";

const faults = new Set<string>(Object.keys(FAULTS));
const isOutcome = (text: string): text is "connected" | Fault => text === "connected" || faults.has(text);
const stored = v.array(
  v.object({
    outcome: v.pipe(v.string(), v.guard(isOutcome)),
    via: v.picklist(["socket", "http"]),
    why: v.string(),
    ...{ firstMs: v.number(), lastMs: v.number(), times: v.number() },
  }),
);

interface Ground {
  say: (text: string) => void;
  /** A clock that never jumps, and by how much the one that people read was set since this agent began, milliseconds. */
  nowMs: () => number;
  setByMs: () => number;
}

/** What the last tries came to, over the ends of agents: in the state folder, for `afloat link`. */
export class Attempts {
  readonly #path: string;
  readonly #ground: Ground;
  readonly #fromMs: number;
  #written = "";

  constructor(stateDir: string, ground: Ground) {
    this.#path = join(stateDir, "link-history.json");
    this.#ground = ground;
    this.#fromMs = ground.nowMs();
  }

  read(): Attempt[] {
    const parsed = v.safeParse(stored, readJson(this.#path, this.#ground.say) ?? []);
    return parsed.success ? parsed.output : [];
  }

  /** By the clock that people read. */
  shown(history: readonly Attempt[]): Attempt[] {
    return moveHistory(history, this.#fromMs, this.#ground.setByMs());
  }

  /** Of the same again and again only every 2nd, 4th, 8th time is written: a cloud that is away for a week wears out no disk. */
  write(history: readonly Attempt[]): void {
    const last = history.at(-1);
    if (last === undefined) return;
    const key = `${last.firstMs} ${last.outcome} ${Math.floor(Math.log2(last.times))}`;
    if (key === this.#written) return;
    this.#written = key;
    try {
      writeJson(this.#path, this.shown(history));
    } catch (error) {
      // It is for eyes only; the journal tells of a full disk.
      this.#ground.say(`${this.#path} could not be written: ${messageOf(error)}`);
    }
  }
}
