import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Side } from "./relay.ts";

type Message = { type: string; events?: { kind: string }[] };

/** Keeps, of all that was said, what shows something new: a kind of message, a field, or a field that is null once. */
export class Keeper {
  readonly #seen = new Set<string>();
  readonly #kept: Record<Side, Map<string, Message[]>> = { agent: new Map(), cloud: new Map() };

  hear(side: Side, said: unknown): void {
    const message = said as Message;
    const events = message.events?.filter((event) => this.#isNew(`${side} event ${stepOf(event)}`, event));
    if (events?.length === 0) return;
    if (events === undefined && !this.#isNew(`${side} ${message.type} ${stepOf(message)}`, message)) return;
    const all = this.#kept[side].get(message.type) ?? [];
    this.#kept[side].set(message.type, [...all, events === undefined ? message : { ...message, events }]);
  }

  has(side: Side, type: string, kind?: string): boolean {
    const all = this.#kept[side].get(type) ?? [];
    return kind === undefined ? all.length > 0 : all.some(({ events }) => events?.some((each) => each.kind === kind));
  }

  /** A file for each side: messages by type. `clean`: takes out what is of this machine alone. */
  write(folder: string, clean: (text: string) => string): void {
    mkdirSync(folder, { recursive: true });
    for (const side of ["agent", "cloud"] as const) {
      const types = [...this.#kept[side]].map(([type, messages]) => {
        const lines = messages.map((message) => clean(JSON.stringify(message)));
        return `${JSON.stringify(type)}: [\n${lines.join(",\n")}\n]`;
      });
      writeFileSync(join(folder, `${side}.json`), `{\n${types.join(",\n")}\n}\n`);
    }
  }

  #isNew(what: string, value: unknown): boolean {
    const paths = [what, ...pathsOf(value, what)];
    const isNew = paths.some((path) => !this.#seen.has(path));
    for (const path of paths) this.#seen.add(path);
    return isNew;
  }
}

/** What a message or an event is about, where that is one of a few words. */
function stepOf(value: object): string {
  const { kind, step, code, verb } = value as Record<string, unknown>;
  return [kind, step, code, verb].filter((word) => typeof word === "string").join(" ");
}

function pathsOf(value: unknown, at: string): string[] {
  if (Array.isArray(value)) return value.flatMap((each) => pathsOf(each, `${at}[]`));
  if (value === null) return [`${at}=null`];
  if (typeof value !== "object") return [at];
  return Object.entries(value).flatMap(([key, each]) => pathsOf(each, `${at}.${key}`));
}
