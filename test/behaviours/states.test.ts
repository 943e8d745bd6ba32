import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";
import { isAlive, processesCalled } from "./processes.ts";

/** What users of a supervisor count on when they start, stop and look: behaviours 1 to 6, 9, 10. */

let host: Host;
afterEach(() => host.end());

const QUICK = "backoff: { min: 50ms, max: 200ms }";

it("stop keeps the entry, start brings it back, restart gives a new pid, and what is not configured any more is gone", async () => {
  host = new Host("  web: sleep 42001\n  api: sleep 42002\n");
  const agent = await host.start();
  const first = await host.pidOf("web");
  expect((await host.afloat("stop", "web")).out).toBe("web: paused\n");
  expect(isAlive(first)).toBe(false);
  expect((await host.afloat("status")).out).toMatch(/web\s+paused/);
  expect((await host.afloat("start", "web")).code).toBe(0);
  const second = await host.pidOf("web");
  expect((await host.afloat("restart", "web")).code).toBe(0);
  expect(await host.pidOf("web")).not.toBe(second);
  const left = await host.pidOf("web");
  await host.kill(agent);
  host.configure("  api: sleep 42002\n");
  await host.start();
  await until("what is not configured any more to be gone", () => !isAlive(left));
  expect((await host.status())?.services.map(({ name }) => name)).toEqual(["api"]);
});

it("started twice is there once", async () => {
  host = new Host("  web: sleep 42003\n");
  await host.start();
  const pid = await host.pidOf("web");
  await Promise.all([host.afloat("start", "web"), host.afloat("start", "web")]);
  expect(await host.pidOf("web")).toBe(pid);
  expect(processesCalled("sleep 42003")).toEqual([pid]);
});

it("many restarts at the same time end in one copy", async () => {
  host = new Host("  web: sleep 42004\n");
  await host.start();
  await host.pidOf("web");
  const all = await Promise.all(Array.from({ length: 6 }, () => host.afloat("restart", "web")));
  expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0, 0]);
  const pid = await host.pidOf("web");
  expect(processesCalled("sleep 42004")).toEqual([pid]);
});

it("a stop wins over backoff, and over a restart that is under way", async () => {
  host = new Host(`  web: { command: [sh, -c, "exit 3"], backoff: { min: 30s, max: 60s } }
  slow: { command: [sh, -c, "trap '' TERM; while :; do sleep 0.1; done"], stop: { timeout: 5s } }
`);
  await host.start();
  await host.see("web", ({ state }) => state === "backoff", "in backoff");
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect(await host.service("web")).toMatchObject({ state: "paused", nextTryMs: null });
  const pid = await host.pidOf("slow");
  const restart = host.afloat("restart", "slow");
  await host.see("slow", ({ state }) => state === "stopping", "stopping");
  const stop = host.afloat("stop", "slow");
  expect((await stop).code).toBe(0);
  expect((await restart).code).toBe(1);
  expect(isAlive(pid)).toBe(false);
  expect(await host.service("slow")).toMatchObject({ state: "paused", desired: "pause" });
});

it("stopped and restarted while it waits for another, there is no copy that nobody knows", async () => {
  host = new Host(`  base: { command: sleep 1, cwd: ./nowhere, ${QUICK} }
  top: { command: sleep 42005, depends_on: { base: healthy } }
`);
  await host.start();
  await host.see("top", ({ state }) => state === "waiting", "waiting");
  await Promise.all([host.afloat("restart", "top"), host.afloat("stop", "top"), host.afloat("start", "top")]);
  await host.see("top", ({ state }) => state === "waiting" || state === "paused", "waiting or paused");
  expect(processesCalled("sleep 42005")).toEqual([]);
  await host.afloat("start", "top");
  mkdirSync(join(host.dir, "nowhere"));
  const pid = await host.pidOf("top");
  expect(processesCalled("sleep 42005")).toEqual([pid]);
});

it("a name that fits nothing is refused with exit code 2 and the nearest name; patterns choose several", async () => {
  host = new Host("  web-1: sleep 42006\n  web-2: sleep 42007\n  api: sleep 42008\n");
  await host.start();
  for (const name of ["web-1", "web-2", "api"]) await host.pidOf(name);
  const unknown = await host.afloat("restart", "web-3");
  expect(unknown.code).toBe(2);
  expect(unknown.err).toMatch(/there is no service web-3; there are web-1, web-2, api\. Did you mean web-[12]\?/);
  expect((await host.afloat("stop", "nothing-*")).code).toBe(2);
  const stopped = await host.afloat("stop", "web-*", "api", "api");
  expect(stopped.out).toBe("web-1: paused\nweb-2: paused\napi: paused\n");
  expect((await host.afloat("start", "all")).out.split("\n")).toHaveLength(4);
});

it("reset sets the counters back and touches nothing else", async () => {
  host = new Host(`  web: { command: sleep 42009, ${QUICK} }\n`);
  await host.start();
  process.kill(await host.pidOf("web"), "SIGKILL");
  const before = await host.see("web", ({ restarts, state }) => restarts === 1 && state === "up", "back");
  expect((await host.afloat("reset", "w*")).code).toBe(0);
  await until("the counter to be none", async () => (await host.service("web"))?.restarts === 0);
  expect(await host.service("web")).toMatchObject({ pid: before.pid, state: "up" });
});
