import type { ServiceSnapshot } from "@afloat/shared/domain";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { Host, program } from "./host.ts";
import { until } from "../stories/house/until.ts";
import { isAlive } from "./processes.ts";

/** Who is the service: a first process may leave, and another of the service's own be it from then on. */

let host: Host;
afterEach(() => host.end());

/** Between the end of one first process and the finding of the next, the port may be seen open already. */
const isWell = ({ verdict, pid }: ServiceSnapshot) => verdict === "healthy" && isAlive(pid ?? 0);

it.each([0, 1])("a daemon that opens its port %s s after its parent left is followed, not killed", async (seconds) => {
  const port = await claimPorts();
  host = new Host(
    `  web: { command: [python3, ${program("daemonizes.py")}, "${port}", "${seconds}"], port: ${port} }\n`,
  );
  await host.start();
  const { pid, restarts } = await host.see("web", isWell, "healthy");
  expect(restarts).toBe(0);
  expect(host.log()).toContain(`web: main process replaced: it is pid ${pid} now`);
  process.kill(pid ?? 0, "SIGKILL");
  const after = await host.see("web", (web) => isWell(web) && web.pid !== pid, "back");
  expect(after).toMatchObject({ restarts: 1, lastExit: { code: null, signal: null } });
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect(host.processes()).toEqual([]);
});

it("a service that replaces itself, blue and green, again and again, keeps its uptime and is no restart", async () => {
  const port = await claimPorts();
  host = new Host(`  web: { command: [python3, ${program("replaces-itself.py")}, "${port}"], port: ${port} }\n`);
  await host.start();
  const first = await host.see("web", isWell, "healthy");
  let { pid } = first;
  for (let round = 0; round < 4; round++) {
    process.kill(pid ?? 0, "SIGUSR2");
    const after = await host.see("web", (web) => isWell(web) && web.pid !== pid, "replaced");
    expect(after).toMatchObject({ restarts: 0, upSinceMs: first.upSinceMs, state: "up" });
    ({ pid } = after);
  }
  expect(host.processes().map((one) => one.pid)).toEqual([pid]);
});

it("a service whose first process ended while no agent ran, and left a helper, is started anew, and the helper is stopped first", async () => {
  host = new Host(`  web: { command: [sh, -c, "sleep 43003 & exec sleep 43004"] }\n`);
  const agent = await host.start();
  const pid = await host.pidOf("web");
  const [helper] = await until("its helper", () => {
    const others = host.processes().filter((one) => one.pid !== pid);
    return others.length === 1 && others;
  });
  await host.kill(agent);
  process.kill(pid, "SIGKILL");
  await host.start();
  const after = await host.see("web", (web) => web.restarts === 1 && web.state === "up", "started anew");
  expect(after.pid).not.toBe(helper?.pid);
  expect(isAlive(helper?.pid ?? 0)).toBe(false);
  expect(host.log()).toContain(`web: its first process, pid ${pid}, ended while no agent ran; others of it live`);
});

it("a service whose first process ended while no agent ran is taken over by the one at its port, and where it forks by the eldest", async () => {
  const port = await claimPorts();
  const listens = `python3 ${program("listens.py")} 127.0.0.1 ${port}`;
  host = new Host(`  web: { command: [sh, -c, "${listens} & exec sleep 43005"], port: ${port} }
  forks: { command: [sh, -c, "sleep 43006 & exec sleep 43007"], forks: true }
`);
  const agent = await host.start();
  await host.see("web", isWell, "healthy");
  const pids = [await host.pidOf("web"), await host.pidOf("forks")];
  const heirs = host.processes().filter((one) => !pids.includes(one.pid));
  await host.kill(agent);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await host.start();
  for (const { service, pid } of heirs)
    expect(await host.see(service, (each) => each.pid === pid, "taken over")).toMatchObject({
      restarts: 0,
      state: "up",
    });
  expect(heirs).toHaveLength(2);
});

it("a daemon without a port is followed where `forks` says so; where nothing does, that is what is advised", async () => {
  host = new Host(`  told: { command: [sh, -c, "setsid sleep 43001 & exit 0"], forks: true }
  untold: { command: [sh, -c, "setsid sleep 43002 & exit 0"], restart: never }
`);
  await host.start();
  await host.see("untold", ({ verdict }) => verdict === "completed", "completed");
  expect(host.log()).toMatch(
    /untold: its first process ended and left \d+ \(.*\), which is stopped first; if it goes into the background by itself, write `forks: true`/,
  );
  const main = await host.see(
    "told",
    ({ pid: each }) => host.processes().some((one) => one.pid === each),
    "a living pid",
  );
  process.kill(main.pid ?? 0, "SIGKILL");
  await host.see("told", ({ restarts, state }) => restarts === 1 && state === "up", "back");
});
