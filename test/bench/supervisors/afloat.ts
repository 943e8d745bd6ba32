import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AGENT } from "../../stories/house/host.ts";
import type { Command, Supervisor } from "./supervisor.ts";

/** The agent, as people start it. */
export class Afloat implements Supervisor {
  readonly title = "afloat";
  readonly #dir = mkdtempSync(join(tmpdir(), "afloat-bench-agent-"));

  install(): void {}

  start(lines: readonly string[]): void {
    const services = lines.map((line, i) => `  s${i}: { command: ${line}, backoff: { stable_after: 500ms } }\n`);
    writeFileSync(join(this.#dir, "afloat.yaml"), `services:\n${services.join("")}`);
    this.startAgain();
  }

  daemonPid(): number {
    const holder: { pid: number } = JSON.parse(readFileSync(join(this.#dir, ".afloat/agent.json"), "utf8"));
    return holder.pid;
  }

  startAgain(): void {
    this.#run("up", "--daemon");
  }

  /** `afloat status`, as people call it. */
  get looking(): Command {
    return { program: process.execPath, args: [AGENT, "status"], cwd: this.#dir, env: process.env };
  }

  async end(): Promise<void> {
    this.#run("down");
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #run(...args: string[]): void {
    execFileSync(process.execPath, [AGENT, ...args], { cwd: this.#dir, stdio: "ignore" });
  }
}
