import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { alertsFor } from "../../src/alerts/alerts-for.ts";
import { makeHost } from "../ground.ts";
import { eventually } from "../test-agent.ts";
import { type Step, stepsOf } from "./agent-steps.ts";
import { Fleets } from "./fleets.ts";
import { Meter } from "./meter.ts";
import { movePlatform } from "./moved-platform.ts";
import { oursStepsOf } from "./ours-steps.ts";
import { HOUR_MS, type Script } from "./script.ts";
import { SimulatedAgent } from "./simulated-agent.ts";
import { type HandedOver, readTold, type Told } from "./told.ts";
import { workStepsOf } from "./work-steps.ts";

/** The evening before a leap day, far enough ahead that no alarm of the platform's own clock ever rings. */
const DAY_MS = Date.UTC(2096, 1, 28, 20);

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
  readonly #fleets: Fleets;
  readonly #agents: SimulatedAgent[] = [];
  readonly #byHost = new Map<string, SimulatedAgent>();
  readonly #handedOver: HandedOver[] = [];
  /** Organizations whose Alerts may be about to tell somebody. */
  readonly #telling = new Set<string>();
  readonly #faults: string[] = [];
  readonly #meter = new Meter();
  #nowMs = 0;
  #moments = 0;
  #isD1Away = false;
  #restore: (() => void)[] = [];

  constructor(script: Script) {
    this.#script = script;
    this.#fleets = new Fleets(script, { meter: this.#meter, dayMs: DAY_MS });
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
    vi.stubGlobal("fetch", async () => new Response(null, { status: 204 }));
    await this.#fleets.found();
    for (const script of this.#script.hosts) {
      const host = await makeHost(this.#fleets.organizations[script.organization] ?? "", script.name);
      const agent = new SimulatedAgent(script, host, { meter: this.#meter, now: () => this.#nowMs });
      this.#agents.push(agent);
      this.#byHost.set(host.id, agent);
    }
    const restore = await movePlatform(this.#fleets.place(0), {
      pingedMs: (hostId) => {
        const pinged = this.#byHost.get(hostId)?.pingedMs(this.#nowMs) ?? null;
        return pinged === null ? null : DAY_MS + pinged;
      },
      isD1Away: () => this.#isD1Away,
      told: (organizationId, news) => {
        this.#telling.add(organizationId);
        for (const { incidentId, phase, late } of news) {
          this.#handedOver.push({ incidentId, phase, late, atMs: this.#nowMs });
        }
      },
    });
    this.#restore.push(...restore);
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
    const ours = oursStepsOf(this.#script, this.#fleets, (isAway) => void (this.#isD1Away = isAway));
    return [...hosts, ...works, ...ours].sort((a, b) => a.atMs - b.atMs || a.rank - b.rank);
  }

  /** Everything in the order of time, alarms between. */
  async #pass(steps: readonly Step[]): Promise<void> {
    let at = 0;
    for (;;) {
      const next = steps[at];
      const [fleet, dueMs] = this.#fleets.nextAlarm();
      const atMs = Math.min(next?.atMs ?? this.#script.lengthMs, dueMs);
      if (atMs >= this.#script.lengthMs) return;
      this.#moments += 1;
      this.#sayHour(atMs);
      this.#moveTo(Math.max(atMs, this.#nowMs));
      if (dueMs <= (next?.atMs ?? Infinity)) {
        this.#meter.alarms += 1;
        await this.#fleets.settled(fleet, { rings: true });
        await this.#delivered();
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
      await Promise.all([...touched].map((each) => this.#fleets.settled(each)));
      await this.#delivered();
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
    console.log(`hour ${hour}: ${this.#moments} moments, ${this.#handedOver.length} told`);
  }

  /** What goes on by itself must not reach into another moment. */
  async #delivered(): Promise<void> {
    for (const id of this.#telling) {
      const isDone = async () => (await alertsFor(env, id).standing()).underWay === 0 || null;
      await eventually(`what organization ${id} is told to be on its way no more`, isDone, 1);
    }
    this.#telling.clear();
  }

  async #told(): Promise<Told[]> {
    const names = new Map(this.#agents.map(({ host, script }) => [host.id, script.name]));
    const { told, faults } = await readTold(this.#handedOver, { names, organizations: this.#fleets.organizations });
    this.#faults.push(...faults);
    return told;
  }
}
