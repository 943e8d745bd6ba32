import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { until } from "../stories/house/until.ts";
import { Actor } from "./actor.ts";
import { Host } from "./host.ts";

/** Who needs whom, and what follows when that is not there: behaviour 62. */

let host: Host;
afterEach(() => host.end());

const PACE = "health: { interval: 200ms, timeout: 400ms, start_period: 400ms }";

it("a chain starts from its end, each when what it needs is there: healthy, listening, completed, started", async () => {
  host = new Host("");
  const port = await claimPorts();
  const [db, api] = [new Actor(host, "db", port), new Actor(host, "api", port + 1)];
  db.mood("close");
  const log = (name: string) => `echo ${name} >> order`;
  host.configure(
    `  web: { command: "${log("web")}; exec sleep 49401", depends_on: { api: healthy } }\n` +
      api.entry(`port: ${port + 1}, ${PACE}, depends_on: { migrate: completed, db: listening }`) +
      `  migrate: { command: "${log("migrate")}", restart: on-failure, depends_on: { seed: started } }\n` +
      `  seed: { command: "${log("seed")}; exec sleep 49402", depends_on: { db: listening } }\n` +
      db.entry(`port: ${port}, ${PACE}`),
  );
  await host.start();
  const seed = await host.see("seed", ({ verdict }) => verdict === "waiting", "waiting");
  expect(seed.reason).toMatch(/^waits for db, which is starting/);
  const api1 = await host.see("api", ({ verdict }) => verdict === "waiting", "waiting");
  expect(api1.reason).toMatch(/^waits for migrate, which is waiting .*; db, which is/);
  expect(host.read("order")).toBe("");
  db.mood("200");
  await host.see("web", ({ state }) => state === "up", "up");
  await until("everybody's line", () => host.read("order") === "seed\nmigrate\nweb\n");
  expect(await host.service("web")).toMatchObject({ restarts: 0 });
});

it("a cycle is refused with the cycle shown, and so is a dependency on oneself or on nobody", async () => {
  host = new Host(`  a: { command: sleep 1, depends_on: [b] }
  b: { command: sleep 1, depends_on: { c: healthy } }
  c: { command: sleep 1, depends_on: [a] }
  narcissus: { command: sleep 1, depends_on: [narcissus] }
  lost: { command: sleep 1, depends_on: { nobody: started } }
`);
  const { code, err } = await host.afloat("up");
  expect(code).toBe(2);
  expect(err).toContain("afloat.yaml:2: a depends on itself: a → b → c → a");
  expect(err).toContain("afloat.yaml:5: narcissus depends on itself: narcissus → narcissus");
  expect(err).toContain("afloat.yaml:6: lost depends on nobody, which is not a service of this file");
});

it("what was to complete and failed: its dependents wait, and say for what; when a person mends it they start", async () => {
  host = new Host(`  migrate: { command: "test -e well || exit 7", restart: never }
  api: { command: sleep 49403, depends_on: { migrate: completed } }
  web: { command: sleep 49404, depends_on: { api: started } }
`);
  await host.start();
  await host.see("migrate", ({ verdict }) => verdict === "down", "down");
  const api = await host.see("api", ({ reason }) => reason.includes("code 7"), "waiting for it");
  expect(api).toMatchObject({ verdict: "waiting", restarts: 0, pid: null });
  expect(api.reason).toMatch(/^waits for migrate, which is down \(exited with code 7 after/);
  expect((await host.service("web"))?.reason).toMatch(/^waits for api, which is waiting \(waits for migrate/);
  writeFileSync(join(host.dir, "well"), "");
  expect((await host.afloat("restart", "migrate")).code).toBe(0);
  for (const name of ["api", "web"]) await host.pidOf(name);
});

it("a dependency paused: whoever runs runs on, whoever ends waits for it, and all go on when it is resumed", async () => {
  host = new Host("");
  const port = await claimPorts();
  const [db, api, other] = [
    new Actor(host, "db", port),
    new Actor(host, "api", port + 1),
    new Actor(host, "other", port + 2),
  ];
  const needs = "depends_on: { db: healthy }";
  host.configure(
    db.entry(`port: ${port}, ${PACE}`) +
      api.entry(`port: ${port + 1}, ${PACE}, ${needs}`) +
      other.entry(`port: ${port + 2}, ${PACE}, ${needs}`),
  );
  await host.start();
  const pids = [await host.pidOf("api"), await host.pidOf("other")];
  await host.afloat("pause", "db");
  expect([await host.pidOf("api"), await host.pidOf("other")]).toEqual(pids);
  api.mood("crash 3");
  const waiting = await host.see("api", ({ verdict }) => verdict === "waiting", "waiting");
  expect(waiting.reason).toMatch(/^waits for db, which is paused \(paused by/);
  api.mood("200");
  expect(await host.pidOf("other")).toBe(pids[1]);
  await host.afloat("resume", "db");
  const back = await host.see("api", ({ verdict }) => verdict === "healthy", "healthy");
  expect(back).toMatchObject({ restarts: 0, loop: null });
});

it("a dependency in a restart loop with ten dependents that end with it: one loop is told, and ten wait", async () => {
  host = new Host("");
  const port = await claimPorts();
  const db = new Actor(host, "db", port);
  const names = Array.from({ length: 10 }, (_, i) => `api-${i}`);
  // Each lives by its connection to db, as clients do that do not reconnect.
  const client = `require("net").connect(${port}, "127.0.0.1").on("close", () => process.exit(9)).on("error", () => {})`;
  host.configure(
    db.entry(`port: ${port}, ${PACE}, backoff: { min: 1s, max: 2s }`) +
      names.map((name) => `  ${name}: { command: [node, -e, '${client}'], depends_on: { db: healthy } }\n`).join(""),
  );
  await host.start();
  for (const name of names) await host.pidOf(name);
  db.mood("crash 3");
  await host.see("db", ({ loop }) => loop !== null, "in a loop");
  for (const name of names) {
    const { reason } = await host.see(name, ({ verdict }) => verdict === "waiting", "waiting");
    expect(reason, name).toMatch(/^waits for db, which is/);
  }
  db.mood("200");
  for (const name of names) {
    // The first crash of db was over so soon that their end may have been taken for their own, once.
    const { restarts } = await host.see(name, ({ state }) => state === "up", "up");
    expect(restarts, name).toBeLessThanOrEqual(1);
  }
  expect(host.log().match(/: restart loop: /g)).toHaveLength(1);
});
