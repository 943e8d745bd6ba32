import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../stories/house/until.ts";
import type { Command, Supervisor } from "./supervisor.ts";

const VERSION = "7.0.4";

/** pm2, the most used supervisor in this field, from npm. */
export class Pm2 implements Supervisor {
  readonly title = `pm2 ${VERSION}`;
  readonly #dir = mkdtempSync(join(tmpdir(), "afloat-bench-pm2-"));
  readonly #env = { ...process.env, PM2_HOME: join(this.#dir, "home"), PM2_DISCRETE_MODE: "true" };

  install(): void {
    writeFileSync(join(this.#dir, "package.json"), "{}");
    const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", `pm2@${VERSION}`];
    execFileSync("npm", args, { cwd: this.#dir, stdio: "ignore" });
  }

  start(lines: readonly string[]): void {
    const apps = lines.map((line, i) => {
      const script = join(this.#dir, `s${i}.sh`);
      writeFileSync(script, `exec ${line}\n`);
      return { name: `s${i}`, script, interpreter: "/bin/sh" };
    });
    writeFileSync(join(this.#dir, "apps.json"), JSON.stringify({ apps }));
    this.#run("start", join(this.#dir, "apps.json"));
  }

  daemonPid(): number {
    return Number(readFileSync(join(this.#dir, "home/pm2.pid"), "utf8"));
  }

  /** Remembers what runs, for `startAgain`. */
  save(): void {
    this.#run("save");
  }

  startAgain(): void {
    this.#run("resurrect");
  }

  /** `pm2 ls`, as people call it. */
  get looking(): Command {
    return { program: join(this.#dir, "node_modules/.bin/pm2"), args: ["ls"], cwd: this.#dir, env: this.#env };
  }

  async end(): Promise<void> {
    if (existsSync(join(this.#dir, "home/pm2.pid"))) this.#run("kill");
    await until("pm2 to be gone", () => !existsSync(join(this.#dir, "home/pm2.pid")));
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #run(...args: string[]): string {
    const program = join(this.#dir, "node_modules/.bin/pm2");
    return execFileSync(program, args, { env: this.#env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  }
}
