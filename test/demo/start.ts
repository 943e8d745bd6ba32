import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type EmbeddedServer, serveEmbedded } from "@afloat/worker/embedded/serve";
import { DemoAgent } from "./agent.ts";
import { type DemoPorts, demoConfig, findPorts, servicesRunOn } from "./config.ts";
import { freePort } from "./ports.ts";

/** `npm start`: the whole product on this machine. A Worker with its database, an agent, and the four services of the incident. */

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, ".afloat");
const configFile = join(folder, "afloat.yaml");
const stateDir = join(folder, "agent");
const OWNER = { email: "you@afloat.local", name: "You", organization: "Aurora", slug: "aurora" };

const startedMs = Date.now();
await demo();

async function demo(): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  execFileSync(process.execPath, [join(root, "agent/build.ts")]);
  execFileSync(process.execPath, [join(root, "worker/build.ts")]);
  const server = await serveEmbedded({
    stateDir: join(folder, "cloud"),
    host: "127.0.0.1",
    port: await freePort(7654),
    allowPrivate: true,
    statusCacheMs: 300,
    say: console.log,
  });
  const { statusPage } = await server.operator<{ statusPage: string }>("/found", OWNER);
  const agent = new DemoAgent(configFile, stateDir);
  const stop = () => void end(agent, server);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stop);
  await agent.endLeftover();
  writeFileSync(configFile, demoConfig(server.url, await ports()));
  await enrol(agent, server);
  agent.start();
  tell(statusPage, await signInLink(server));
  offerLinks(server);
}

/** The ports of last time where its services still run there; else free ones. */
async function ports(): Promise<DemoPorts> {
  const path = join(folder, "ports.json");
  if (existsSync(path) && servicesRunOn(stateDir)) {
    const known: DemoPorts = JSON.parse(readFileSync(path, "utf8"));
    return known;
  }
  const found = await findPorts();
  writeFileSync(path, JSON.stringify(found));
  return found;
}

async function enrol(agent: DemoAgent, server: EmbeddedServer): Promise<void> {
  if (existsSync(join(stateDir, "credential.json"))) return;
  const wanted = { slug: OWNER.slug, name: "npm start", singleUse: true, expiresInMs: 60_000 };
  const { key } = await server.operator<{ key: string }>("/enrolment-key", wanted);
  agent.run(["enroll"], { AFLOAT_ENROLMENT_KEY: key });
}

async function signInLink(server: EmbeddedServer): Promise<string> {
  const { url } = await server.operator<{ url: string }>("/sign-in-link", { email: OWNER.email });
  return url;
}

function tell(statusPage: string, link: string): void {
  console.log(`
Afloat runs (ready after ${((Date.now() - startedMs) / 1000).toFixed(1)} s). Ctrl-C stops everything.

  Status page  ${statusPage}
  Dashboard    ${link}
               (signs you in once; press Enter here for a new link)

Four services run under the agent, as .afloat/afloat.yaml says. The backend's
health endpoint does not exist, and nobody is restarted for it. To try, in
another terminal in this folder:

  npx -y pnpm@12 afloat status   what is up, what is not, and why
  npx -y pnpm@12 afloat check    calls every endpoint; says what to write
  kill -9 PID                    of a service: it is back at once
  kill -9 PID                    of the agent: its services run on, and the
                                 next agent adopts them
`);
}

function offerLinks(server: EmbeddedServer): void {
  if (!process.stdin.isTTY) return;
  process.stdin.on("data", () => void signInLink(server).then((link) => console.log(`  Dashboard    ${link}`)));
}

async function end(agent: DemoAgent, server: EmbeddedServer): Promise<void> {
  console.log("\nstopping every service");
  await agent.stop();
  await server.stop();
  process.exit(0);
}
