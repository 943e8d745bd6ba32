import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { ServiceSnapshot } from "@afloat/shared/domain";
import { claimPorts } from "../claim-ports.ts";
import { until } from "../stories/house/until.ts";
import { Actor } from "./actor.ts";
import { Host, program } from "./host.ts";
import { isAlive, killIfThere } from "./processes.ts";

/** The table of docs/health.md on real services, and what may follow from each row: behaviours 32 to 43 and 45. */

let host: Host;
afterEach(() => host.end());

const PACE = "interval: 200ms, timeout: 400ms, start_period: 400ms";
/** A multiple of failure_threshold x interval: whoever would be restarted has been. */
const LONG_MS = 3000;

const word = ({ verdict, reasonCode }: ServiceSnapshot) => `${verdict}: ${reasonCode}`;

/** Waits until so much time has passed, looking at every service meanwhile. */
async function watch(forMs: number, look: (services: readonly ServiceSnapshot[]) => void): Promise<void> {
  const endMs = performance.now() + forMs;
  await until(
    "the time to pass",
    async () => {
      look((await host.status())?.services ?? []);
      return performance.now() > endMs;
    },
    forMs + 60_000,
  );
}

it("every row of the verdict table, side by side, with its word; and who is not to be restarted is not", async () => {
  host = new Host("");
  const first = await claimPorts();
  const actors = Object.fromEntries(
    ["well", "silent", "worse", "half", "elsewhere", "squatted", "blamed", "db"].map((name, i) => [
      name,
      new Actor(host, name, first + i),
    ]),
  );
  const of = (name: string) => actors[name] ?? new Actor(host, name);
  const port = (name: string) => of(name).ports[0] ?? 0;
  const health = `health: { http: /, ${PACE} }`;
  const half = new Actor(host, "half", port("half"), first + 20);
  const squatter = new Actor(host, "squatter", port("squatted"));
  of("silent").mood("404");
  host.configure(
    [
      squatter.entry(),
      of("well").entry(`port: ${port("well")}, ${health}`),
      of("silent").entry(`port: ${port("silent")}, ${health}`),
      of("worse").entry(`port: ${port("worse")}, ${health}`),
      half.entry(`ports: [${half.ports.join(", ")}], ${health}`),
      of("elsewhere").entry(`port: ${first + 30}, health: { ${PACE} }`),
      `  squatted: { command: sleep 49101, port: ${port("squatted")}, health: { ${PACE} }, depends_on: { squatter: started } }\n`,
      of("db").entry(`port: ${port("db")}, health: { ${PACE} }`),
      of("blamed").entry(`port: ${port("blamed")}, ${health}, depends_on: { db: healthy }`),
      "  plain: sleep 49102\n",
      `  port-only: { command: [python3, -m, http.server, "${first + 31}", --bind, 127.0.0.1], port: ${first + 31}, health: { ${PACE} } }\n`,
      `  young: { command: sleep 49103, port: ${first + 32}, health: { interval: 200ms, start_period: 10m } }\n`,
      "  job: { command: 'true', restart: on-failure }\n",
      "  failed: { command: [sh, -c, 'exit 3'], restart: never }\n",
      "  crashing: { command: [sh, -c, 'exit 3'], backoff: { min: 10m } }\n",
      "  absent: { command: [no-such-program-here], backoff: { min: 10m } }\n",
      "  waiting: { command: sleep 49104, depends_on: { failed: completed } }\n",
      "  paused: sleep 49105\n",
    ].join(""),
  );
  await host.start();
  for (const name of ["worse", "half", "blamed", "db"])
    await host.see(name, (service) => service.verdict === "healthy", "healthy");
  await host.afloat("pause", "paused");
  await host.afloat("pause", "db");
  of("worse").mood("500");
  of("blamed").mood("500");
  half.mood(`close ${first + 20}`);
  const expected: Record<string, string> = {
    well: "healthy: endpoint-ok",
    silent: "degraded: unproven-endpoint",
    worse: "degraded: regressed-endpoint",
    half: "degraded: port-missing",
    elsewhere: "degraded: unproven-port",
    squatted: "unhealthy: port-conflict",
    blamed: "degraded: dependency-failing",
    plain: "healthy: process-only",
    "port-only": "healthy: port-only",
    young: "starting: start-period",
    job: "completed: exit-success",
    failed: "down: exited",
    crashing: "down: exited",
    absent: "down: cannot-start",
    waiting: "waiting: dependency",
    paused: "paused: paused-by-person",
    db: "paused: paused-by-person",
  };
  for (const [name, verdict] of Object.entries(expected))
    await host.see(name, (service) => word(service) === verdict, verdict);
  const pids = new Map((await host.status())?.services.map(({ name, pid }) => [name, pid]));
  await watch(LONG_MS, (services) => {
    for (const service of services) {
      const before = expected[service.name];
      if (before !== undefined) expect(word(service), service.name).toBe(before);
      expect(service.pid, service.name).toBe(pids.get(service.name));
    }
  });
});

it("failing, but told to be restarted for it: only what was proven, and only as far as restart_on goes", async () => {
  host = new Host("");
  const first = await claimPorts();
  const kinds = ["closed", "hung", "failing"] as const;
  const actors = kinds.flatMap((kind, i) =>
    ["500", "hang"].map((mood, j) => ({
      mood,
      kind,
      actor: new Actor(host, `${kind}-${mood}`, first + 2 * i + j),
      restarted: kind === "failing" || (kind === "hung" && mood === "hang"),
    })),
  );
  const never = new Actor(host, "never-proven", first + 10);
  never.mood("500");
  const health = (kind: string) => `health: { http: /, ${PACE}, restart_on: ${kind} }, backoff: { min: 50ms }`;
  host.configure(
    actors.map(({ actor, kind }) => actor.entry(`port: ${actor.ports[0]}, ${health(kind)}`)).join("") +
      never.entry(`port: ${first + 10}, ${health("failing")}`),
  );
  await host.start();
  const pids = new Map<string, number | null>();
  for (const { actor } of actors)
    pids.set(actor.name, (await host.see(actor.name, ({ verdict }) => verdict === "healthy", "healthy")).pid);
  for (const { actor, mood } of actors) actor.mood(mood);
  const counted = new Map(actors.map(({ actor }) => [actor.name, 0]));
  const cure = async (actor: Actor) => {
    const { name } = actor;
    await host.see(name, ({ pid, restarts }) => restarts > 0 && pid !== pids.get(name), "restarted");
    actor.mood("200");
    counted.set(name, (await host.see(name, ({ verdict }) => verdict === "healthy", "healthy again")).restarts);
  };
  await Promise.all(actors.filter(({ restarted }) => restarted).map(({ actor }) => cure(actor)));
  await watch(LONG_MS, (services) => {
    for (const { actor } of actors) {
      const seen = services.find(({ name }) => name === actor.name);
      // The failures of the old process are not held against the new one.
      expect(seen?.restarts, actor.name).toBe(counted.get(actor.name));
      expect(seen?.desired).toBe("run");
    }
    expect(services.find(({ name }) => name === "never-proven")).toMatchObject({ restarts: 0, verdict: "degraded" });
  });
});

it("two ports of which one closes: degraded and kept; both closed: restarted", async () => {
  host = new Host("");
  const first = await claimPorts();
  const web = new Actor(host, "web", first, first + 1);
  host.configure(web.entry(`ports: [${first}, ${first + 1}], health: { ${PACE} }`));
  await host.start();
  const { pid } = await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  web.mood(`close ${first + 1}`);
  const half = await host.see("web", ({ reasonCode }) => reasonCode === "port-missing", "half");
  expect(half.reason).toBe(`port ${first + 1} is closed, the others listen`);
  await watch(LONG_MS, ([service]) => expect(service).toMatchObject({ pid, restarts: 0 }));
  web.mood("close");
  await host.see("web", (service) => service.restarts > 0, "restarted");
  web.mood("200");
  await host.see("web", (service) => service.verdict === "healthy" && service.pid !== pid, "healthy again");
});

it("it hangs with its port open and its backlog full: a hang is no closed port, and it is left alone", async () => {
  host = new Host("");
  const port = await claimPorts();
  const command = `["python3", "${program("full-backlog.py")}", "${port}"]`;
  host.configure(`  web: { command: ${command}, port: ${port}, health: { http: /, ${PACE} } }\n`);
  await host.start();
  const { pid } = await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  process.kill(pid ?? 0, "SIGUSR1");
  const hung = await host.see("web", ({ reasonCode }) => reasonCode === "regressed-endpoint", "regressed");
  expect(hung.reason).toContain("timed out");
  await host.see("web", ({ diagnosis }) => diagnosis !== null, "diagnosed");
  await watch(LONG_MS, ([service]) => expect(service).toMatchObject({ pid, restarts: 0, verdict: "degraded" }));
});

it("a port edited while the service runs: adopted, its port unproven anew, and never restarted for it", async () => {
  host = new Host("");
  const port = await claimPorts();
  const web = new Actor(host, "web", port);
  host.configure(web.entry(`port: ${port}, health: { http: /, ${PACE} }`));
  const agent = await host.start();
  const { pid } = await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  await host.kill(agent);
  host.configure(web.entry(`port: ${port + 1}, health: { http: /, ${PACE} }`));
  await host.start();
  const edited = await host.see("web", ({ reasonCode }) => reasonCode === "unproven-port", "unproven");
  expect(edited.reason).toBe(`port ${port + 1} was never seen open; its processes listen on ${port}`);
  await watch(LONG_MS, ([service]) => expect(service).toMatchObject({ pid, restarts: 0, desired: "run" }));
});

it("what was proven stays proven for the next agent, and what it proved is not proven for another definition", async () => {
  host = new Host("");
  const port = await claimPorts();
  const web = new Actor(host, "web", port);
  const entry = (path: string) => web.entry(`port: ${port}, health: { http: ${path}, ${PACE} }`);
  host.configure(entry("/"));
  const agent = await host.start();
  const { pid } = await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  await host.kill(agent);
  web.mood("503");
  const next = await host.start();
  await host.see("web", ({ reasonCode }) => reasonCode === "regressed-endpoint", "regressed");
  await host.kill(next);
  host.configure(entry("/other"));
  await host.start();
  const anew = await host.see("web", ({ reasonCode }) => reasonCode === "unproven-endpoint", "unproven");
  expect(anew).toMatchObject({ pid, restarts: 0 });
});

it("while it is being stopped, no probe's failure is told", async () => {
  host = new Host("");
  const port = await claimPorts();
  const command = `[sh, -c, "trap '' TERM; python3 -m http.server ${port} --bind 127.0.0.1 & while :; do sleep 0.1; done"]`;
  const stop = "stop: { timeout: 2s }";
  host.configure(
    `  web: { command: ${command}, port: ${port}, ${stop}, health: { http: /, interval: 200ms, timeout: 30s, start_period: 1m } }\n`,
  );
  await host.start();
  await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  expect((await host.afloat("restart", "web")).code).toBe(0);
  await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  expect((await host.afloat("stop", "web")).code).toBe(0);
  expect(host.log()).not.toMatch(/Health endpoint failed|regressed|unhealthy/);
});

it("a start that takes longer than start_period is waited for where the port is known to open, and no failure counts", async () => {
  host = new Host("");
  const port = await claimPorts();
  const slow = `[sh, -c, "while [ -e slow ]; do sleep 0.05; done; exec python3 -m http.server ${port} --bind 127.0.0.1"]`;
  // However slow the machine makes its answers: they come.
  const patient = "interval: 200ms, timeout: 30s, start_period: 400ms";
  const health = `health: { http: /, ${patient}, restart_on: failing, start_timeout: 10m }`;
  host.configure(`  web: { command: ${slow}, port: ${port}, ${health} }\n`);
  await host.start();
  await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  const sleeper = spawn("sh", ["-c", "touch slow"], { cwd: host.dir });
  await new Promise((resolve) => sleeper.once("exit", resolve));
  expect((await host.afloat("stop", "web")).code).toBe(0);
  void host.afloat("start", "web");
  const opening = await host.see("web", ({ reasonCode }) => reasonCode === "port-opening", "opening");
  expect(opening.reason).toMatch(/is not open yet; it opened after .* last time/);
  await watch(LONG_MS, ([service]) => expect(service).toMatchObject({ pid: opening.pid, restarts: 0 }));
  await new Promise((resolve) => spawn("rm", ["slow"], { cwd: host.dir }).once("exit", resolve));
  const after = await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  expect(after).toMatchObject({ pid: opening.pid, restarts: 0 });
  expect(isAlive(after.pid ?? 0)).toBe(true);
});

it("a service that hangs and ignores its signal is killed after the stop timeout of its health check, not after the longer one", async () => {
  host = new Host("");
  const port = await claimPorts();
  const health = `health: { http: /, ${PACE}, restart_on: hung, stop_timeout: 300ms }`;
  const command = `["python3", "${program("hangs.py")}", "${port}"]`;
  host.configure(`  web: { command: ${command}, port: ${port}, stop: { timeout: 10m }, ${health} }\n`);
  await host.start();
  const { pid } = await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  writeFileSync(join(host.dir, "hang"), "");
  await host.see("web", (service) => service.restarts > 0 && service.pid !== pid, "restarted");
  expect(isAlive(pid ?? 0)).toBe(false);
  // What a person stops may take the ten minutes; this test does not.
  for (const each of host.processes()) killIfThere(each.pid);
});
