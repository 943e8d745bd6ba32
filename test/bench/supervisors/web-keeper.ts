import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { processesCalled } from "../../behaviours/processes.ts";
import { endAll } from "./end.ts";

/** A healthy service that answers 404 to `/health`. */
const WEB = fileURLToPath(new URL("../programs/web.mjs", import.meta.url));

/** A supervisor that calls an endpoint of one web service and restarts it by what it answers. */
export abstract class WebKeeper {
  abstract readonly title: string;
  protected readonly dir = mkdtempSync(join(tmpdir(), "afloat-bench-health-"));
  protected daemon: ChildProcess | null = null;
  readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  /** Gets it, where it is not part of the project. Throws where it cannot be had. */
  abstract install(): void;

  /** Starts it with a configuration whose endpoint is wrong: `/health` on the right port. */
  abstract start(): void;

  /** How often the service was started. */
  starts(): number {
    try {
      return readFileSync(join(this.dir, "starts"), "utf8").trim().split("\n").length;
    } catch {
      // Not started yet.
      return 0;
    }
  }

  async end(): Promise<void> {
    this.daemon?.kill("SIGKILL");
    await endAll([this.line]);
    rmSync(this.dir, { recursive: true, force: true });
  }

  protected get line(): string {
    return `${process.execPath} ${WEB} ${this.port}`;
  }

  /** True while the service runs. */
  get isUp(): boolean {
    return processesCalled(this.line).length > 0;
  }

  protected run(program: string, args: string[], env: NodeJS.ProcessEnv = process.env): void {
    this.daemon = spawn(program, args, { cwd: this.dir, env, stdio: "ignore" });
  }
}
