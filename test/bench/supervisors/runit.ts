import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { tmpdir } from "node:os";
import { processesCalled, relativesOf } from "../../behaviours/processes.ts";
import { unpackDebian } from "./debian.ts";
import { endAll } from "./end.ts";
import type { Supervisor } from "./supervisor.ts";

/** runit, from Debian's packages: one small supervisor for each service, and one above them. */
export class Runit implements Supervisor {
  readonly title = "runit";
  readonly #dir = mkdtempSync(join(tmpdir(), "afloat-bench-runit-"));
  #daemon: ChildProcess | null = null;
  #lines: readonly string[] = [];

  install(): void {
    unpackDebian(join(this.#dir, "root"), ["runit"]);
  }

  start(lines: readonly string[]): void {
    this.#lines = lines;
    lines.forEach((line, i) => {
      mkdirSync(join(this.#dir, `services/s${i}`), { recursive: true });
      writeFileSync(join(this.#dir, `services/s${i}/run`), `#!/bin/sh\nexec ${line}\n`, { mode: 0o755 });
    });
    this.startAgain();
  }

  daemonPid(): number {
    return this.#daemon?.pid ?? 0;
  }

  startAgain(): void {
    const bin = join(this.#dir, "root/usr/bin");
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}` };
    this.#daemon = spawn(join(bin, "runsvdir"), [join(this.#dir, "services")], { env, stdio: "ignore" });
  }

  async end(): Promise<void> {
    this.#daemon?.kill("SIGKILL");
    // Each service's own supervisor would start it again.
    for (const pid of [...new Set(this.#lines)].flatMap(processesCalled)) {
      const { parent } = relativesOf(pid);
      if (parent > 1) process.kill(parent, "SIGKILL");
    }
    await endAll(this.#lines);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
