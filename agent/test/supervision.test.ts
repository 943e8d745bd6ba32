import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { fixture, Host, isAlive, until } from "./host.ts";

let host: Host;
afterEach(() => host.end());

const run = (command: string, more = "") => `
services:
  web:
    command: ${command}
    backoff: { min: 50ms, max: 200ms, stable_after: 60s }
    stop: { timeout: 300ms }
${more}`;

it("a service killed with SIGKILL is back at once, under a new pid", async () => {
  host = new Host(run("sleep 1000"));
  await host.start();
  const before = await host.see("web", (s) => s.state === "up", "up");
  process.kill(before.pid ?? 0, "SIGKILL");
  const after = await host.see("web", (s) => s.state === "up" && s.pid !== before.pid, "back");
  expect(after).toMatchObject({ restarts: 1, lastExit: { code: null, signal: "SIGKILL" } });
});

it("the agent killed with kill -9: the service keeps its pid, the next agent adopts it, there is one copy", async () => {
  host = new Host(run("sleep 987654"));
  const agent = await host.start();
  const before = await host.see("web", (s) => s.state === "up", "up");
  agent.kill("SIGKILL");
  await until(() => !isAlive(agent.pid ?? 0, null), "the agent is dead");
  expect(isAlive(before.pid ?? 0, null)).toBe(true);
  await host.start();
  const after = await host.see("web", (s) => s.state === "up", "adopted");
  expect(after).toMatchObject({ pid: before.pid, restarts: 0, upSinceMs: before.upSinceMs });
  expect(execFileSync("pgrep", ["-cfx", "sleep 987654"], { encoding: "utf8" }).trim()).toBe("1");
});

it("an adopted service that dies is noticed and started again, its exit unknown", async () => {
  host = new Host(run("sleep 1000"));
  const agent = await host.start();
  const before = await host.see("web", (s) => s.state === "up", "up");
  agent.kill("SIGKILL");
  await until(() => !isAlive(agent.pid ?? 0, null), "the agent is dead");
  await host.start();
  process.kill(before.pid ?? 0, "SIGKILL");
  const after = await host.see("web", (s) => s.state === "up" && s.pid !== before.pid, "back");
  expect(after.lastExit).toMatchObject({ code: null, signal: null });
});

it("two agents on one state folder: the second is refused, naming the first's pid", async () => {
  host = new Host(run("sleep 1000"));
  const agent = await host.start();
  const second = await host.run("up");
  expect(second.code).toBe(1);
  expect(second.err).toContain(`an agent already runs here as pid ${agent.pid}`);
});

it("a process that ignores SIGTERM is killed after its timeout, and so are its children that left the group", async () => {
  host = new Host(run(`sh -c 'setsid sleep 876543 & exec ${process.execPath} ${fixture("ignores-sigterm.mjs")}'`));
  await host.start();
  const { pid } = await host.see("web", (s) => s.state === "up", "up");
  const strays = () => execFileSync("sh", ["-c", "pgrep -cfx 'sleep 876543' || true"], { encoding: "utf8" }).trim();
  await until(() => strays() === "1", "the stray runs");
  const stopped = await host.run("pause", "web");
  expect(stopped).toMatchObject({ code: 0, out: "web: paused\n" });
  expect(isAlive(pid ?? 0, null)).toBe(false);
  expect(strays()).toBe("0");
});

it("a crash loop is called one, with its cause and the last lines, and is tried on", async () => {
  host = new Host(run(`sh -c 'echo cannot open rules.json; exit 3'`));
  await host.start();
  const { loop } = await host.see("web", (s) => s.loop !== null, "in a loop");
  expect(loop).toMatchObject({ restarts: 4, cause: { code: "exit-code" } });
  const { restarts } = await host.see("web", (s) => s.restarts > 5, "tried on");
  expect(restarts).toBeGreaterThan(5);
  const journal = execFileSync("grep", ["-rh", '"kind":"loop-opened"', join(host.stateDir, "journal")], {
    encoding: "utf8",
  });
  expect(journal.trim().split("\n")).toHaveLength(1);
  expect(JSON.parse(journal).lastLines).toContain("cannot open rules.json");
});

it.each([
  ["no such program", "no-such-program-here", ""],
  ["no such folder", "sleep 1000", "    cwd: ./nowhere\n"],
])("%s: a clear reason, tried again, and the agent lives on", async (_name, command, more) => {
  host = new Host(run(`[${command.split(" ").join(", ")}]`, more));
  await host.start();
  const service = await host.see("web", (s) => s.reasonCode === "cannot-start", "cannot start");
  expect(service.reason).toMatch(/cannot start: .*(ENOENT|no such file)/);
});

it("restart gives a new pid and leaves it wanted running; of a paused service it is refused with who paused it", async () => {
  host = new Host(run("sleep 1000"));
  await host.start();
  const before = await host.see("web", (s) => s.state === "up", "up");
  expect((await host.run("restart", "web")).code).toBe(0);
  const after = await host.see("web", (s) => s.state === "up", "up");
  expect(after.pid).not.toBe(before.pid);
  expect(after.desired).toBe("run");
  await host.run("pause", "web");
  const refused = await host.run("restart", "web");
  expect(refused.code).toBe(1);
  expect(refused.out).toMatch(/refused: paused by \S+ at \d\d:\d\d; resume it/);
  expect((await host.run("resume", "web")).out).toContain("running as pid");
});

it("a torn state file is set aside, said, and survived", async () => {
  host = new Host(run("sleep 1000"));
  const agent = await host.start();
  const before = await host.see("web", (s) => s.state === "up", "up");
  agent.kill("SIGKILL");
  await until(() => !isAlive(agent.pid ?? 0, null), "the agent is dead");
  writeFileSync(join(host.stateDir, "services/web.json"), '{"version":1,"sta');
  await host.start();
  const after = await host.see("web", (s) => s.state === "up", "adopted by its mark");
  expect(after.pid).toBe(before.pid);
  expect(host.log()).toContain("set aside");
});

it("down stops everything and answers 0; without an agent status answers 3 and says what to do", async () => {
  host = new Host(run("sleep 1000"));
  await host.start();
  const { pid } = await host.see("web", (s) => s.state === "up", "up");
  expect((await host.run("down")).code).toBe(0);
  expect(isAlive(pid ?? 0, null)).toBe(false);
  const status = await host.run("status");
  expect(status).toMatchObject({ code: 3, err: "no agent runs here; start it with: afloat up --daemon\n" });
});
