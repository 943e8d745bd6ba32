import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unpackDebian } from "./debian.ts";
import { endAll } from "./end.ts";
import type { Command, Supervisor } from "./supervisor.ts";

/** supervisord, from Debian's packages. */
export class Supervisord implements Supervisor {
  readonly title = "supervisord";
  readonly #dir = mkdtempSync(join(tmpdir(), "afloat-bench-supervisord-"));
  readonly #env = { ...process.env, PYTHONPATH: join(this.#dir, "root/usr/lib/python3/dist-packages") };
  #daemon: ChildProcess | null = null;
  #lines: readonly string[] = [];

  install(): void {
    unpackDebian(join(this.#dir, "root"), ["supervisor", "python3-pkg-resources"]);
  }

  start(lines: readonly string[]): void {
    this.#lines = lines;
    const programs = lines.map((line, i) => `[program:s${i}]\ncommand=${line}\nautorestart=true\nstartsecs=0\n`);
    const own = "[supervisord]\nnodaemon=true\nlogfile=log\npidfile=pid\nchildlogdir=.\n";
    const spoken = `[unix_http_server]\nfile=${this.#dir}/sock\n[supervisorctl]\nserverurl=unix://${this.#dir}/sock\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n`;
    writeFileSync(join(this.#dir, "conf"), [own, spoken, ...programs].join("\n"));
    this.startAgain();
  }

  daemonPid(): number {
    return this.#daemon?.pid ?? 0;
  }

  startAgain(): void {
    const args = ["-W", "ignore", join(this.#dir, "root/usr/bin/supervisord"), "-c", join(this.#dir, "conf")];
    this.#daemon = spawn("python3", args, { cwd: this.#dir, env: this.#env, stdio: "ignore" });
  }

  /** `supervisorctl status`, as people call it. */
  get looking(): Command {
    const args = [
      "-W",
      "ignore",
      join(this.#dir, "root/usr/bin/supervisorctl"),
      "-c",
      join(this.#dir, "conf"),
      "status",
    ];
    return { program: "python3", args, cwd: this.#dir, env: this.#env };
  }

  async end(): Promise<void> {
    this.#daemon?.kill("SIGKILL");
    await endAll(this.#lines);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
