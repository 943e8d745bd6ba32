import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const bundle = fileURLToPath(new URL("../../agent/dist/afloat.cjs", import.meta.url));

/** The real agent, in a process of its own, started again when it is killed: what systemd does on a host. */
export class DemoAgent {
  readonly #place: string[];
  readonly #stateDir: string;
  #child: ChildProcess | null = null;
  #stopping = false;

  constructor(configFile: string, stateDir: string) {
    this.#place = ["--config", configFile, "--state", stateDir];
    this.#stateDir = stateDir;
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  }

  /** Runs `afloat …` to its end and answers what it printed. Throws where it fails. */
  run(args: string[], env: Record<string, string> = {}): string {
    return execFileSync(process.execPath, [bundle, ...this.#place, ...args], {
      encoding: "utf8",
      // What it says is in the error, where there is one.
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
  }

  /** Ends an agent that an earlier run left behind; its services run on. */
  async endLeftover(): Promise<void> {
    const pid = this.#runningPid();
    if (pid === null) return;
    process.kill(pid, "SIGTERM");
    for (let tries = 0; tries < 100 && this.#runningPid() !== null; tries++) await wait(50);
  }

  start(): void {
    const log = openSync(join(this.#stateDir, "terminal.log"), "a", 0o600);
    // Its own group: Ctrl-C reaches us alone, and we end it in order.
    const child = spawn(process.execPath, [bundle, ...this.#place, "up"], {
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.#child = child;
    child.once("exit", (code, signal) => {
      if (this.#stopping) return;
      console.log(`the agent ended (${signal ?? `code ${code}`}); its services run on, and a new agent adopts them`);
      setTimeout(() => this.start(), 1_000);
    });
  }

  /** Stops the services, then the agent. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await ended;
  }

  #runningPid(): number | null {
    try {
      const status: { agent: { pid: number } } = JSON.parse(this.run(["status", "--json"]));
      return status.agent.pid;
    } catch {
      // Exit code 3: no agent runs.
      return null;
    }
  }
}
