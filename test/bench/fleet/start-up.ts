import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { workerdPath } from "@afloat/worker/embedded/workerd";
import { claimPorts } from "../../claim-ports.ts";
import { until } from "../../stories/house/until.ts";
import { cpuMs } from "../cost.ts";

/** What workerd itself, with this bundle and no bindings, uses of the processor until it has answered once, milliseconds. */
export async function startupCpuMs(bundle: string): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "afloat-bench-start-"));
  const port = await claimPorts();
  const names = readdirSync(bundle).filter((name) => /\.(?:js|sql|sh)$|-.*\.md$/.test(name));
  for (const name of names) copyFileSync(join(bundle, name), join(dir, name));
  writeFileSync(join(dir, "config.capnp"), configOf(names, port));
  const workerd = spawn(workerdPath(), ["serve", "config.capnp", "--experimental"], { cwd: dir, stdio: "ignore" });
  try {
    const asked = () =>
      fetch(`http://127.0.0.1:${port}/livez`).then(
        (answer) => answer.ok,
        () => false,
      );
    await until("the Worker to answer", asked);
    return cpuMs(workerd.pid ?? 0);
  } finally {
    const ended = new Promise((resolve) => workerd.once("exit", resolve));
    workerd.kill("SIGKILL");
    await ended;
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The module that is run comes first. */
function configOf(names: readonly string[], port: number): string {
  const modules = names
    .toSorted((a, b) => Number(b === "index.js") - Number(a === "index.js"))
    .map((name) => `(name = "${name}", ${name.endsWith(".js") ? "esModule" : "text"} = embed "${name}")`);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
  services = [(name = "main", worker = .main)],
);
const main :Workerd.Worker = (
  modules = [${modules.join(", ")}],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["nodejs_compat"],
);
`;
}
