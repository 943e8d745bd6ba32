import { execFileSync, spawn } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { AGENT } from "../stories/house/host.ts";
import { Host } from "./host.ts";
import { isAlive } from "./processes.ts";

/** The agent is itself somebody's process: a terminal's, a service manager's, a container's first. */

let host: Host;
afterEach(() => host.end());

it("SIGTERM leaves the services to the next agent", async () => {
  host = new Host("  web: sleep 46001\n");
  const agent = await host.start();
  const pid = await host.pidOf("web");
  agent.kill("SIGTERM");
  await until("the agent to be gone", () => agent.exitCode === 0);
  expect(isAlive(pid)).toBe(true);
});

it("SIGTERM stops the services where `--on-term stop` says so", async () => {
  host = new Host("  web: sleep 46002\n");
  const agent = await host.start({ args: ["--on-term", "stop"] });
  const pid = await host.pidOf("web");
  agent.kill("SIGTERM");
  await until("the agent to be gone", () => agent.exitCode === 0);
  expect(isAlive(pid)).toBe(false);
});

it("Ctrl-C in a terminal stops the services; pressed again it does not wait, and leaves them", async () => {
  host = new Host(`  web: sleep 46003\n`);
  const agent = await host.start();
  const pid = await host.pidOf("web");
  agent.kill("SIGINT");
  await until("the agent to be gone", () => agent.exitCode === 0);
  expect(isAlive(pid)).toBe(false);
  host.configure(`  web: { command: [sh, -c, "trap '' TERM; while :; do sleep 0.1; done"], stop: { timeout: 30s } }\n`);
  const impatient = await host.start();
  const stubborn = await host.pidOf("web");
  impatient.kill("SIGINT");
  await host.see("web", ({ state }) => state === "stopping", "stopping");
  impatient.kill("SIGINT");
  await until("the agent to be gone", () => impatient.exitCode === 0);
  expect(isAlive(stubborn)).toBe(true);
  process.kill(-stubborn, "SIGKILL");
});

it("a terminal that hangs up ends neither the agent nor its services", async () => {
  host = new Host("  web: sleep 46004\n");
  // A terminal of its own, as sshd gives one: when its master is closed, the session gets SIGHUP and every write fails.
  const script = `import os, pty, sys, time
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while not os.path.exists("hang-up"):
    time.sleep(0.05)
os.close(master)
time.sleep(1000)
`;
  const agentLine = [process.execPath, AGENT, "up"];
  const terminal = spawn("python3", ["-c", script, ...agentLine], { cwd: host.dir, stdio: "ignore" });
  const status = await until("the agent to answer", () => host.status());
  const pid = await host.pidOf("web");
  execFileSync("touch", ["hang-up"], { cwd: host.dir });
  await until("the agent to notice", () => host.log().includes("the terminal is gone"));
  expect((await host.afloat("restart", "web")).code).toBe(0);
  expect((await host.status())?.agent.pid).toBe(status.agent.pid);
  expect(await host.pidOf("web")).not.toBe(pid);
  terminal.kill("SIGKILL");
});

it("whoever reads its log may leave: the agent goes on", async () => {
  host = new Host("  web: sleep 46005\n");
  const line = `'${process.execPath}' '${AGENT}' up 2>&1 | head -1`;
  const shell = spawn("sh", ["-c", line], { cwd: host.dir, stdio: "ignore" });
  await until("the agent to answer", () => host.status());
  for (let round = 0; round < 3; round++) expect((await host.afloat("restart", "web")).code).toBe(0);
  shell.kill();
});

describe.runIf(canUnshare())("as the first process of a container", () => {
  const before = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];

  it("it gives way to an init that collects orphans, and SIGTERM stops the services", async () => {
    host = new Host(`  web: sleep 46006
  orphans: { command: [sh, -c, "for i in 1 2 3 4 5; do sh -c 'sh -c \\"sleep 0.2\\" & exit 0'; done; exec sleep 46007"] }
`);
    const container = host.spawn({ before });
    await until("the agent to answer", () => host.status());
    const { agent } = (await host.status()) ?? { agent: { pid: 0 } };
    expect(agent.pid, "in its own namespace, behind the init").toBeGreaterThan(1);
    await host.pidOf("orphans");
    const inside = () => execFileSync("pgrep", ["-P", String(container.pid)], { encoding: "utf8" }).trim();
    const init = Number(inside());
    await until("the orphans to have ended", () => zombiesBelow(init).length === 0 && host.output("orphans") === "");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(zombiesBelow(init)).toEqual([]);
    process.kill(init, "SIGTERM");
    await until("the container to end", () => container.exitCode !== null);
    expect(container.exitCode).toBe(0);
    expect(host.log()).toContain("SIGTERM: stopping every service");
    expect(host.log()).toContain("web stopped");
  });
});

function zombiesBelow(parent: number): string[] {
  const all = execFileSync("ps", ["-eo", "pid=,ppid=,stat="], { encoding: "utf8" }).trim().split("\n");
  return all.filter((line) => Number(line.trim().split(/\s+/)[1]) === parent && / Z/.test(line));
}

function canUnshare(): boolean {
  try {
    execFileSync("unshare", ["--pid", "--fork", "--mount-proc", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
