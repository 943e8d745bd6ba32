import { execFileSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { Host, program } from "./host.ts";
import { isAlive } from "./processes.ts";

/** What the agent cannot see for want of a descriptor is not dead, and not down. */

let host: Host;
afterEach(() => host.end());

/** How long the agent has no descriptor free: longer than three probes, and than a look at an adopted process, milliseconds. */
const WANT_MS = 2500;

it("an adopted service, and one that is called, outlive an agent that has no descriptor free for a while", async () => {
  const [first, second] = [await claimPorts(), await claimPorts()];
  const listens = (port: number) => `[python3, ${program("listens.py")}, 127.0.0.1, "${port}"]`;
  const pace = "interval: 200ms, timeout: 400ms, start_period: 0s";
  host = new Host(`  web: { command: ${listens(first)}, port: ${first}, health: { ${pace} } }
  called: { command: ${listens(second)}, port: ${second}, health: { http: /, restart_on: failing, ${pace} } }
`);
  await host.kill(await host.start());
  const agent = await host.start();
  const isWell = ({ verdict }: ServiceSnapshot) => verdict === "healthy";
  const before = [await host.see("web", isWell, "healthy"), await host.see("called", isWell, "healthy")];
  const limit = (to: number) => execFileSync("prlimit", ["--pid", String(agent.pid), `--nofile=${to}:`]);
  const said = host.log().length;
  limit(4);
  await wait(WANT_MS);
  limit(1024);
  // Time for whatever was decided meanwhile to be done.
  await wait(1500);
  for (const { name, pid } of before) {
    expect(await host.see(name, isWell, "healthy")).toMatchObject({ pid, restarts: 0 });
    expect(isAlive(pid ?? 0)).toBe(true);
  }
  expect(host.log().slice(said)).not.toMatch(/restart \(|: (?:down|degraded):/);
});
