import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { afterEach, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { AGENT } from "../stories/house/host.ts";
import { Host, program } from "./host.ts";
import { writeNewerProgram } from "./other-program.ts";
import { isAlive, processesCalled } from "./processes.ts";

/** A service outlives its agent: behaviours 19, 31 and 52 to 56. */

let host: Host;
afterEach(() => host.end());

const QUICK = "backoff: { min: 50ms, max: 200ms }";

it("kill -9 of the agent, 50 times under load: no service changes its pid, none is there twice", async () => {
  host = new Host(`  web: sleep 45001
  busy: { command: [perl, ${program("never-quiet.pl")}] }
  tree: { command: [sh, ${program("three-levels.sh")}] }
`);
  let agent = await host.start();
  const names = ["web", "busy", "tree"];
  const pids = await Promise.all(names.map((name) => host.pidOf(name)));
  await until("the tree", () => host.processes().length === 5);
  const before = host.processes();
  for (let round = 0; round < 50; round++) {
    await host.kill(agent);
    agent = host.spawn();
    // Killed at any moment of its life: before it took the lock, in the middle of adopting, or well after.
    if (round % 5 === 0) await until("the agent to answer", () => host.status());
    else await new Promise((resolve) => setTimeout(resolve, (round * 37) % 260));
  }
  await host.kill(agent);
  await host.start();
  expect(await Promise.all(names.map((name) => host.pidOf(name)))).toEqual(pids);
  expect(host.processes()).toEqual(before);
  expect((await host.status())?.services.map(({ restarts }) => restarts)).toEqual([0, 0, 0]);
});

it("what died while nobody watched is noticed and restarted, its exit unknown, and it is not said to have run longer than was seen", async () => {
  host = new Host(`  web: { command: sleep 45002, ${QUICK} }\n`);
  const agent = await host.start();
  const pid = await host.pidOf("web");
  await host.kill(agent);
  process.kill(pid, "SIGKILL");
  await until("it to be gone", () => !isAlive(pid));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await host.start();
  const after = await host.see("web", (web) => web.state === "up" && web.pid !== pid, "back");
  expect(after).toMatchObject({ restarts: 1, lastExit: { code: null, signal: null } });
  expect(after.lastExit?.ranMs).toBeLessThan(1500);
});

it("an adopted service that dies is back at once, though it is not the agent's child", async () => {
  host = new Host(`  web: { command: sleep 45003, ${QUICK} }\n`);
  const agent = await host.start();
  const pid = await host.pidOf("web");
  await host.kill(agent);
  await host.start();
  expect(await host.pidOf("web")).toBe(pid);
  process.kill(pid, "SIGKILL");
  const after = await host.see("web", (web) => web.state === "up" && web.pid !== pid, "back");
  expect(after).toMatchObject({ restarts: 1, lastExit: { code: null, signal: null } });
  // A moment after it was started it is not `sleep` yet.
  await until("it to be the command", () => processesCalled("sleep 45003").length > 0);
  expect(processesCalled("sleep 45003")).toEqual([after.pid]);
});

it("an agent that stood still does not take what died at once for something that had run", async () => {
  host = new Host(
    `  web: { command: [sh, -c, "sleep 0.1; exit 4"], backoff: { min: 300ms, max: 300ms, stable_after: 2s } }\n`,
  );
  const agent = await host.start();
  await host.see("web", ({ restarts }) => restarts > 1, "restarting");
  await host.pidOf("web");
  agent.kill("SIGSTOP");
  await until("it to have died unnoticed", () => host.processes().length === 0);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  agent.kill("SIGCONT");
  const { lastExit } = await host.see("web", (web) => web.restarts > 3, "restarting on");
  expect(lastExit?.ranMs).toBeLessThan(2000);
});

it("of twenty agents that start at once on what a dead one left, one lives and the others name its pid", async () => {
  host = new Host("  web: sleep 45004\n");
  await host.kill(await host.start());
  const all = Array.from({ length: 20 }, () => start());
  const ended = await until("nineteen to be refused", () => {
    const over = all.filter(({ child }) => child.exitCode !== null);
    return over.length === 19 && over;
  });
  const living = all.find(({ child }) => child.exitCode === null);
  for (const { child, said } of ended) {
    expect(child.exitCode).toBe(1);
    expect(said()).toContain(`an agent already runs here as pid ${living?.child.pid}`);
  }
  expect((await host.status())?.agent.pid).toBe(living?.child.pid);
  expect(processesCalled("sleep 45004")).toHaveLength(1);
});

function start() {
  const child = spawn(process.execPath, [AGENT, "up"], { cwd: host.dir, stdio: ["ignore", "ignore", "pipe"] });
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
  return { child, said: () => text };
}

it.each([
  ["torn", '{"version":1,"sta'],
  ["foreign", '{"version":7,"other":true}'],
  ["empty", ""],
])(
  "a %s state file is set aside or not used, said, and survived: a paused service stays paused",
  async (_what, text) => {
    host = new Host("  web: sleep 45005\n  off: sleep 45006\n");
    const agent = await host.start();
    const pid = await host.pidOf("web");
    await host.afloat("pause", "off");
    await host.kill(agent);
    for (const name of ["web", "off"]) writeFileSync(join(host.stateDir, "services", `${name}.json`), text);
    await host.start();
    expect(await host.pidOf("web")).toBe(pid);
    expect(await host.service("off")).toMatchObject({ state: "paused", desired: "pause" });
    expect(host.log()).toMatch(/set aside|its spare is/);
  },
);

it("an agent is updated in place: the next one is another program, the services are the same", async () => {
  host = new Host("  web: sleep 45007\n");
  const own = join(host.dir, "afloat.cjs");
  copyFileSync(AGENT, own);
  await run(own, "up", "--daemon");
  const pid = await host.pidOf("web");
  const old = (await host.status())?.agent.pid ?? 0;
  writeNewerProgram(own);
  process.kill(old, "SIGTERM");
  await until("the old agent to be gone", () => !isAlive(old));
  await run(own, "up", "--daemon");
  expect(await host.pidOf("web")).toBe(pid);
  expect(host.log()).toMatch(/afloat 0\.1\.1 watches/);
});

function run(script: string, ...args: string[]): Promise<number | null> {
  const child = spawn(process.execPath, [script, ...args], { cwd: host.dir, stdio: "ignore" });
  return new Promise((resolve) => child.once("exit", resolve));
}

// Out of memory (54) ends an agent as kill -9 does; a descriptor shortage is in spawning.test.ts.
