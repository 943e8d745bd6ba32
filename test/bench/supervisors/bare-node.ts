import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endAll } from "./end.ts";
import type { Supervisor } from "./supervisor.ts";

/** All that it does: start, and start again. */
const SOURCE = `
const { spawn } = require("node:child_process");
const { openSync, closeSync } = require("node:fs");
for (const line of JSON.parse(process.argv[1])) {
  const start = () => {
    const log = openSync("log", "a");
    const child = spawn("/bin/sh", ["-c", "exec " + line], { detached: true, stdio: ["ignore", log, log] });
    closeSync(log);
    child.on("exit", start);
  };
  start();
}
setInterval(() => {}, 1e6);`;

/** The floor under every supervisor written for Node: the fewest lines that spawn and respawn. */
export class BareNode implements Supervisor {
  readonly title = "bare Node";
  readonly #dir = mkdtempSync(join(tmpdir(), "afloat-bench-node-"));
  #node: ChildProcess | null = null;
  #lines: readonly string[] = [];

  install(): void {}

  start(lines: readonly string[]): void {
    this.#lines = lines;
    this.#node = spawn(process.execPath, ["-e", SOURCE, JSON.stringify(lines)], { cwd: this.#dir, stdio: "ignore" });
  }

  daemonPid(): number {
    return this.#node?.pid ?? 0;
  }

  startAgain(): void {
    this.start(this.#lines);
  }

  async end(): Promise<void> {
    this.#node?.kill("SIGKILL");
    await endAll(this.#lines);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
