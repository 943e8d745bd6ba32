import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { until } from "../stories/house/until.ts";
import { Host, program } from "./host.ts";
import { isAlive, processesCalled, relativesOf } from "./processes.ts";

/** Stopping is a plan, and "stopped" is only said when nothing is left: behaviours 20 and 23 to 31. */

let host: Host;
afterEach(() => host.end());

const stops = (command: string, more = "timeout: 400ms") => `  web: { command: ${command}, stop: { ${more} } }\n`;

it.each(["ignores-sigterm.py", "ignores-sigterm.sh"])("%s is killed after its time, and its children", async (name) => {
  host = new Host(stops(`[${name.endsWith("py") ? "python3" : "sh"}, ${program(name)}]`));
  await host.start();
  const pid = await host.pidOf("web");
  await until("it to be set up", () => host.processes().length > 0);
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect(isAlive(pid)).toBe(false);
  expect(host.processes()).toEqual([]);
});

it("a tree of three levels is gone, though its leaf ignores SIGTERM", async () => {
  host = new Host(stops(`[sh, ${program("three-levels.sh")}]`));
  await host.start();
  await host.pidOf("web");
  await until("the whole tree", () => host.processes().length >= 3);
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect(host.processes()).toEqual([]);
  expect(host.log()).toMatch(/1 of its processes did not end in time and (were|was) killed/);
});

it("the first process ends at once, its group does not: stopped is said when the group is gone", async () => {
  host = new Host(stops(`[sh, ${program("leaves-group-member.sh")}]`));
  await host.start();
  await host.pidOf("web");
  await until("the member", () => host.processes().length >= 3);
  expect((await host.afloat("stop", "web")).out).toBe("web: paused\n");
  expect(host.processes()).toEqual([]);
});

it("strays in sessions of their own, one holding the output, one without an environment, are gone as well", async () => {
  host = new Host(stops(`[sh, ${program("strays.sh")}]`));
  await host.start();
  const pid = await host.pidOf("web");
  const strays = () => ["41001", "41002"].flatMap((seconds) => processesCalled(`sleep ${seconds}`));
  await until("the strays", () => strays().length === 2 && processesCalled("/bin/sleep 41003").length === 1);
  expect(strays().every((stray) => relativesOf(stray).session !== relativesOf(pid).session)).toBe(true);
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect([...strays(), ...processesCalled("/bin/sleep 41003")]).toEqual([]);
});

it("strays of a crash are gone before the next copy is there, and it is there at once where there are none", async () => {
  host = new Host(`  web: { command: [sh, ${program("strays.sh")}], backoff: { min: 50ms, max: 100ms } }\n`);
  await host.start();
  const first = await host.pidOf("web");
  await until("the stray", () => processesCalled("sleep 41001").length === 1);
  const [stray] = processesCalled("sleep 41001");
  process.kill(first, "SIGKILL");
  await host.see("web", ({ pid, state }) => state === "up" && pid !== first, "back");
  expect(isAlive(stray ?? 0)).toBe(false);
  await until(
    "one of each",
    () => processesCalled("sleep 41001").length === 1 && processesCalled("sleep 41002").length === 1,
  );
});

it("a service that needs help and time to clean up gets both: what it starts for that is not killed", async () => {
  host = new Host(stops(`[sh, ${program("cleans-up.sh")}]`, "timeout: 20s"));
  await host.start();
  await host.pidOf("web");
  await until("it to be set up", () => host.output("web").includes("ready"));
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect(host.output("web")).toContain("cleaned up");
});

it("a frozen service is continued, so that it can end", async () => {
  host = new Host(stops(`[sh, ${program("cleans-up.sh")}]`, "timeout: 20s"));
  await host.start();
  const pid = await host.pidOf("web");
  await until("it to be set up", () => host.output("web").includes("ready"));
  process.kill(pid, "SIGSTOP");
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect(host.output("web")).toContain("cleaned up");
});

it("a signal of its own, and a command of its own, are used; a command that fails is said and followed by the signal", async () => {
  host =
    new Host(`  quits: { command: [sh, -c, "trap 'echo quit; exit 0' QUIT; while :; do sleep 0.05; done"], stop: { signal: SIGQUIT } }
  told: { command: [sh, -c, "while [ ! -e leave ]; do sleep 0.05; done; echo left"], stop: { command: "echo pid $AFLOAT_PID; touch leave" } }
  fails: { command: [sh, -c, "trap 'echo term; exit 0' TERM; while :; do sleep 0.05; done"], stop: { command: "exit 7" } }
`);
  await host.start();
  for (const name of ["quits", "told", "fails"]) await host.pidOf(name);
  const told = await host.pidOf("told");
  expect((await host.afloat("stop", "all")).code).toBe(0);
  expect(host.output("quits")).toContain("quit");
  expect(host.output("told")).toContain(`pid ${told}\n`);
  expect(host.output("told")).toContain("left");
  expect(host.output("fails")).toContain("term");
  expect(host.log()).toContain("fails: its stop command ended with code 7; it gets SIGTERM");
});

it("its port is free when restart answers, and the new copy has it", async () => {
  const port = await claimPorts();
  host = new Host(`  web: { command: [python3, -m, http.server, "${port}", --bind, 127.0.0.1], port: ${port} }\n`);
  await host.start();
  await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  for (let round = 0; round < 3; round++) {
    expect((await host.afloat("restart", "web")).code).toBe(0);
    await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  }
  expect(host.output("web")).not.toContain("Address already in use");
  expect(await accepts(port)).toBe(true);
  await host.afloat("stop", "web");
  expect(await accepts(port)).toBe(false);
});

it("a pid that is somebody else's by now is never signalled", async () => {
  host = new Host("  web: sleep 41004\n");
  const agent = await host.start();
  await host.pidOf("web");
  await host.kill(agent);
  const [old] = processesCalled("sleep 41004");
  process.kill(old ?? 0, "SIGKILL");
  await until("it to be gone", () => !isAlive(old ?? 0));
  // What a reused pid looks like to the next agent: the recorded number, and another start time behind it.
  const path = ".afloat/services/web.json";
  const saved: { state: { life: { pid: number } } } = JSON.parse(host.read(path));
  saved.state.life.pid = process.pid;
  writeFileSync(join(host.dir, path), JSON.stringify(saved));
  await host.start();
  expect(await host.pidOf("web")).not.toBe(process.pid);
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect(isAlive(process.pid)).toBe(true);
});

it("zombies that a service never asks for hold up neither stop nor restart", async () => {
  host = new Host(stops(`[python3, ${program("zombies.py")}]`, "timeout: 20s"));
  await host.start();
  const first = await host.pidOf("web");
  await until("its zombies", () => host.output("web").includes("ready"));
  expect((await host.afloat("restart", "web")).code).toBe(0);
  expect(await host.pidOf("web")).not.toBe(first);
  expect(host.log()).not.toContain("would not die");
});

it("a service is in a session of its own, never in the agent's group", async () => {
  host = new Host("  web: sleep 41005\n");
  const agent = await host.start();
  const pid = await host.pidOf("web");
  expect(relativesOf(pid)).toMatchObject({ group: pid, session: pid });
  expect(relativesOf(agent.pid ?? 0).group).not.toBe(pid);
});

it("nothing is started any more while everything is shut down", async () => {
  host = new Host(`  crashes: { command: [sh, -c, "exit 1"], backoff: { min: 1ms, max: 5ms } }
  slow: { command: [python3, ${program("ignores-sigterm.py")}], stop: { timeout: 600ms } }
`);
  await host.start();
  await host.pidOf("slow");
  await host.see("crashes", ({ restarts }) => restarts > 3, "crashing");
  expect((await host.afloat("down")).code).toBe(0);
  expect(host.processes()).toEqual([]);
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

// 22: restarting one service never restarts another here (nothing is killed in a cascade), so there are no groups of that kind.

it("what is asked to start while everything is stopped is refused: it would run on after the agent", async () => {
  const slow = "trap '' TERM; echo set; while :; do sleep 0.1; done";
  host = new Host(`  slow: { command: [sh, -c, "${slow}"], stop: { timeout: 5s } }
  web: sleep 47301
`);
  await host.start();
  await until("it to be set up", async () => (await host.afloat("logs", "slow")).out.includes("set"));
  await host.pidOf("web");
  const ended = host.afloat("down");
  await until("web to be stopped", () => !host.processes().some(({ service }) => service === "web"));
  const { code, err } = await host.afloat("start", "web", "-q");
  expect(code).toBe(1);
  expect(err).toContain("web: refused: the agent is being ended");
  expect((await ended).code).toBe(0);
  expect(host.processes()).toEqual([]);
});
