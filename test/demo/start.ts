import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What `npm start` runs: the four services of the incident under a real agent, in this terminal. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, ".afloat");
const main = join(root, "agent/src/afloat.ts");

await demo();

async function demo(): Promise<void> {
  const ui = await freePort(5000);
  const backend = await freePort(5001);
  const learning = await freePort(5002);
  const files = await freePort(8080);
  mkdirSync(folder, { recursive: true });
  const service = (name: string, port: number, more: string) =>
    `  ${name}:\n    command: [node, ${JSON.stringify(join(root, "test/demo/services/aurora.mjs"))}]\n    port: ${port}\n    env: { NAME: ${name}, PORT: "${port}"${more}`;
  const config = [
    "services:",
    service("aurora-ui", ui, " }\n    health: /"),
    service("aurora-backend", backend, " }\n    health: /health    # wrong on purpose: only /healthz answers"),
    service(
      "self-learning",
      learning,
      `, NEEDS: "http://127.0.0.1:${backend}/healthz" }\n    depends_on: { aurora-backend: healthy }`,
    ),
    service("file-server", files, " }"),
  ];
  writeFileSync(join(folder, "afloat.yaml"), `${config.join("\n")}\n`);
  tell();
  const agent = spawn(process.execPath, [main, "up"], { cwd: folder, stdio: "inherit" });
  // Ctrl-C reaches the agent by itself; this process only waits for it.
  process.on("SIGINT", () => {});
  agent.on("exit", (code) => (process.exitCode = code ?? 1));
}

function tell(): void {
  console.log(`
Four services start under the agent; their configuration is .afloat/afloat.yaml. In another terminal, here:

  npx -y pnpm@12 afloat status       the backend is degraded (its endpoint never answered), alive, and the line to write is shown
  npx -y pnpm@12 afloat check        calls every endpoint and port
  kill -9 PID                        of a service: it is back at once
  kill -9 PID                        of the agent: the services run on; npm start adopts them

Ctrl-C stops everything.
`);
}

/** The port, or the next free one above it, which is said. */
async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 100; port++) {
    if (!(await isFree(port))) continue;
    if (port !== wanted) console.log(`port ${wanted} is taken; ${port} is used instead`);
    return port;
  }
  throw new Error(`expected a free port between ${wanted} and ${wanted + 99}, found none`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
