import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Host, program } from "./host.ts";

/** A service of a host that is as its mood says, without being told by a signal or a port of its own. */
export class Actor {
  readonly name: string;
  readonly ports: number[];
  readonly #host: Host;

  constructor(host: Host, name: string, ...ports: number[]) {
    [this.#host, this.name, this.ports] = [host, name, ports];
  }

  /** Its entry in afloat.yaml; `settings` are further ones, in flow style. */
  entry(settings = ""): string {
    const words = [process.execPath, program("actor.mjs"), this.name, ...this.ports].map((word) => `"${word}"`);
    return `  ${this.name}: { command: [${words.join(", ")}]${settings === "" ? "" : `, ${settings}`} }\n`;
  }

  /** What programs/actor.mjs understands: `404`, `hang`, `close`, `crash 3`. */
  mood(text: string): void {
    const path = join(this.#host.dir, `${this.name}.mood`);
    // Whole or not at all: it is read all the time.
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }
}
