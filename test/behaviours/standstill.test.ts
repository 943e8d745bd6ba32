import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { serviceOn } from "../stories/house/service.ts";
import { until } from "../stories/house/until.ts";
import { Actor } from "./actor.ts";
import { Host } from "./host.ts";
import { killIfThere } from "./processes.ts";

/** An agent that stands still, alone or with all that it watches: what it could not time says nothing of a service. */

let host: Host;
afterEach(async () => {
  for (const { pid } of host.processes()) killIfThere(pid, "SIGCONT");
  await host.end();
});

const PACE = "interval: 300ms, timeout: 1s, start_period: 400ms, restart_on: hung";

it.each([
  ["the agent alone", false],
  ["the agent and its services", true],
])(
  "%s stopped for seconds, again and again, in the midst of probes: no failure, no restart, and the probes go on",
  async (_, both) => {
    host = new Host("");
    const first = await claimPorts();
    // Side by side and slow to answer, so that whenever the agent stops somebody is being called.
    const slow = Array.from({ length: 6 }, (_, i) => new Actor(host, `slow-${i}`, first + i));
    for (const each of slow) each.mood("200 100");
    host.configure(slow.map((each) => each.entry(`port: ${each.ports[0]}, health: { http: /, ${PACE} }`)).join(""));
    const agent = await host.start();
    for (const { name } of slow) await host.see(name, ({ reasonCode }) => reasonCode === "endpoint-ok", "healthy");
    const begun = host.log().length;
    const pids = (await host.status())?.services.map(({ pid }) => pid ?? 0) ?? [];
    for (let round = 0; round < 3; round++) {
      const stopped = [agent.pid ?? 0, ...(both ? pids : [])];
      for (const pid of stopped) process.kill(pid, "SIGSTOP");
      const endMs = performance.now() + 2500;
      await until("a while to pass", () => performance.now() > endMs);
      for (const pid of stopped.toReversed()) process.kill(pid, "SIGCONT");
      const afterMs = Date.now();
      for (const { name } of slow)
        await host.see(name, ({ endpoint }) => (endpoint?.lastOkMs ?? 0) > afterMs, "called again, and well");
    }
    for (const { name, restarts, pid } of (await host.status())?.services ?? []) {
      expect({ name, restarts }).toEqual({ name, restarts: 0 });
      expect(pids).toContain(pid);
    }
    expect(host.log().slice(begun)).not.toMatch(/degraded|unhealthy|timed out/);
  },
);

it("a service that hangs while the agent runs is still seen to hang, and restarted where that was asked for", async () => {
  const actor = new Actor((host = new Host("")), "web", await claimPorts());
  host.configure(actor.entry(`port: ${actor.ports[0]}, health: { http: /, ${PACE} }`));
  await host.start();
  await host.see("web", ({ reasonCode }) => reasonCode === "endpoint-ok", "healthy");
  actor.mood("hang");
  await host.see("web", ({ restarts }) => restarts > 0, "restarted");
});

it("a service that dies while the agent stands still is started once, and not stopped as a leftover of its earlier start", async () => {
  host = new Host(serviceOn("web", await claimPorts(), "health: /healthz"));
  const agent = await host.start();
  await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  await host.afloat("restart", "web");
  const before = await host.see("web", ({ verdict, restarts }) => verdict === "healthy" && restarts === 1, "up anew");
  process.kill(agent.pid ?? 0, "SIGSTOP");
  process.kill(before.pid ?? 0, "SIGKILL");
  // A second after a restart it is looked for what the old process left: that is due when the agent goes on, and so is the news of the death.
  const endMs = performance.now() + 1200;
  await until("a while to pass", () => performance.now() > endMs);
  process.kill(agent.pid ?? 0, "SIGCONT");
  await host.see("web", ({ verdict, pid }) => verdict === "healthy" && pid !== before.pid, "back");
  expect(await host.service("web")).toMatchObject({ restarts: 2 });
  expect(host.log()).not.toContain("processes of an earlier start");
});
