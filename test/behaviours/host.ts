import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { AGENT } from "../stories/house/host.ts";
import { until } from "../stories/house/until.ts";
import { isAlive, markedProcesses, killIfThere } from "./processes.ts";

/** A fixture, named by what it does, as part of a command line. */
export const program = (name: string) => fileURLToPath(new URL(`programs/${name}`, import.meta.url));

interface Status {
  agent: { pid: number };
  services: ServiceSnapshot[];
  link?: LinkSaid;
}

/** What `afloat status --json` says of the link. */
export interface LinkSaid {
  kind: "none" | "connecting" | "connected" | "refused";
  via?: "socket" | "http";
  unsent: number;
  why?: string;
  lastError?: string | null;
}

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** How an agent is started, where not by this user, in the foreground, and without limits. */
export interface Start {
  /** Put before it: `prlimit --nofile=40 --`, say. */
  before?: string[];
  args?: string[];
  env?: Record<string, string>;
}

/** A host of a test's own: a folder with an afloat.yaml, agents as people get them, and nothing left when the test is over. */
export class Host {
  readonly dir = mkdtempSync(join(tmpdir(), "afloat-behaviour-"));
  readonly stateDir = join(this.dir, ".afloat");
  readonly #agents: ChildProcess[] = [];

  constructor(services: string) {
    this.configure(services);
  }

  /** Writes the services, indented or not, as an afloat.yaml. */
  configure(services: string): void {
    writeFileSync(join(this.dir, "afloat.yaml"), `services:\n${services}`);
  }

  /** Runs `afloat …` to its end. */
  afloat(...args: string[]): Promise<Ran> {
    return new Promise((resolve) => {
      const options = { cwd: this.dir, maxBuffer: 64 * 1024 * 1024 };
      execFile(process.execPath, [AGENT, ...args], options, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  }

  /** Runs an `afloat …` that goes on until the test is over; `out` grows meanwhile. */
  follow(...args: string[]): { out: string } {
    const child = spawn(process.execPath, [AGENT, ...args], { cwd: this.dir, stdio: ["ignore", "pipe", "ignore"] });
    this.#agents.push(child);
    const following = { out: "" };
    child.stdout.on("data", (chunk: Buffer) => (following.out += chunk.toString("utf8")));
    return following;
  }

  /** Starts an agent and waits until it answers. */
  async start(how: Start = {}): Promise<ChildProcess> {
    const agent = this.spawn(how);
    await until("the agent to answer", async () => {
      if (agent.exitCode !== null) throw new Error(`the agent ended with ${agent.exitCode}: ${this.log()}`);
      return this.status();
    });
    return agent;
  }

  /** Starts an agent, and waits for nothing. */
  spawn({ before = [], args = [], env = {} }: Start = {}): ChildProcess {
    const [first = "", ...rest] = [...before, process.execPath, AGENT, "up", ...args];
    const options = { cwd: this.dir, stdio: "ignore" as const, env: { ...process.env, ...env } };
    const agent = spawn(first, rest, options);
    this.#agents.push(agent);
    return agent;
  }

  /** Ends the agent as a crash would, and answers when it is gone. */
  async kill(agent: ChildProcess): Promise<void> {
    const gone = new Promise((resolve) => agent.once("exit", resolve));
    agent.kill("SIGKILL");
    await gone;
  }

  /** What the agent says of itself; null where none answers. */
  status(): Promise<Status | null> {
    return new Promise((resolve) => {
      const socket = connect(join(this.stateDir, "control.sock"));
      let text = "";
      socket.once("connect", () => socket.write('{"version":1,"id":1,"call":"status"}\n'));
      socket.on("data", (chunk) => {
        text += chunk.toString("utf8");
        if (!text.endsWith("\n")) return;
        const answer: { status?: Status } = JSON.parse(text);
        socket.destroy();
        resolve(answer.status ?? null);
      });
      socket.once("error", () => resolve(null));
      socket.once("close", () => resolve(null));
    });
  }

  async service(name: string): Promise<ServiceSnapshot | undefined> {
    return (await this.status())?.services.find((service) => service.name === name);
  }

  /** Waits until a service is as the condition says. */
  async see(name: string, condition: (service: ServiceSnapshot) => boolean, what: string): Promise<ServiceSnapshot> {
    let seen: ServiceSnapshot | undefined;
    try {
      return await until(what, async () => {
        seen = await this.service(name);
        return seen !== undefined && condition(seen) && seen;
      });
    } catch (error) {
      throw new Error(`${name} was never ${what}; it is ${JSON.stringify(seen)}\n${this.log().slice(-3000)}`, {
        cause: error,
      });
    }
  }

  /** Waits until it is up; answers its pid. */
  async pidOf(name: string): Promise<number> {
    const { pid } = await this.see(name, ({ state, pid: each }) => state === "up" && each !== null, "up");
    return pid ?? 0;
  }

  /** The agent's log. */
  log(): string {
    return this.read(join(".afloat", "agent.log"));
  }

  /** What a service wrote, as far as its live file has it. */
  output(service: string): string {
    return this.read(join(".afloat", "logs", `${service}.log`)).replaceAll("\0", "");
  }

  /** A file of the host's folder, empty where there is none. */
  read(path: string): string {
    try {
      return readFileSync(join(this.dir, path), "utf8");
    } catch {
      return "";
    }
  }

  /** Every living process that was started from here. */
  processes(): { pid: number; service: string; spawn: number }[] {
    const id = /\w+/.exec(this.read(join(".afloat", "id.json")))?.[0] ?? "none";
    return markedProcesses(`${id}:`);
  }

  /** Ends whatever runs here, and takes the folder away. Fails where something is left. */
  async end(): Promise<void> {
    try {
      await this.stop();
    } finally {
      rmSync(this.dir, { recursive: true, force: true });
    }
  }

  /** Ends whatever runs here. Fails where something is left. */
  async stop(): Promise<void> {
    if ((await this.status()) === null && this.processes().length > 0) await this.start();
    if ((await this.status()) !== null) await this.afloat("down");
    for (const agent of this.#agents) if (isAlive(agent.pid ?? 0)) agent.kill("SIGKILL");
    const left = this.processes();
    for (const { pid } of left) killIfThere(pid);
    if (left.length > 0) throw new Error(`left behind: ${JSON.stringify(left)}`);
  }
}
