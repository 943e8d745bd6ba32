import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";
import { isAlive } from "./processes.ts";

/** When a service that ended is started again, how soon, and who is told: behaviours 11 to 21. */

let host: Host;
afterEach(() => host.end());

const loopsOf = (name: string) => host.log().split(`${name}: restart loop:`).length - 1;
const startsOf = (name: string) => host.output(name).split("started\n").length - 1;

it.each([
  ["sh", `[sh, -c, "kill -SEGV $$"]`, "killed by signal 11 (SIGSEGV)"],
  ["python", `[python3, -c, "import os; os._exit(5)"]`, "exited with code 5"],
  ["perl", `[perl, -e, "exit 6"]`, "exited with code 6"],
  ["node", `[node, -e, "throw new Error('no')"]`, "exited with code 1"],
])("a crash of a program in %s is told as it was, and it is started again", async (_language, command, how) => {
  host = new Host(`  web: { command: ${command}, backoff: { min: 50ms, max: 100ms } }\n`);
  await host.start();
  await host.see("web", ({ restarts }) => restarts >= 2, "started again and again");
  expect(host.log()).toContain(`web: restart (${how} after`);
});

it("too fast, not too fast, and too fast after a healthy while: each is one loop, told once, and tried on at backoff.max", async () => {
  const quick = "backoff: { min: 20ms, max: 300ms, stable_after: 1s }";
  host = new Host(`  fast: { command: [sh, -c, "echo started; exit 3"], ${quick} }
  slow: { command: [sh, -c, "echo started; sleep 1.1; exit 3"], ${quick} }
  later: { command: [sh, -c, "echo started; [ -e well ] && sleep 1000; exit 3"], ${quick} }
`);
  writeFileSync(join(host.dir, "well"), "");
  await host.start();
  const healthy = await host.pidOf("later");
  for (const name of ["fast", "slow"]) {
    const { loop } = await host.see(name, (service) => service.loop !== null, "in a loop");
    expect(loop?.cause).toMatchObject({ code: "exit-code", text: expect.stringMatching(/^exits with code 3 within/) });
  }
  rmSync(join(host.dir, "well"));
  process.kill(healthy, "SIGKILL");
  await host.see("later", (service) => service.loop !== null, "in a loop");
  const before = startsOf("fast");
  await until("it to be tried ten times more", () => startsOf("fast") >= before + 10);
  for (const name of ["fast", "slow", "later"]) {
    expect(loopsOf(name), name).toBe(1);
    expect((await host.service(name))?.desired).toBe("run");
  }
});

it("exit codes: success ends a service where the policy says so, all else is a failure, and a signal is never success", async () => {
  host = new Host(`  zero: { command: [sh, -c, "exit 0"], restart: on-failure }
  allowed: { command: [sh, -c, "exit 42"], restart: on-failure, success_codes: [0, 42] }
  not-allowed: { command: [sh, -c, "exit 42"], restart: on-failure }
  not-zero-any-more: { command: [sh, -c, "exit 0"], restart: on-failure, success_codes: [42] }
  signalled: { command: [sh, -c, "kill -TERM $$"], restart: on-failure }
  never: { command: [sh, -c, "exit 1"], restart: never }
  always: { command: [sh, -c, "exit 0"] }
`);
  await host.start();
  for (const name of ["zero", "allowed"]) {
    const done = await host.see(name, ({ verdict }) => verdict === "completed", "completed");
    expect(done).toMatchObject({ state: "completed", restarts: 0, desired: "run" });
  }
  for (const name of ["not-allowed", "not-zero-any-more", "signalled", "always"])
    await host.see(name, ({ restarts }) => restarts > 0, "started again");
  const never = await host.see("never", ({ state }) => state === "completed", "over");
  expect(never).toMatchObject({
    verdict: "down",
    restarts: 0,
    reason: expect.stringMatching(/^exited with code 1 after/),
  });
  expect((await host.service("signalled"))?.lastExit).toMatchObject({ code: null, signal: "SIGTERM" });
  // What had completed stays so for the next agent, and starts when a person says so.
  expect((await host.afloat("restart", "zero")).code).toBe(0);
  await host.see("zero", ({ restarts, verdict }) => restarts === 1 && verdict === "completed", "completed again");
});

it("the first restart is at once, the later ones wait ever longer, and a stable run makes it begin anew", async () => {
  host = new Host(
    `  web: { command: [sh, -c, "[ -e well ] && exec sleep 1000; exit 3"], backoff: { min: 200ms, max: 60s, stable_after: 500ms } }\n`,
  );
  const waits = () =>
    [...host.log().matchAll(/web: restart \(.*?\)(?: in ([\d.]+) s)?$/gm)].map(([, s]) => Number(s ?? 0));
  await host.start();
  await until("some restarts", () => waits().length >= 4);
  const first = waits();
  expect(first[0]).toBe(0);
  // Somewhere between the least delay and its double, its fourfold, its eightfold.
  for (const [i, seconds] of first.slice(1, 4).entries()) {
    expect(seconds).toBeGreaterThanOrEqual(0.2);
    expect(seconds).toBeLessThanOrEqual(0.2 * 2 ** (i + 1) + 0.05);
  }
  writeFileSync(join(host.dir, "well"), "");
  expect((await host.afloat("restart", "web")).code).toBe(0);
  const { upSinceMs } = await host.see("web", ({ state }) => state === "up", "up");
  await until("a stable run", () => Date.now() - (upSinceMs ?? Date.now()) > 700);
  const pid = await host.pidOf("web");
  const count = waits().length;
  process.kill(pid, "SIGKILL");
  await until("the next restart", () => waits().length > count);
  expect(waits().at(-1)).toBe(0);
});

it("waiting in backoff, a person's restart or start tries at once", async () => {
  host = new Host(
    `  web: { command: [sh, -c, "[ -e well ] && exec sleep 1000; exit 3"], backoff: { min: 1h, max: 2h } }\n`,
  );
  await host.start();
  await host.see("web", ({ state }) => state === "backoff", "in backoff");
  const failed = await host.afloat("restart", "web");
  expect(failed).toMatchObject({ code: 1, out: expect.stringContaining("exited with code 3") });
  await host.see("web", ({ state }) => state === "backoff", "in backoff again");
  writeFileSync(join(host.dir, "well"), "");
  expect((await host.afloat("start", "web")).code).toBe(0);
  expect(isAlive(await host.pidOf("web"))).toBe(true);
});

it("the agent is killed in mid-backoff: the next one waits out the rest, starts one copy, and forgets no crash", async () => {
  host = new Host(
    `  web: { command: [sh, -c, "echo started; exit 3"], backoff: { min: 4s, max: 4s }, loop: [{ restarts: 3, within: 5m }] }\n`,
  );
  const agent = await host.start();
  const waiting = await host.see("web", ({ state }) => state === "backoff", "in backoff");
  await host.kill(agent);
  const before = startsOf("web");
  await host.start();
  const after = await host.see("web", ({ state }) => state === "backoff", "in backoff still");
  expect(after.nextTryMs).toBe(waiting.nextTryMs);
  expect(startsOf("web")).toBe(before);
  // Two before the agent was killed, the third after: together they are the loop.
  const { loop } = await host.see("web", (service) => service.loop !== null, "in a loop");
  expect(loop?.restarts).toBe(3);
  expect(startsOf("web")).toBe(before + 1);
  expect(loopsOf("web")).toBe(1);
});

it("a restart asked for a paused service is refused with who paused it and what to do; a pause survives the agent", async () => {
  host = new Host("  web: sleep 49301\n");
  const agent = await host.start();
  await host.pidOf("web");
  await host.afloat("pause", "web");
  const refused = await host.afloat("restart", "web");
  expect(refused.code).toBe(1);
  expect(refused.out + refused.err).toMatch(/paused by \S+ at \d\d:\d\d; resume it/);
  await host.kill(agent);
  await host.start();
  expect(await host.service("web")).toMatchObject({ desired: "pause", state: "paused", pid: null });
  expect((await host.afloat("resume", "web")).code).toBe(0);
  expect(isAlive(await host.pidOf("web"))).toBe(true);
});
