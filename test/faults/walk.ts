import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { FRAME_LIMIT_BYTES } from "@afloat/shared/wire";
import { House } from "../stories/house/house.ts";
import type { Member } from "../stories/house/member.ts";
import { until } from "../stories/house/until.ts";
import { D1Lock } from "./d1-lock.ts";
import { FaultHost } from "./fault-host.ts";
import { expectedRows, type Finding, judgeRecords } from "./oracle.ts";
import { helloOf } from "../load/said.ts";
import { RawAgent } from "./raw-agent.ts";
import { d1Story, fleetStories, hostStory, JournalMemory } from "./records.ts";
import { type Step, stepsFrom } from "./steps.ts";

/** What a walk came to. */
export interface Walked {
  steps: Step[];
  /** Lines in the journals of all hosts, and how many of them D1 is to have as rows of their own. */
  events: number;
  rows: number;
  commands: number;
  /** Steps taken, by kind. */
  taken: Map<string, number>;
  findings: Finding[];
  /** Of the findings: events that are missing, and such as are there more than once or never happened. */
  lost: number;
  double: number;
  /** From the last fault until everything was recorded, milliseconds. */
  calmMs: number;
}

/** Hosts in two organizations: two of the first, one of the second. */
const HOSTS = [
  { slug: "aurora", name: "web-1" },
  { slug: "aurora", name: "web-2" },
  { slug: "borealis", name: "web-1" },
] as const;

/** `plain` crashes, `looper` crashes in loops, `steady` is only ever restarted from afar. */
const SERVICES = ["plain", "looper", "steady"];
const CALM_WITHIN_MS = 300_000;
/** So often, in steps, the journals are looked at: long before a host forgets any of it. */
const LOOK_EVERY = 100;

/**
 * Real hosts in two organizations and their cloud, through networks that do harm, step by step. Afterwards everything is
 * made well, and the journals, the Fleets and D1 are compared.
 */
export class FaultWalk {
  readonly #house: House;
  readonly #hosts: FaultHost[];
  readonly #owners: Map<string, Member>;
  readonly #memories = new Map<FaultHost, JournalMemory>();
  readonly #d1 = new D1Lock();
  readonly #taken = new Map<string, number>();
  /** What goes on beside the steps: it is over, well or not, before the oracle looks. */
  #beside: Promise<unknown>[] = [];

  private constructor(house: House, hosts: FaultHost[], owners: Map<string, Member>) {
    [this.#house, this.#hosts, this.#owners] = [house, hosts, owners];
    for (const host of hosts) this.#memories.set(host, new JournalMemory());
  }

  static async begin(): Promise<FaultWalk> {
    const house = await House.build();
    const owners = new Map<string, Member>();
    for (const slug of new Set(HOSTS.map((host) => host.slug))) owners.set(slug, await house.found(slug));
    const hosts: FaultHost[] = [];
    for (const { slug, name } of HOSTS) hosts.push(await FaultHost.enrol(house, slug, name, SERVICES));
    for (const host of hosts) await host.start();
    for (const host of hosts) await host.isRecorded();
    return new FaultWalk(house, hosts, owners);
  }

  /** Takes steps for so long, or so many as there are; then calm, and the oracle. Throws with the steps where it cannot go on. */
  async walk(steps: Iterable<Step>, forMs: number, progress: (text: string) => void = () => {}): Promise<Walked> {
    const done: Step[] = [];
    try {
      await this.#go(steps, forMs, done, progress);
      progress("calm");
      const beganMs = performance.now();
      const unwell = await this.#calm();
      return { steps: done, ...(await this.#judge(unwell)), calmMs: performance.now() - beganMs };
    } catch (cause) {
      throw new Error(`the walk could not go on: ${String(cause)}\nWALK_SCRIPT='${JSON.stringify(done)}'`, { cause });
    }
  }

  async #go(steps: Iterable<Step>, forMs: number, done: Step[], progress: (text: string) => void): Promise<void> {
    const endMs = performance.now() + forMs;
    for (const step of steps) {
      await wait(step.afterMs);
      if (performance.now() > endMs) break;
      done.push(step);
      this.#taken.set(step.kind, (this.#taken.get(step.kind) ?? 0) + 1);
      progress(`${done.length} steps: ${step.kind}`);
      await this.#take(step);
      if (done.length % LOOK_EVERY === 0) for (const [host, memory] of this.#memories) memory.look(host);
    }
  }

  async end(): Promise<void> {
    this.#d1.letGo();
    for (const host of this.#hosts) await host.end();
    await this.#house.end();
  }

  async #take(step: Step): Promise<void> {
    if (!("host" in step)) return this.#takeOfAll(step.kind);
    const host = this.#hosts[step.host];
    if (host === undefined) throw new Error(`there is no host ${step.host}`);
    const { proxy } = host;
    switch (step.kind) {
      case "cut":
        return proxy.cut();
      case "lose":
        return proxy.harm(step.way, step);
      case "corrupt":
        return proxy.harm(step.way, { kind: step.how });
      case "stall":
        return void (proxy.flow = "hold");
      case "trickle":
        return void (proxy.flow = "trickle");
      case "half-open":
        return proxy.halfOpen();
      case "bad-gateway":
        proxy.door = { kind: "answers", status: "502 Bad Gateway", body: "<html><h1>502</h1></html>" };
        return proxy.cut();
      case "strip-upgrade":
        proxy.stripsUpgrade = true;
        return proxy.cut();
      case "unknown-message":
        return proxy.say(step.way, '{"type":"from-tomorrow"}');
      case "oversized":
        return proxy.say(step.way, `{"type":"${"x".repeat((step.way === "up" ? 1 : 4) * FRAME_LIMIT_BYTES)}"}`);
      case "replay":
        return this.#meanwhile(proxy.replay([...(proxy.recordings.at(-1) ?? [])]));
      case "clone":
        return this.#meanwhile(this.#clone(host));
      case "kill-agent":
        await host.kill();
        return host.start();
      case "crash":
        return host.crash(step.service);
      case "loop":
        host.loops("looper", step.does);
        return step.does ? host.crash("looper") : undefined;
      case "order":
        return this.#meanwhile(this.#order(host));
      case "mend":
        return proxy.calm();
    }
  }

  async #takeOfAll(kind: "kill-server" | "lose-fleet" | "d1-away" | "mend-d1"): Promise<void> {
    switch (kind) {
      case "kill-server":
        return this.#killServer();
      case "lose-fleet":
        return this.#house.serveAgain(() =>
          rmSync(join(this.#house.dataDir, "fleet"), { recursive: true, force: true }),
        );
      case "d1-away":
        return this.#d1.take(this.#house);
      case "mend-d1":
        return this.#d1.letGo();
    }
  }

  #killServer(): void {
    try {
      process.kill(this.#house.server.pid(), "SIGKILL");
    } catch {
      // It is down already, and on its way up.
    }
  }

  /** Somebody else with this host's credential, who says what never happened there. */
  async #clone(host: FaultHost): Promise<void> {
    const clone = await RawAgent.connect(this.#house.server.url, host.credential);
    const snapshot = (await host.host.status())?.services[0];
    clone.say(helloOf({ journalId: "clone", bootId: "clone" }));
    await clone.hears("error");
    const down = { ...snapshot, verdict: "down", reasonCode: "exited", reason: "said by a clone" };
    clone.say({ type: "events", events: [{ kind: "flip", seq: 1, atMs: Date.now(), snapshot: down }] });
    clone.end();
  }

  async #order(host: FaultHost): Promise<void> {
    const owner = this.#owners.get(host.slug);
    await owner?.post("/app/commands", { hostId: host.id, service: "steady", verb: "restart" });
  }

  /** With a server that is killed, or a network that is not there, these may come to nothing. */
  #meanwhile(doing: Promise<unknown>): void {
    this.#beside.push(doing.catch(() => {}));
  }

  /** Everything is made well. Answers what is not, after a long while. */
  async #calm(): Promise<Finding[]> {
    this.#d1.letGo();
    for (const { proxy } of this.#hosts) proxy.calm();
    // The worst comes last, and it ends what still waits for a harmed connection.
    this.#killServer();
    for (const host of this.#hosts) {
      host.loops("looper", false);
      host.proxy.cut();
      await host.kill();
      await host.start();
    }
    await Promise.all(this.#beside);
    const unwell: Finding[] = [];
    for (const host of this.#hosts) {
      try {
        for (const service of SERVICES) await host.host.see(service, isWell, "well");
        await host.isRecorded(CALM_WITHIN_MS);
      } catch (error) {
        unwell.push({ kind: "lost", where: host.name, what: String(error) });
      }
    }
    await this.#commandsEnd().catch((error: unknown) =>
      unwell.push({ kind: "command", where: "D1", what: String(error) }),
    );
    for (const host of this.#hosts) await host.isRecorded(CALM_WITHIN_MS).catch(() => {});
    return unwell;
  }

  #commandsEnd(): Promise<unknown> {
    const open = ["queued", "delivered", "running"];
    const areOver = () => d1Story(this.#house).commands.every(({ step }) => !open.includes(step));
    return until("every command to end", areOver, CALM_WITHIN_MS);
  }

  async #judge(unwell: Finding[]): Promise<Omit<Walked, "steps" | "calmMs">> {
    const stories = await Promise.all(this.#hosts.map((host) => hostStory(host, ["steady"], this.#memories.get(host))));
    const d1 = d1Story(this.#house);
    const findings = [...unwell, ...judgeRecords(stories, d1, fleetStories(this.#house))];
    const sum = (of: number[]) => of.reduce((all, each) => all + each, 0);
    return {
      events: sum(stories.map(({ events }) => events.length)),
      rows: sum(stories.map(expectedRows)),
      commands: d1.commands.length,
      taken: this.#taken,
      findings,
      lost: findings.filter(({ kind }) => kind === "lost").length,
      double: findings.filter(({ kind }) => kind === "double").length,
    };
  }
}

function isWell({ verdict, loop }: { verdict: string; loop: { closedMs: number | null } | null }): boolean {
  return verdict === "healthy" && (loop === null || loop.closedMs !== null);
}

/** One walk on a house of its own. */
export async function walkOnce(
  steps: Iterable<Step>,
  forMs: number,
  progress?: (text: string) => void,
): Promise<Walked> {
  const walk = await FaultWalk.begin();
  try {
    return await walk.walk(steps, forMs, progress);
  } finally {
    await walk.end();
  }
}

/** A random walk of faults for so many seconds. */
export function faultWalk(seconds: number, seed: number, progress?: (text: string) => void): Promise<Walked> {
  return walkOnce(stepsFrom(seed, HOSTS.length), seconds * 1000, progress);
}
