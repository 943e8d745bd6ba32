import { createServer, type Server } from "node:net";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ChildProcess } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { until } from "../stories/house/until.ts";
import { Host, program } from "./host.ts";
import { oneOf, randomFrom } from "./random.ts";
import { SmallDisk } from "./small-disk.ts";
import { isAlive } from "./processes.ts";

const NAMES = ["plain", "stubborn", "tree", "strays", "web", "green"] as const;
const QUICK = "backoff: { min: 10ms, max: 60ms, stable_after: 100ms }, stop: { timeout: 150ms }";

/** Services of each kind that is hard to keep. */
const servicesOn = (port: number) => `  plain: { command: sleep 48000, ${QUICK} }
  stubborn: { command: [sh, ${program("ignores-sigterm.sh")}], ${QUICK} }
  tree: { command: [sh, ${program("three-levels.sh")}], ${QUICK} }
  strays: { command: [sh, -c, "setsid sleep 48001 & exec sleep 48002"], ${QUICK} }
  web: { command: [python3, -m, http.server, "${port}", --bind, 127.0.0.1], port: ${port}, ${QUICK}, health: { interval: 100ms, timeout: 1s } }
  green: { command: [python3, ${program("replaces-itself.py")}, "${port + 1}"], port: ${port + 1}, ${QUICK} }
`;

/**
 * A random walk with a real agent on real processes. Whatever happens, the laws hold after every step: at most one instance
 * of a service, none lost, and at the end nothing is left behind.
 */
export class Walk {
  readonly host: Host;
  readonly #disk: SmallDisk;
  readonly #port: number;
  readonly #random: () => number;
  readonly #trail: string[] = [];
  #agent: ChildProcess | null = null;
  #thief: Server | null = null;
  /** Requests under way: they are answered, or their agent is gone. */
  #asked: Promise<unknown>[] = [];

  constructor(port: number, seed: number) {
    this.host = new Host(servicesOn(port));
    this.#disk = new SmallDisk(this.host.stateDir, "12m");
    this.#port = port;
    this.#random = randomFrom(seed);
  }

  /** Walks for so long. Throws with its trail where a law is broken. */
  async walk(forMs: number, progress: (steps: number) => void = () => {}): Promise<number> {
    const endMs = performance.now() + forMs;
    let steps = 0;
    try {
      this.#agent = await this.host.start();
      for (; performance.now() < endMs; steps++) {
        await this.#step();
        await this.#checkOneInstance();
        if (steps % 15 === 14) await this.#checkNoneLost();
        progress(steps);
      }
      await this.#checkNoneLost();
    } catch (error) {
      const trail = this.#trail.slice(-40).join("\n");
      throw new Error(`after ${steps} steps:\n${trail}\n${this.host.log().slice(-4000)}`, { cause: error });
    }
    return steps;
  }

  /** Ends everything; throws where something is left behind. */
  async end(): Promise<void> {
    this.#thief?.close();
    await Promise.all(this.#asked);
    rmSync(join(this.host.stateDir, "filler"), { force: true });
    try {
      await this.host.stop();
    } finally {
      this.#disk.end();
      rmSync(this.host.dir, { recursive: true, force: true });
    }
  }

  async #step(): Promise<void> {
    const name = this.#one(NAMES);
    const steps: [string, () => void | Promise<void>][] = [
      ["kill one", () => this.#signalOne("SIGKILL")],
      ["kill one", () => this.#signalOne("SIGKILL")],
      ["term one", () => this.#signalOne("SIGTERM")],
      ["hang up one", () => this.#signalOne("SIGHUP")],
      ["freeze one", () => this.#signalOne("SIGSTOP")],
      ["continue one", () => this.#signalOne("SIGCONT")],
      ["replace one", () => this.#replace()],
      [`stop ${name}`, () => this.#ask("stop", name)],
      [`start ${name}`, () => this.#ask("start", name)],
      [`start ${name}`, () => this.#ask("start", name)],
      [`restart ${name}`, () => this.#ask("restart", name)],
      ["kill -9 the agent", () => this.#nextAgent("SIGKILL")],
      ["kill -9 the agent", () => this.#nextAgent("SIGKILL")],
      ["term the agent", () => this.#nextAgent("SIGTERM")],
      ["steal the port", () => this.#steal()],
      ["fill the disk, or make room", () => this.#fill()],
      ["remove a log", () => rmSync(join(this.host.stateDir, "logs", `${name}.log`), { force: true })],
      ["nothing", () => wait(200 * this.#random())],
    ];
    const [what, act] = this.#one(steps);
    this.#trail.push(`${new Date().toISOString()} ${what}`);
    await act();
    await wait(60 * this.#random());
  }

  #signalOne(signal: NodeJS.Signals): void {
    const all = this.host.processes();
    if (all.length === 0) return;
    const { pid, service } = this.#one(all);
    this.#trail.push(`  ${signal} to ${pid} of ${service}`);
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in this very moment.
    }
  }

  async #replace(): Promise<void> {
    const green = await this.host.service("green");
    if (green?.pid === undefined || green.pid === null || !isAlive(green.pid)) return;
    process.kill(green.pid, "SIGUSR2");
  }

  #ask(verb: string, name: string): void {
    this.#asked.push(this.host.afloat(verb, name));
  }

  async #nextAgent(signal: NodeJS.Signals): Promise<void> {
    const agent = this.#agent;
    agent?.kill(signal);
    // Sometimes the next one is there before the last one is gone, and is refused.
    if (this.#random() < 0.7)
      await until("the agent to be gone", () => agent !== null && (agent.exitCode ?? agent.signalCode) !== null);
    this.#agent = this.host.spawn();
  }

  async #steal(): Promise<void> {
    if (this.#thief !== null) {
      this.#thief.close();
      this.#thief = null;
      return;
    }
    const thief = createServer();
    this.#thief = await new Promise<Server | null>((resolve) => {
      thief.once("error", () => resolve(null));
      thief.listen(this.#port, "127.0.0.1", () => resolve(thief));
    });
  }

  /** Nothing can be written, on a disk of its own; or again it can. */
  #fill(): void {
    const filler = join(this.host.stateDir, "filler");
    if (!this.#disk.isOwn) return;
    if (existsSync(filler)) rmSync(filler);
    else this.#disk.fill(filler);
  }

  /** Law 5. A look at all processes is no instant: what seems to be two must be so at a second look. */
  async #checkOneInstance(): Promise<void> {
    const first = this.host.processes();
    const doubles = NAMES.filter((name) => spawnsOf(first, name).size > 1);
    if (doubles.length === 0) return;
    const still = first.filter(({ pid, service }) => doubles.some((name) => name === service) && isAlive(pid));
    for (const name of doubles)
      if (spawnsOf(still, name).size > 1) throw new Error(`${name} is there twice: ${JSON.stringify(still)}`);
  }

  /** Law 2, once it had time: what is wanted running runs, under the pid that the agent says. */
  async #checkNoneLost(): Promise<void> {
    this.#trail.push("all is to be well");
    this.#thief?.close();
    this.#thief = null;
    rmSync(join(this.host.stateDir, "filler"), { force: true });
    for (const { pid } of this.host.processes()) continued(pid);
    await this.#anAgent();
    await Promise.all(this.#asked);
    this.#asked = [];
    for (const name of NAMES) {
      await this.host.see(
        name,
        ({ desired, state, pid }) => (desired === "pause" ? state === "paused" : state === "up" && isAlive(pid ?? 0)),
        "where it is wanted",
      );
    }
  }

  async #anAgent(): Promise<void> {
    await until("an agent that answers", async () => {
      if ((await this.host.status()) !== null) return true;
      const over = this.#agent === null || (this.#agent.exitCode ?? this.#agent.signalCode) !== null;
      if (over) this.#agent = this.host.spawn();
      await wait(100);
      return false;
    });
  }

  #one<T>(of: readonly T[]): T {
    return oneOf(of, this.#random);
  }
}

function continued(pid: number): void {
  try {
    process.kill(pid, "SIGCONT");
  } catch {
    // It ended in this very moment.
  }
}

const spawnsOf = (all: { service: string; spawn: number }[], name: string) =>
  new Set(all.filter(({ service }) => service === name).map(({ spawn }) => spawn));
