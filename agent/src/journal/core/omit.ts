import { type JournalEvent, type Omitted, OMITTED_SERVICES, OMITTED_WHY } from "@afloat/shared/wire";
import type { Kept } from "./line.ts";

type Why = Omitted["why"];

/** The number of the first event that this one is, or stands for. */
export function firstOf(event: JournalEvent): number {
  return event.kind === "omitted" ? event.from : event.seq;
}

/** One event that stands for all of these: at least one, oldest first, none missing in between. */
export function omit(events: readonly [Kept, ...Kept[]], why: Why): Omitted & Kept {
  const [first] = events;
  const last = events.at(-1) ?? first;
  const tally = new Tally(why);
  for (const event of events) tally.add(event);
  return {
    kind: "omitted",
    ...{ seq: last.seq, atMs: last.atMs, from: firstOf(first), fromMs: startOf(first) },
    ...tally.told(),
    ...(last.stamp === undefined ? {} : { stamp: last.stamp }),
  };
}

/** Stands for numbers of which nothing is known any more; `count` is how many there were at most. */
export function omitUnknown(from: number, upTo: number, atMs: number): Omitted {
  const counts = { unknown: upTo - from + 1 };
  return { kind: "omitted", seq: upTo, atMs, from, fromMs: atMs, why: "damaged", counts, services: [] };
}

/** How many events an event stands for. */
export function countOf(event: JournalEvent): number {
  return event.kind === "omitted" ? Object.values(event.counts).reduce((sum, count) => sum + count, 0) : 1;
}

/** How many of what these stand for are gone for good. */
export function droppedOf(events: readonly JournalEvent[]): number {
  const gone = events.filter((event) => event.kind === "omitted" && event.why !== "storm");
  return gone.reduce((sum, event) => sum + countOf(event), 0);
}

class Tally {
  #why: Why;
  readonly #counts = new Map<string, number>();
  readonly #services = new Map<string, { exits: number; restarts: number }>();

  constructor(why: Why) {
    this.#why = why;
  }

  add(event: Kept): void {
    if (event.kind !== "omitted") {
      this.#count(event.kind, 1);
      if (event.kind === "exited") this.#service(event.service, 1, 0);
      if (event.kind === "restart") this.#service(event.service, 0, 1);
      return;
    }
    // What is gone stays gone, whatever it is counted together with.
    if (OMITTED_WHY.indexOf(event.why) > OMITTED_WHY.indexOf(this.#why)) this.#why = event.why;
    for (const [kind, count] of Object.entries(event.counts)) this.#count(kind, count);
    for (const { name, exits, restarts } of event.services) this.#service(name, exits, restarts);
  }

  told(): Pick<Omitted, "why" | "counts" | "services"> {
    const services = [...this.#services]
      .map(([name, its]) => ({ name, ...its }))
      .sort((a, b) => b.exits + b.restarts - a.exits - a.restarts)
      .slice(0, OMITTED_SERVICES);
    return { why: this.#why, counts: Object.fromEntries(this.#counts), services };
  }

  #count(kind: string, count: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
  }

  #service(name: string, exits: number, restarts: number): void {
    const its = this.#services.get(name) ?? { exits: 0, restarts: 0 };
    this.#services.set(name, { exits: its.exits + exits, restarts: its.restarts + restarts });
  }
}

const startOf = (event: Kept) => (event.kind === "omitted" ? event.fromMs : event.atMs);
