import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT } from "../../stories/house/host.ts";
import { WebKeeper } from "./web-keeper.ts";

/** The agent with the same wrong endpoint at the same pace. */
export class AfloatWeb extends WebKeeper {
  readonly title = "afloat";

  install(): void {}

  start(): void {
    const health = "{ http: /health, interval: 5s }";
    const config = `services:\n  web: { command: ${this.line}, port: ${this.port}, health: ${health} }\n`;
    writeFileSync(join(this.dir, "afloat.yaml"), config);
    this.#afloat("up", "--daemon");
  }

  override async end(): Promise<void> {
    this.#afloat("down");
    await super.end();
  }

  #afloat(...args: string[]): void {
    execFileSync(process.execPath, [AGENT, ...args], { cwd: this.dir, stdio: "ignore" });
  }
}
