import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { fetchStatus } from "../src/cli/fetch-status.ts";
import type { Status } from "../src/control/protocol.ts";

const MAIN = fileURLToPath(new URL("../src/afloat.ts", import.meta.url));

/** The path of a fixture program. */
export const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

/** A host of a test's own: a folder with an afloat.yaml, real agents on it, and everything ended when the test is over. */
export class Host {
  readonly dir = mkdtempSync(join(tmpdir(), "afloat-test-"));
  readonly stateDir = join(this.dir, ".afloat");
  private agents: ChildProcess[] = [];

  constructor(config: string) {
    this.configure(config);
  }

  configure(config: string): void {
    writeFileSync(join(this.dir, "afloat.yaml"), config);
  }

  /** Runs `afloat …` to its end. */
  run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [MAIN, ...args], { cwd: this.dir }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, err }),
      );
    });
  }

  /** Starts a real agent in a process of its own, and waits until it answers. `preload` is run in it first. */
  async start(preload?: { path: string; env: Record<string, string> }): Promise<ChildProcess> {
    const before = preload === undefined ? [] : ["--import", preload.path];
    const env = { ...process.env, ...preload?.env };
    const agent = spawn(process.execPath, [...before, MAIN, "up"], { cwd: this.dir, stdio: "ignore", env });
    this.agents.push(agent);
    await until(async () => (await this.status())?.agent.pid === agent.pid, "the agent answers");
    return agent;
  }

  status(): Promise<Status | null> {
    return fetchStatus(this.stateDir).catch(() => null);
  }

  async service(name: string): Promise<ServiceSnapshot | undefined> {
    return (await this.status())?.services.find((service) => service.name === name);
  }

  /** Waits until a service is as the condition says, and answers it. */
  async see(name: string, condition: (service: ServiceSnapshot) => boolean, what: string): Promise<ServiceSnapshot> {
    let seen: ServiceSnapshot | undefined;
    await until(
      async () => {
        seen = await this.service(name);
        return seen !== undefined && condition(seen);
      },
      `${name}: ${what}`,
      () => JSON.stringify(seen),
    );
    if (seen === undefined) throw new Error("seen and not seen");
    return seen;
  }

  log(): string {
    return readFileSync(join(this.stateDir, "agent.log"), "utf8");
  }

  /** Ends whatever runs here. */
  async end(): Promise<void> {
    if ((await this.status()) === null) {
      for (const agent of this.agents) agent.kill("SIGKILL");
      await this.start();
    }
    await this.run("down");
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Waits for a condition; a test that waits in vain says for what. */
export async function until(
  look: () => Promise<boolean> | boolean,
  what: string,
  seen = () => "",
  withinMs = 45_000,
): Promise<void> {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs;) {
    if (await look()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain: ${what} ${seen()}`);
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** True while a process is there and no zombie. */
export { isAlive } from "../src/process/proc.ts";
