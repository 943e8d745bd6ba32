import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { fleetAt } from "../../src/fleet/fleet-for.ts";
import { move, placeIn } from "../cells.ts";
import { makeChannel, makeOrganization } from "../ground.ts";
import { eventually } from "../test-agent.ts";
import { oursOf } from "./gaps.ts";
import type { Meter } from "./meter.ts";
import type { Script } from "./script.ts";

/** Cells to which others are moved have numbers from here on. */
const MOVED = 1_000;

/** The real Fleets of a day, by number, with the organizations that are with each; and their alarms, which ring when the day says so. */
export class Fleets {
  /** Ids of organizations, by number. */
  readonly organizations: string[] = [];
  readonly #script: Script;
  readonly #meter: Meter;
  readonly #dayMs: number;
  readonly #places = new Map<number, string>();
  readonly #tenants = new Map<number, string[]>();
  readonly #alarms = new Map<number, number>();
  /** Times in which an alarm does not ring before their end. */
  readonly #late = new Map<number, { fromMs: number; toMs: number }[]>();

  /** `dayMs`: when the day begins. */
  constructor(script: Script, { meter, dayMs }: { meter: Meter; dayMs: number }) {
    [this.#script, this.#meter, this.#dayMs] = [script, meter, dayMs];
  }

  /** Founds every organization of the script. */
  async found(): Promise<void> {
    const { hosts, cells } = this.#script;
    for (const { organization, fleet } of hosts) {
      if (this.organizations[organization] !== undefined) continue;
      const id = await makeOrganization(`Org${organization}`);
      await makeChannel(id);
      this.organizations[organization] = id;
      this.#tenants.set(fleet, [...(this.#tenants.get(fleet) ?? []), id]);
      this.#places.set(fleet, cells === 0 ? id : `cell-${fleet}`);
      if (cells > 0) await placeIn(`cell-${fleet}`, id);
      const ours = oursOf(this.#script, fleet);
      const late = ours.flatMap((each) => (each.kind === "cloud-away" || each.kind === "late-alarm" ? [each] : []));
      this.#late.set(fleet, late);
    }
  }

  all(): number[] {
    return [...this.#places.keys()];
  }

  place(fleet: number): string {
    return this.#places.get(fleet) ?? "";
  }

  /** To another place, one organization after the other. */
  async move(fleet: number): Promise<void> {
    const place = `cell-${MOVED + fleet}`;
    for (const id of this.#tenants.get(fleet) ?? []) {
      const { waits } = await move(id, place);
      if (waits !== null) throw new Error(`organization ${id} was not moved: ${waits}`);
    }
    this.#places.set(fleet, place);
    this.#meter.woken(fleet);
  }

  async evict(fleet: number, webSockets: "close" | "hibernate"): Promise<void> {
    this.#meter.woken(fleet);
    try {
      await evictDurableObject(this.#at(fleet), { webSockets });
    } catch {
      // It was not in memory: nothing to put out.
    }
  }

  async ringTwice(fleet: number): Promise<void> {
    await runInDurableObject(this.#at(fleet), (instance) => instance.alarm());
  }

  async loseAlarm(fleet: number): Promise<void> {
    await runInDurableObject(this.#at(fleet), (_, { storage }) => storage.deleteAlarm());
  }

  /** As the cron does. */
  async wake(fleet: number): Promise<void> {
    await this.#at(fleet).wake(this.#tenants.get(fleet) ?? []);
  }

  /** The next alarm to ring, and when, late ones late. */
  nextAlarm(): [fleet: number, dueMs: number] {
    let found: [number, number] = [0, Infinity];
    for (const [fleet, alarmMs] of this.#alarms) {
      const late = this.#late.get(fleet)?.find(({ fromMs, toMs }) => fromMs <= alarmMs && alarmMs < toMs);
      const dueMs = late?.toMs ?? alarmMs;
      if (dueMs < found[1]) found = [fleet, dueMs];
    }
    return found;
  }

  /** Waits until nothing is on its way any more, and notes when the Fleet wants to be woken. Before that its alarm may ring. */
  async settled(fleet: number, { rings } = { rings: false }): Promise<void> {
    let isRung = !rings;
    const settled = await eventually(
      `Fleet ${fleet} to be done`,
      () =>
        runInDurableObject(this.#at(fleet), async (instance, { storage }) => {
          // One that rings is not set any more.
          if (!isRung) await storage.deleteAlarm().then(() => instance.alarm());
          isRung = true;
          const figures = instance.figures();
          // What failed goes on by its alarm, which may be late itself.
          if (figures.isWriting) return null;
          return { alarmMs: (await storage.getAlarm()) ?? Infinity, figures };
        }),
      1,
    );
    this.#alarms.set(fleet, settled.alarmMs === Infinity ? Infinity : settled.alarmMs - this.#dayMs);
    this.#meter.read(fleet, settled.figures);
  }

  #at(fleet: number) {
    return fleetAt(env, this.place(fleet));
  }
}
