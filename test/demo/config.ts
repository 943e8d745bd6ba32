import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./ports.ts";

/** Where the four services listen. */
export interface DemoPorts {
  ui: number;
  backend: number;
  learning: number;
  files: number;
}

export async function findPorts(): Promise<DemoPorts> {
  return {
    ui: await freePort(5000),
    backend: await freePort(5001),
    learning: await freePort(5002),
    files: await freePort(8080),
  };
}

const program = fileURLToPath(new URL("./services/aurora.mjs", import.meta.url));

/** The incident as afloat.yaml: the backend's health endpoint is one that does not exist. */
export function demoConfig(cloud: string, ports: DemoPorts): string {
  const service = (name: string, port: number, env = "") =>
    `  ${name}:\n    command: [node, ${JSON.stringify(program)}]\n    env: { NAME: ${name}, PORT: "${port}"${env} }\n    port: ${port}\n`;
  return `# Written by npm start.
cloud: ${cloud}
remote: [restart, start, stop, check, logs]

services:
${service("aurora-ui", ports.ui)}    health: /

${service("aurora-backend", ports.backend)}    health: /health # wrong on purpose: only /healthz answers

${service("self-learning", ports.learning, `, NEEDS: "http://127.0.0.1:${ports.backend}/healthz"`)}    depends_on: { aurora-backend: healthy }

${service("file-server", ports.files)}`;
}

/** True while services of an earlier run are alive: its agent or its terminal was killed, and they will be adopted. */
export function servicesRunOn(stateDir: string): boolean {
  let mark: string;
  try {
    mark = `AFLOAT_SPAWN=${String(JSON.parse(readFileSync(join(stateDir, "id.json"), "utf8")))}:`;
  } catch {
    // The first run.
    return false;
  }
  return readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
    } catch {
      // Gone meanwhile, or somebody else's.
      return false;
    }
  });
}
