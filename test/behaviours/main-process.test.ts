import { afterEach, expect, it } from "vitest";
import { freePort } from "../demo/ports.ts";
import { Host, program } from "./host.ts";
import { isAlive } from "./processes.ts";

/** Who is the service: a first process may leave, and another of the service's own be it from then on. */

let host: Host;
afterEach(() => host.end());

it.each([0, 1])("a daemon that opens its port %s s after its parent left is followed, not killed", async (seconds) => {
  const port = await freePort(34_200);
  host = new Host(
    `  web: { command: [python3, ${program("daemonizes.py")}, "${port}", "${seconds}"], port: ${port} }\n`,
  );
  await host.start();
  const { pid, restarts } = await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  expect(restarts).toBe(0);
  expect(isAlive(pid ?? 0)).toBe(true);
  expect(host.log()).toContain(`web: main process replaced: it is pid ${pid} now`);
  process.kill(pid ?? 0, "SIGKILL");
  const after = await host.see("web", (web) => web.verdict === "healthy" && web.pid !== pid, "back");
  expect(after).toMatchObject({ restarts: 1, lastExit: { code: null, signal: null } });
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect(host.processes()).toEqual([]);
});

it("a service that replaces itself, blue and green, keeps its uptime and is no restart", async () => {
  const port = await freePort(34_200);
  host = new Host(`  web: { command: [python3, ${program("replaces-itself.py")}, "${port}"], port: ${port} }\n`);
  await host.start();
  const before = await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  process.kill(before.pid ?? 0, "SIGUSR2");
  const after = await host.see("web", ({ pid }) => pid !== null && pid !== before.pid, "replaced");
  expect(after).toMatchObject({ restarts: 0, upSinceMs: before.upSinceMs, state: "up" });
  expect(isAlive(after.pid ?? 0)).toBe(true);
  await host.see("web", ({ verdict, pid }) => verdict === "healthy" && pid === after.pid, "healthy");
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
