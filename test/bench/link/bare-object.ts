import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerdPath } from "@afloat/worker/embedded/workerd";
import { claimPorts } from "../../claim-ports.ts";
import { until } from "../../stories/house/until.ts";
import { benchProgram } from "../supervisors/probing-agent.ts";

/** The same workerd, with a Durable Object that does nothing but write a row for each message (programs/bare-object.mjs). */
export class BareObject {
  readonly url: string;
  readonly #dir: string;
  readonly #workerd: ChildProcess;

  private constructor(dir: string, port: number) {
    this.#dir = dir;
    this.url = `http://127.0.0.1:${port}`;
    this.#workerd = spawn(workerdPath(), ["serve", "config.capnp", "--experimental"], { cwd: dir, stdio: "ignore" });
  }

  static async start(): Promise<BareObject> {
    const dir = mkdtempSync(join(tmpdir(), "afloat-bench-bare-"));
    const port = await claimPorts();
    mkdirSync(join(dir, "data"));
    copyFileSync(benchProgram("bare-object.mjs"), join(dir, "bare-object.mjs"));
    writeFileSync(join(dir, "config.capnp"), configOn(port));
    const bare = new BareObject(dir, port);
    const asked = () =>
      fetch(`${bare.url}/?id=ready`, { method: "POST", body: "ready?" }).then(
        (answer) => answer.ok,
        () => false,
      );
    await until("the bare object to answer", asked);
    return bare;
  }

  get pid(): number {
    return this.#workerd.pid ?? 0;
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#workerd.once("exit", resolve));
    this.#workerd.kill("SIGKILL");
    await ended;
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** As the embedded server is configured (worker/embedded/config.ts), with nothing in it. */
function configOn(port: number): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "bare")],
  services = [(name = "bare", worker = .bare), (name = "disk", disk = (path = "data", writable = true))],
);
const bare :Workerd.Worker = (
  modules = [(name = "bare-object.mjs", esModule = embed "bare-object.mjs")],
  compatibilityDate = "2026-11-01",
  bindings = [(name = "BARE", durableObjectNamespace = "Bare")],
  durableObjectNamespaces = [(className = "Bare", uniqueKey = "bench-Bare", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
);
`;
}
