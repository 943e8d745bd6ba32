import { join } from "node:path";
import * as v from "valibot";
import { messageOf } from "../error-words.ts";
import { readJson, writeJson } from "../state/files.ts";
import { FAULTS, type Fault } from "./core/faults.ts";
import type { Attempt } from "./core/history.ts";

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

/** What the last tries came to, over the ends of agents: in the state folder, for `afloat link`. */
export class Attempts {
  readonly #path: string;
  readonly #say: (text: string) => void;
  #written = "";

  constructor(stateDir: string, say: (text: string) => void) {
    this.#path = join(stateDir, "link-history.json");
    this.#say = say;
  }

  read(): Attempt[] {
    const parsed = v.safeParse(stored, readJson(this.#path, this.#say) ?? []);
    return parsed.success ? parsed.output : [];
  }

  /** Of the same again and again only every 2nd, 4th, 8th time is written: a cloud that is away for a week wears out no disk. */
  write(history: readonly Attempt[]): void {
    const last = history.at(-1);
    if (last === undefined) return;
    const key = `${last.firstMs} ${last.outcome} ${Math.floor(Math.log2(last.times))}`;
    if (key === this.#written) return;
    this.#written = key;
    try {
      writeJson(this.#path, history);
    } catch (error) {
      // It is for eyes only; the journal tells of a full disk.
      this.#say(`${this.#path} could not be written: ${messageOf(error)}`);
    }
  }
}
