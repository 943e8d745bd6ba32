import { join } from "node:path";
import type { JournalEvent } from "@afloat/shared/wire";
import { JournalReader } from "../journal/journal-reader.ts";
import { EVENT_KINDS, type EventKind, type Heard, tellEvent, type ToldEvent } from "./core/told-event.ts";

/** Which of what happened is meant; times in milliseconds since the epoch. */
export interface Choice {
  /** The last so many. */
  count: number;
  sinceMs: number;
  untilMs: number;
  kinds: ReadonlySet<EventKind>;
  /** Null: what the agent did itself. */
  isMeant: (service: string | null) => boolean;
}

type Found = ToldEvent & { event: JournalEvent };

/** What happened on a host, as its journal has it; it goes on where it was left. */
export class History {
  /** Of whom anything was heard so far. */
  readonly names = new Set<string>();
  readonly #reader: JournalReader;
  readonly #heard: Heard = { services: new Map(), agentEnded: true };

  constructor(stateDir: string) {
    this.#reader = new JournalReader(join(stateDir, "journal"));
  }

  /** The last of those that are chosen and came since the last time. No more of them are kept than are asked for. */
  read(choice: Choice): Found[] {
    let last: Found[] = [];
    for (const event of this.#reader.next()) {
      const told = tellEvent(event, this.#heard);
      if (told === null) continue;
      if (told.service !== null) this.names.add(told.service);
      if (!isChosen(told, choice)) continue;
      last.push({ ...told, event });
      if (last.length > 2 * choice.count) last = last.slice(-choice.count);
    }
    return choice.count === 0 ? [] : last.slice(-choice.count);
  }
}

/** The last events of one service. */
export function lastEvents(stateDir: string, service: string, count: number): ToldEvent[] {
  const isMeant = (name: string | null) => name === service;
  const always = { sinceMs: 0, untilMs: Number.POSITIVE_INFINITY, kinds: new Set(EVENT_KINDS) };
  return new History(stateDir).read({ ...always, count, isMeant });
}

const isChosen = ({ atMs, kind, service }: ToldEvent, { sinceMs, untilMs, kinds, isMeant }: Choice) =>
  atMs >= sinceMs && atMs <= untilMs && kinds.has(kind) && isMeant(service);
