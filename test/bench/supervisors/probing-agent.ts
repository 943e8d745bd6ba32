import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { AGENT } from "../../stories/house/host.ts";
import { until } from "../../stories/house/until.ts";

/** A program of the bench, as part of a command line. */
export const benchProgram = (name: string) => fileURLToPath(new URL(`../programs/${name}`, import.meta.url));

/** An agent as people start it in the background, with services to probe. */
export class ProbingAgent {
  readonly dir = mkdtempSync(join(tmpdir(), "afloat-bench-probing-"));

  /** `services`: as in afloat.yaml, a line each, indented. */
  start(services: readonly string[]): void {
    writeFileSync(join(this.dir, "afloat.yaml"), `services:\n${services.join("\n")}\n`);
    this.#afloat("up", "--daemon");
  }

  get pid(): number {
    const holder: { pid: number } = JSON.parse(readFileSync(join(this.dir, ".afloat/agent.json"), "utf8"));
    return holder.pid;
  }

  services(): ServiceSnapshot[] {
    const status: { services: ServiceSnapshot[] } = JSON.parse(this.#afloat("status", "--json"));
    return status.services;
  }

  async see(what: string, condition: (services: ServiceSnapshot[]) => boolean): Promise<void> {
    await until(what, () => condition(this.services()), 120_000);
  }

  /** A file of its folder, empty where there is none. */
  read(name: string): string {
    try {
      return readFileSync(join(this.dir, name), "utf8");
    } catch {
      // Nothing was written to it yet.
      return "";
    }
  }

  end(): void {
    this.#afloat("down");
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Answers what it printed, whatever its exit code: status says with it that something is not up. */
  #afloat(...args: string[]): string {
    try {
      const options = { cwd: this.dir, encoding: "utf8" as const, maxBuffer: 64 * 1024 * 1024 };
      return execFileSync(process.execPath, [AGENT, ...args], { ...options, stdio: ["ignore", "pipe", "ignore"] });
    } catch (error) {
      if (error instanceof Error && "stdout" in error && typeof error.stdout === "string") return error.stdout;
      throw error;
    }
  }
}
