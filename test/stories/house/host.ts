import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { until } from "./until.ts";

/** The agent as hosts get it. */
export const AGENT = fileURLToPath(new URL("../../../agent/dist/afloat.cjs", import.meta.url));

/** What `afloat status --json` prints. */
interface AgentStatus {
  link: { kind: string; via?: string; unsent: number; fault?: string | null; mend?: string | null };
  services: ServiceSnapshot[];
}

/** A host of a story: a folder with an afloat.yaml, and real agents on it. */
export class StoryHost {
  readonly dir: string;
  #agent: ChildProcess | null = null;

  constructor(dir: string, config: string) {
    this.dir = dir;
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "afloat.yaml"), config);
  }

  /** Runs `afloat …` to its end and answers what it printed. Throws where it fails, unless it may. */
  run(args: string[], env: Record<string, string> = {}, may?: "may fail"): string {
    try {
      return execFileSync(process.execPath, [AGENT, ...args], {
        ...{ cwd: this.dir, encoding: "utf8" as const, stdio: ["ignore", "pipe", "pipe"] },
        env: { ...process.env, ...env },
      });
    } catch (error) {
      if (may === "may fail") return "";
      throw error;
    }
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.dir, name), text);
  }

  remove(name: string): void {
    rmSync(join(this.dir, name));
  }

  /** As systemd starts it (worker/src/api/install.sh): the configuration is checked and handed over, then the daemon runs. */
  start(): void {
    this.run(["up", "--prepare"]);
    const place = ["--config", join(this.dir, "afloat.yaml"), "--state", join(this.dir, ".afloat")];
    this.#agent = spawn(process.execPath, [AGENT, "daemon", ...place], { cwd: this.dir, stdio: "ignore" });
  }

  get pid(): number {
    return this.#agent?.pid ?? 0;
  }

  /** Ends the agent as a crash would. */
  async kill(): Promise<void> {
    const agent = this.#agent;
    if (agent === null) return;
    const ended = new Promise((resolve) => agent.once("exit", resolve));
    agent.kill("SIGKILL");
    await ended;
  }

  /** The agent's own log. */
  log(): string {
    return readFileSync(join(this.dir, ".afloat", "agent.log"), "utf8");
  }

  /** What the agent says of itself and its services; null where none answers just now. */
  status(): AgentStatus | null {
    const printed = this.run(["status", "--json"], {}, "may fail");
    if (printed === "") return null;
    const status: AgentStatus = JSON.parse(printed);
    return status;
  }

  services(): ServiceSnapshot[] {
    return this.status()?.services ?? [];
  }

  async see(name: string, condition: (service: ServiceSnapshot) => boolean, what: string): Promise<ServiceSnapshot> {
    return until(`${name} ${what}`, () => this.services().find((each) => each.name === name && condition(each)));
  }

  /** Ends whatever runs here, services too. */
  async end(): Promise<void> {
    if (this.status() === null) {
      await this.kill();
      this.start();
      await until("an agent that can stop what runs", () => this.status());
    }
    this.run(["down"]);
  }
}
