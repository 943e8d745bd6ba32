import { dirname } from "node:path";
import type { ServiceSpec } from "@afloat/shared/spec";
import type { LogKeeper } from "./log-keeper.ts";
import { removeOldestPiece, roomAt } from "./disk.ts";

/** Every log is looked at with every beat; one that grows fast more often, milliseconds. */
const FAST_LOOK_MS = 100;
/** What grew by more than this between two looks is looked at fast, bytes. */
const FAST_BYTES = 1024 * 1024;
/** How often the room on the disk is asked for, in looks. */
const ROOM_EVERY = 5;
/** How often what became too old is looked for, in looks. */
const PRUNE_EVERY = 60;

export interface LogGround {
  nowMs: () => number;
  say: (text: string) => void;
  onBeat: (listener: () => void) => void;
}

/** All logs of the host: one loop looks at them, and they are cut one after the other. */
export class LogRoom {
  #keepers: LogKeeper[];
  readonly #keeperOf: (service: ServiceSpec) => LogKeeper;
  readonly #nowMs: () => number;
  readonly #say: (text: string) => void;
  readonly #fast = new Map<LogKeeper, NodeJS.Timeout>();
  readonly #due = new Set<LogKeeper>();
  #cutting: Promise<void> | null = null;
  #looks = 0;
  #lookedMs: number;
  #fullSinceMs: number | null = null;
  #closed = false;

  constructor(services: readonly ServiceSpec[], keeperOf: (service: ServiceSpec) => LogKeeper, ground: LogGround) {
    this.#keepers = services.map(keeperOf);
    this.#keeperOf = keeperOf;
    this.#nowMs = ground.nowMs;
    this.#say = ground.say;
    this.#lookedMs = ground.nowMs();
    this.#lookAtAll();
    ground.onBeat(() => {
      if (!this.#closed) this.#lookAtAll();
    });
  }

  /** Looks after one more. */
  add(service: ServiceSpec): void {
    this.#keepers.push(this.#keeperOf(service));
  }

  /** What is kept of a service's output from now on. */
  edit(service: string, spec: ServiceSpec["log"]): void {
    for (const keeper of this.#keepers) if (keeper.name === service) keeper.edit(spec);
  }

  /** Looks after a service's log no more; what was kept stays. Ends when a cut that is under way is done. */
  async remove(service: string): Promise<void> {
    const leaving = this.#keepers.filter(({ name }) => name === service);
    this.#keepers = this.#keepers.filter(({ name }) => name !== service);
    for (const keeper of leaving) {
      clearTimeout(this.#fast.get(keeper));
      this.#fast.delete(keeper);
      this.#due.delete(keeper);
    }
    await this.#cutting;
    for (const keeper of leaving) keeper.close();
  }

  /** Ends when a cut that is under way is done. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#fast.values()) clearTimeout(timer);
    await this.#cutting;
    for (const keeper of this.#keepers) keeper.close();
  }

  #lookAtAll(): void {
    for (const keeper of this.#keepers) if (!this.#fast.has(keeper)) this.#look(keeper);
    if (this.#looks % PRUNE_EVERY === PRUNE_EVERY - 1) for (const keeper of this.#keepers) keeper.prune();
    if (this.#looks++ % ROOM_EVERY === 0 || this.#fullSinceMs !== null) this.#lookAtRoom();
  }

  #look(keeper: LogKeeper): void {
    this.#fast.delete(keeper);
    const { grew, due } = this.#lookSafely(keeper);
    if (due) this.#due.add(keeper);
    if (due && this.#cutting === null) this.#cutting = this.#cutAll();
    if (grew < FAST_BYTES || this.#closed) return;
    this.#fast.set(
      keeper,
      setTimeout(() => this.#look(keeper), FAST_LOOK_MS),
    );
  }

  /** A disk that refuses must not end the agent: the next look tries again. */
  #lookSafely(keeper: LogKeeper): { grew: number; due: boolean } {
    try {
      return keeper.look();
    } catch (error) {
      this.#lookAtRoom();
      if (this.#fullSinceMs === null)
        this.#sayOnce(`${keeper.name}: its log could not be looked after: ${String(error)}`);
      return { grew: 0, due: false };
    }
  }

  async #cutAll(): Promise<void> {
    for (const keeper of this.#due) {
      this.#due.delete(keeper);
      try {
        await keeper.cut();
      } catch (error) {
        if (!this.#makeRoom()) this.#sayOnce(`${keeper.name}: its log could not be cut: ${String(error)}`);
      }
    }
    this.#cutting = null;
  }

  #lookAtRoom(): void {
    const [first] = this.#keepers;
    const nowMs = this.#nowMs();
    const room = first === undefined ? null : roomAt(dirname(first.place.live));
    const lookedMs = this.#lookedMs;
    this.#lookedMs = nowMs;
    if (room === null) return;
    if (room.low) this.#makeRoom();
    if (room.full && this.#fullSinceMs === null) {
      this.#fullSinceMs = lookedMs;
      this.#say("the disk under the logs is full: services run on, but what they write is lost until there is room");
    } else if (!room.full && this.#fullSinceMs !== null) {
      for (const keeper of this.#keepers) keeper.lostWhileFull(Math.round(this.#fullSinceMs), Math.round(nowMs));
      this.#fullSinceMs = null;
      this.#say("there is room on the disk again");
    }
  }

  /** Old pieces go before services notice. */
  #makeRoom(): boolean {
    const dirs = this.#keepers.map(({ place }) => place.dir);
    let removed = 0;
    for (; roomAt(dirname(dirs[0] ?? ""))?.low === true; removed++) if (!removeOldestPiece(dirs)) break;
    if (removed > 0) this.#say(`the disk is nearly full: ${removed} of the oldest pieces of logs were removed`);
    return removed > 0;
  }

  #said = "";
  #sayOnce(text: string): void {
    if (text !== this.#said) this.#say(text);
    this.#said = text;
  }
}
