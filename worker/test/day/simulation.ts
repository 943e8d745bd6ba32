import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { fleetAt } from "../../src/fleet/fleet-for.ts";
import { move, placeIn } from "../cells.ts";
import { makeChannel, makeHost, makeOrganization } from "../ground.ts";
import { eventually } from "../test-agent.ts";
import { type Step, stepsOf } from "./agent-steps.ts";
import { oursOf } from "./gaps.ts";
import { Meter } from "./meter.ts";
import { movePlatform } from "./moved-platform.ts";
import { HOUR_MS, type Ours, type Script } from "./script.ts";
import { SimulatedAgent } from "./simulated-agent.ts";
import { readTold, type Told } from "./told.ts";
import { workStepsOf } from "./work-steps.ts";

/** The evening before a leap day, far enough ahead that no alarm of the platform's own clock ever rings. */
const DAY_MS = Date.UTC(2096, 1, 28, 20);

/** Cells to which others are moved have numbers from here on. */
const MOVED = 1_000;

/** What came of a day. */
export interface Outcome {
  told: Told[];
  /** How often something happened, or an alarm rang. */
  moments: number;
  meter: Meter;
  /** What else is not as it should be, in words. */
  faults: string[];
}

/**
 * Lives through a day in moved time: the real Worker, its Fleets and their disks, D1 and the queue; only the clocks are ours: `Date`, and
 * the platform's, by which it notes when it answered a ping, and rings alarms. Pings are not sent one by one, but noted
 * as answered when they are due.
 */
export class Simulation {
  readonly #script: Script;
  readonly #organizations: string[] = [];
  readonly #agents: SimulatedAgent[] = [];
  readonly #byHost = new Map<string, SimulatedAgent>();
  /** Of each Fleet: its name, the organizations that are with it, and when it wants to be woken. */
  readonly #places = new Map<number, string>();
  readonly #tenants = new Map<number, string[]>();
  readonly #alarms = new Map<number, number>();
  /** Times in which a Fleet's alarm does not ring before their end. */
  readonly #late = new Map<number, { fromMs: number; toMs: number }[]>();
  readonly #received: { id: string; atMs: number }[] = [];
  /** Messages that went to the queue. */
  #sent = 0;
  readonly #faults: string[] = [];
  readonly #meter = new Meter();
  #nowMs = 0;
  #moments = 0;
  #isD1Away = false;
  #restore: (() => void)[] = [];

  constructor(script: Script) {
    this.#script = script;
    for (const { fleet } of script.hosts) {
      const ours = oursOf(script, fleet);
      const late = ours.flatMap((each) => (each.kind === "cloud-away" || each.kind === "late-alarm" ? [each] : []));
      this.#late.set(fleet, late);
    }
  }

  async live(): Promise<Outcome> {
    vi.useFakeTimers({ toFake: ["Date"] });
    this.#moveTo(0);
    try {
      await this.#settleIn();
      await this.#pass(this.#steps());
      return { told: await this.#told(), moments: this.#moments, meter: this.#meter, faults: this.#faults };
    } finally {
      for (const restore of this.#restore) restore();
    }
  }

  async #settleIn(): Promise<void> {
    vi.stubGlobal("fetch", async (_url: string, { headers }: { headers: Record<string, string> }) => {
      this.#received.push({ id: headers["webhook-id"] ?? "", atMs: this.#nowMs });
      return new Response(null, { status: 204 });
    });
    for (const { organization, fleet } of this.#script.hosts) {
      if (this.#organizations[organization] === undefined) await this.#found(organization, fleet);
    }
    for (const script of this.#script.hosts) {
      const host = await makeHost(this.#organizations[script.organization] ?? "", script.name);
      const agent = new SimulatedAgent(script, host, { meter: this.#meter, now: () => this.#nowMs });
      this.#agents.push(agent);
      this.#byHost.set(host.id, agent);
    }
    const restore = await movePlatform(this.#places.get(0) ?? "", {
      pingedMs: (hostId) => {
        const pinged = this.#byHost.get(hostId)?.pingedMs(this.#nowMs) ?? null;
        return pinged === null ? null : DAY_MS + pinged;
      },
      isD1Away: () => this.#isD1Away,
      sent: (count) => void (this.#sent += count),
    });
    this.#restore.push(...restore);
  }

  async #found(organization: number, fleet: number): Promise<void> {
    const id = await makeOrganization(`Org${organization}`);
    await makeChannel(id);
    this.#organizations[organization] = id;
    this.#tenants.set(fleet, [...(this.#tenants.get(fleet) ?? []), id]);
    this.#places.set(fleet, this.#script.cells === 0 ? id : `cell-${fleet}`);
    if (this.#script.cells > 0) await placeIn(`cell-${fleet}`, id);
  }

  #moveTo(atMs: number): void {
    this.#nowMs = atMs;
    vi.setSystemTime(DAY_MS + atMs);
  }

  #steps(): Step[] {
    const hosts = this.#agents.flatMap((agent) =>
      stepsOf(agent, this.#script, { dayMs: DAY_MS, fault: (text) => void this.#faults.push(text) }),
    );
    const works = this.#agents.flatMap(({ host, script }) => workStepsOf(host, script, DAY_MS));
    const ours = this.#script.ours.flatMap((each) => this.#stepsOfOurs(each));
    return [...hosts, ...works, ...ours, ...this.#stepsOfCron()].sort((a, b) => a.atMs - b.atMs || a.rank - b.rank);
  }

  #stepsOfOurs(ours: Ours): Step[] {
    const drop = (fleet: number) => () => this.#evict(fleet, "close");
    switch (ours.kind) {
      case "d1-away":
        return [
          { atMs: ours.fromMs, rank: 6, fleet: null, run: async () => void (this.#isD1Away = true) },
          { atMs: ours.toMs, rank: 0, fleet: null, run: async () => void (this.#isD1Away = false) },
        ];
      case "cloud-away":
        return [...this.#places.keys()].map((fleet) => ({ atMs: ours.fromMs, rank: 0, fleet: null, run: drop(fleet) }));
      case "deploy":
        return [{ atMs: ours.atMs, rank: 0, fleet: null, run: drop(ours.fleet) }];
      case "move":
        return [{ atMs: ours.atMs, rank: 0, fleet: ours.fleet, run: () => this.#move(ours.fleet) }];
      case "eviction": {
        const { atMs, fleet } = ours;
        return [{ atMs, rank: 6, fleet, run: () => this.#evict(fleet, "hibernate") }];
      }
      case "doubled-alarm": {
        const { atMs, fleet } = ours;
        const ring = () => runInDurableObject(this.#fleet(fleet), (instance) => instance.alarm());
        return [{ atMs, rank: 6, fleet, run: ring }];
      }
      case "lost-alarm": {
        const { fromMs: atMs, fleet } = ours;
        const lose = () => runInDurableObject(this.#fleet(fleet), (_, { storage }) => storage.deleteAlarm());
        return [{ atMs, rank: 6, fleet, run: lose }];
      }
      case "late-alarm":
        return [];
    }
  }

  /** Once an hour the cron asks each Fleet whether its alarm is set. */
  #stepsOfCron(): Step[] {
    const hours = Array.from({ length: Math.floor(this.#script.lengthMs / HOUR_MS) }, (_, index) => index + 1);
    return hours.flatMap((hour) =>
      [...this.#tenants].map(([fleet, ids]) => ({
        ...{ atMs: hour * HOUR_MS, rank: 6, fleet },
        run: async () => void (await this.#fleet(fleet).wake(ids)),
      })),
    );
  }

  /** To another place, one organization after the other. */
  async #move(fleet: number): Promise<void> {
    const place = `cell-${MOVED + fleet}`;
    for (const id of this.#tenants.get(fleet) ?? []) {
      const { waits } = await move(id, place);
      if (waits !== null) throw new Error(`organization ${id} was not moved: ${waits}`);
    }
    this.#places.set(fleet, place);
    this.#meter.woken(fleet);
  }

  async #evict(fleet: number, webSockets: "close" | "hibernate"): Promise<void> {
    this.#meter.woken(fleet);
    try {
      await evictDurableObject(this.#fleet(fleet), { webSockets });
    } catch {
      // It was not in memory: nothing to put out.
    }
  }

  /** Everything in the order of time, alarms between. */
  async #pass(steps: readonly Step[]): Promise<void> {
    let at = 0;
    for (;;) {
      const next = steps[at];
      const [fleet, dueMs] = this.#nextAlarm();
      const atMs = Math.min(next?.atMs ?? this.#script.lengthMs, dueMs);
      if (atMs >= this.#script.lengthMs) return;
      this.#moments += 1;
      this.#sayHour(atMs);
      this.#moveTo(Math.max(atMs, this.#nowMs));
      if (dueMs <= (next?.atMs ?? Infinity)) {
        this.#meter.alarms += 1;
        await this.#settled(fleet, { rings: true });
        continue;
      }
      const touched = new Set<number>();
      while (steps[at]?.atMs === atMs) {
        const { rank } = steps[at] ?? { rank: 0 };
        const together: Step[] = [];
        for (let step = steps[at]; step?.atMs === atMs && step.rank === rank; step = steps[++at]) together.push(step);
        await Promise.all(together.map((step) => this.#take(step)));
        for (const { fleet: each } of together) if (each !== null) touched.add(each);
      }
      await Promise.all([...touched].map((each) => this.#settled(each)));
    }
  }

  /** What goes wrong in one does not end the day. */
  async #take({ atMs, run }: Step): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#faults.push(`at ${atMs}: ${String(error)}`);
    }
  }

  /** A long day is worth watching. */
  #sayHour(atMs: number): void {
    const hour = Math.floor(atMs / HOUR_MS);
    if (hour === Math.floor(this.#nowMs / HOUR_MS)) return;
    console.log(`hour ${hour}: ${this.#moments} moments, ${this.#received.length} told`);
  }

  /** The next alarm to ring, and when, late ones late. */
  #nextAlarm(): [fleet: number, dueMs: number] {
    let found: [number, number] = [0, Infinity];
    for (const [fleet, alarmMs] of this.#alarms) {
      const late = this.#late.get(fleet)?.find(({ fromMs, toMs }) => fromMs <= alarmMs && alarmMs < toMs);
      const dueMs = late?.toMs ?? alarmMs;
      if (dueMs < found[1]) found = [fleet, dueMs];
    }
    return found;
  }

  /** Waits until nothing is on its way any more, and notes when the Fleet wants to be woken. Before that its alarm may ring. */
  async #settled(fleet: number, { rings } = { rings: false }): Promise<void> {
    let isRung = !rings;
    const settled = await eventually(
      `Fleet ${fleet} to be done`,
      () =>
        runInDurableObject(this.#fleet(fleet), async (instance, { storage }) => {
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
    this.#alarms.set(fleet, settled.alarmMs === Infinity ? Infinity : settled.alarmMs - DAY_MS);
    this.#meter.read(fleet, settled.figures);
    await this.#delivered();
  }

  async #delivered(): Promise<void> {
    await eventually("every notice to be delivered", () => this.#received.length >= this.#sent || null, 1);
  }

  async #told(): Promise<Told[]> {
    const names = new Map(this.#agents.map(({ host, script }) => [host.id, script.name]));
    const { told, faults } = await readTold(this.#received, { names, organizations: this.#organizations });
    this.#faults.push(...faults);
    return told;
  }

  #fleet(fleet: number) {
    return fleetAt(env, this.#places.get(fleet) ?? "");
  }
}
