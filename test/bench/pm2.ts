import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../stories/house/until.ts";

const VERSION = "7.0.4";

/** pm2, the most used supervisor in this field, installed into a folder of the bench's own and removed with it. */
export class Pm2 {
  readonly #dir = mkdtempSync(join(tmpdir(), "afloat-bench-pm2-"));
  readonly #env = { ...process.env, PM2_HOME: join(this.#dir, "home"), PM2_DISCRETE_MODE: "true" };

  static readonly title = `pm2 ${VERSION}`;

  install(): void {
    writeFileSync(join(this.#dir, "package.json"), "{}");
    const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", `pm2@${VERSION}`];
    execFileSync("npm", args, { cwd: this.#dir, stdio: "ignore" });
  }

  /** Starts these shell lines under it. */
  start(lines: readonly string[]): void {
    lines.forEach((line, i) => {
      writeFileSync(join(this.#dir, `s${i}.sh`), `exec ${line}\n`);
      this.#run("start", join(this.#dir, `s${i}.sh`), "--name", `s${i}`, "--interpreter", "/bin/sh");
    });
  }

  daemonPid(): number {
    return Number(readFileSync(join(this.#dir, "home/pm2.pid"), "utf8"));
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

/** A Node process that does nothing: the floor under every program in it. Ended by its caller. */
export function bareNode() {
  return spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
}
