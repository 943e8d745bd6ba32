import { execFile } from "node:child_process";
import { hostname } from "node:os";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setup as build } from "../stories/house/build.ts";
import { House } from "../stories/house/house.ts";
import { AGENT, type StoryHost } from "../stories/house/host.ts";
import type { Member } from "../stories/house/member.ts";
import { until } from "../stories/house/until.ts";
import { Keeper } from "./keeper.ts";
import { Relay, type Side } from "./relay.ts";

/**
 * Records what an agent and a cloud of this version say to each other: a real Worker, a real agent, and a relay in between
 * that listens. What is kept stands in shared/test/samples/, and is replayed against every later version, both ways.
 *
 *     node test/samples/record.ts protocol-1
 */

/** Fails at its first starts, until the loop is seen; then it is well, so that the loop is over. */
const FLAKY = `n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n; echo "start $n"; [ $n -ge 3 ] || exit 3; exec sleep 1000`;

const folder = fileURLToPath(new URL(`../../shared/test/samples/${process.argv[2] ?? "protocol-1"}`, import.meta.url));
build();
const keeper = new Keeper();
const seen = async (side: Side, type: string, kind?: string) => {
  await until(`the ${side} to say ${type} ${kind ?? ""}`, () => keeper.has(side, type, kind), 150_000);
  console.log(`the ${side} said ${type} ${kind ?? ""}`);
};
const house = await House.build();
const relay = await Relay.open(house.server.url, (side, message) => keeper.hear(side, message));
try {
  await record();
  keeper.write(folder, (text) => text.replaceAll(house.dir, "/srv/aurora").replaceAll(hostname(), "web-1"));
} finally {
  await house.end();
  relay.close();
}
console.log(`recorded in ${folder}`);
process.exit(0);

async function record(): Promise<void> {
  const owner = await house.found("aurora");
  const services = await config();
  const host = await house.addHost("aurora", "web-1", "services: {}\n");
  await until("an agent", () => host.status());
  host.run(["down"]);
  // Only now by way of the relay: it cannot answer while this process waits for a command.
  host.write("afloat.yaml", `cloud: ${relay.url}\n${services}`);
  host.start();
  await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
  await seen("agent", "events", "loop-opened");
  await seen("agent", "events", "loop-closed");
  await seen("agent", "events", "notice");
  await lookAt(owner);
  await ask(owner, host);
  await strangeWords();
  host.write("afloat.yaml", `cloud: ${relay.url}\n${services.replace(/  flaky:[^]*$/, "")}`);
  host.run(["reload", "--yes"], {}, "may fail");
  await until(
    "flaky to be removed, or not to be known here",
    () => keeper.has("agent", "events", "removed"),
    10_000,
  ).catch(() => console.log("this version knows no reload: no removed"));
  relay.sockets = false;
  relay.cut();
  await seen("agent", "beat");
  // Not waited for idly: its last words go by the relay.
  await promisify(execFile)(process.execPath, [AGENT, "down"], { cwd: host.dir });
  await seen("agent", "bye");
  // The house ends what runs in it.
  host.start();
  await until("an agent", () => host.status());
}

async function config(): Promise<string> {
  const [web, wrong] = [await port(), await port()];
  const program = JSON.stringify(fileURLToPath(new URL("../demo/services/aurora.mjs", import.meta.url)));
  const http = (name: string, at: number, health: string) =>
    `  ${name}:\n    command: [node, ${program}]\n    env: { NAME: aurora-backend, PORT: "${at}" }\n    port: ${at}\n    health: ${health}\n`;
  return `remote: [restart, start, stop, pause, resume, check, logs]
services:
${http("web", web, "/healthz")}${http("backend", wrong, "/health")}  flaky:
    command: [sh, -c, ${JSON.stringify(FLAKY)}]
    backoff: { min: 50ms, max: 100ms, stable_after: 2s }
    loop: [{ restarts: 3, within: 5m }]
`;
}

/** What is streamed while somebody looks; an hour is too long to wait for, so one is told as an agent would. */
async function lookAt(owner: Member): Promise<void> {
  const dashboard = await owner.watch();
  const hourMs = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
  const use = { name: "web", cpuMean: 0.02, cpuMax: 1.4, memoryMeanBytes: 57_671_680, memoryMaxBytes: 60_817_408 };
  await until("measures", () => keeper.has("agent", "measures"), 10_000).catch(() => console.log("no measures here"));
  if (keeper.has("agent", "measures")) {
    relay.say({ type: "sample", hourMs, coveredMs: 3_540_000, services: [{ ...use, p50Ms: 3, p95Ms: null }] }, true);
    await seen("cloud", "sampled");
  }
  dashboard.close();
}

async function ask(owner: Member, host: StoryHost): Promise<void> {
  const hostId = await house.hostIdOf(owner, "web-1");
  const dashboard = await owner.watch();
  for (const verb of ["restart", "pause", "resume", "stop", "start", "check", "logs"]) {
    const answer = await owner.post("/app/commands", { hostId, service: "web", verb });
    const { id } = JSON.parse(await answer.text());
    await until(`${verb} to end`, () =>
      dashboard.messages.some(
        (message) =>
          message.type === "command" &&
          message.command.id === id &&
          !["queued", "delivered", "running"].includes(message.command.steps.at(-1)?.step ?? "queued"),
      ),
    );
  }
  dashboard.close();
  relay.say({ type: "claim", command: "nobodys" }, true);
  await seen("cloud", "deny");
  await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
}

/** What a cloud answers to what it does not know. */
async function strangeWords(): Promise<void> {
  relay.say({ type: "sing", song: "a newer agent's" }, false);
  await seen("cloud", "error");
}

function port(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
