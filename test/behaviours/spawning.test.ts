import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";

/** Everything a system can refuse when a program is to be started: behaviours 7, 8 and 64. */

let host: Host;
afterEach(() => host.end());

const isRoot = process.getuid?.() === 0;
const QUICK = "backoff: { min: 100ms, max: 300ms }";

it.each([
  ["no such program", "command: [no-such-program]", /no-such-program: .*ENOENT/],
  ["no right to run it", "command: [./not-executable]", /not-executable: .*EACCES/],
  ["a folder for a program", "command: [/tmp]", /\/tmp: .*EACCES/],
  ["no such working folder", "command: sleep 44001, cwd: ./nowhere", /cwd .*nowhere: .*ENOENT/],
  ["a file for a working folder", "command: sleep 44001, cwd: ./afloat.yaml", /cwd .*afloat\.yaml is not a folder/],
  ["no such user", "command: sleep 44001, user: nobody-of-that-name", /there is no such user on this host/],
])("%s: a clear reason, tried again by the rules, and the agent lives on", async (_name, service, reason) => {
  host = new Host(`  web: { ${service}, ${QUICK} }\n  other: sleep 44002\n`);
  writeFileSync(join(host.dir, "not-executable"), "#!/bin/sh\n", { mode: 0o644 });
  await host.start();
  const seen = await host.see(
    "web",
    ({ reasonCode, restarts }) => reasonCode === "cannot-start" && restarts > 1,
    "refused",
  );
  expect(seen.reason).toMatch(reason);
  expect(seen).toMatchObject({ state: "backoff", desired: "run" });
  await host.pidOf("other");
});

it("mended, it starts without anybody's help", async () => {
  host = new Host(`  web: { command: [./server], ${QUICK} }\n`);
  await host.start();
  await host.see("web", ({ reasonCode }) => reasonCode === "cannot-start", "refused");
  writeFileSync(join(host.dir, "server"), "#!/bin/sh\nexec sleep 44003\n");
  chmodSync(join(host.dir, "server"), 0o755);
  await host.pidOf("web");
});

it("a folder where its log should be: a clear reason, and it starts when that is mended", async () => {
  host = new Host(`  web: { command: sleep 44004, ${QUICK} }\n`);
  const path = join(host.stateDir, "logs", "web.log");
  mkdirSync(path, { recursive: true });
  await host.start();
  const seen = await host.see("web", ({ reasonCode }) => reasonCode === "cannot-start", "refused");
  expect(seen.reason).toMatch(/cannot open its log .*web\.log: .*EISDIR/);
  rmSync(path, { recursive: true });
  await host.pidOf("web");
});

it("a service that could not be started is a loop with that cause, told once", async () => {
  host = new Host(`  web: { command: [no-such-program], ${QUICK} }\n`);
  await host.start();
  const { loop } = await host.see("web", (web) => web.loop !== null && web.restarts > 6, "in a loop");
  expect(loop?.cause.code).toBe("cannot-start");
  expect(host.log().match(/web: restart loop:/g)).toHaveLength(1);
});

it("no descriptor is free (EMFILE): who died meanwhile is started once there is one, and the agent answers again", async () => {
  const names = Array.from({ length: 30 }, (_, i) => `s${i}`);
  host = new Host(names.map((name) => `  ${name}: { command: sleep 44005, ${QUICK} }\n`).join(""));
  const agent = await host.start();
  for (const name of names) await host.pidOf(name);
  const before = await host.see("s7", ({ state }) => state === "up", "up");
  // Fewer than it has open: from now on every open fails.
  execFileSync("prlimit", ["--pid", String(agent.pid), "--nofile=8:4096"]);
  process.kill(before.pid ?? 0, "SIGKILL");
  await until("it to be gone", () => !host.processes().some(({ service }) => service === "s7"));
  await wait(1_000);
  // Whether anybody of it lives cannot be seen, so that no second one is started beside it.
  expect(host.processes()).toHaveLength(29);
  execFileSync("prlimit", ["--pid", String(agent.pid), "--nofile=4096:4096"]);
  const after = await host.see("s7", (s7) => s7.state === "up" && s7.pid !== before.pid, "back");
  expect(after.restarts).toBe(before.restarts + 1);
  expect(host.processes()).toHaveLength(30);
});

describe.runIf(isRoot)("with other users", () => {
  it("no process is free (EAGAIN): tried again until there is", async () => {
    const names = Array.from({ length: 40 }, (_, i) => `s${i}`);
    host = new Host(names.map((name) => `  ${name}: { command: sleep 44006, ${QUICK} }\n`).join(""));
    chmodSync(host.dir, 0o777);
    // An agent has about a dozen threads, which count as well.
    const user = ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--"];
    await host.start({ before: ["prlimit", "--nproc=40:40", "--", ...user] });
    const refused = await until("some to be refused", async () =>
      (await host.status())?.services.filter(({ reasonCode }) => reasonCode === "cannot-start").at(-1),
    );
    expect(refused.reason).toMatch(/EAGAIN/);
    await host.afloat("stop", ...names.filter((name) => name !== refused.name).slice(0, 25));
    await host.pidOf(refused.name);
  });

  it("`user` runs it as him, with his groups and home, and its own output can be opened by name", async () => {
    host = new Host(
      `  web: { command: "id; echo $HOME $USER; echo opened >>/dev/stdout; exec sleep 44007", user: nobody, cwd: / }\n`,
    );
    await host.start();
    const pid = await host.pidOf("web");
    // Before that it is still setpriv, on its way to be him.
    await until("its output", () => host.output("web").includes("opened"));
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    expect(status).toMatch(/Uid:\s+65534\s+65534\s+65534\s+65534/);
    expect(host.output("web")).toMatch(/uid=65534\(nobody\) gid=65534/);
    expect(host.output("web")).toContain("/nonexistent nobody");
    expect((await host.afloat("stop", "web")).code).toBe(0);
  });

  it("an agent that is not root says that it may not change the user", async () => {
    host = new Host(`  web: { command: sleep 44008, user: daemon, ${QUICK} }\n`);
    chmodSync(host.dir, 0o777);
    await host.start({ before: ["setpriv", "--reuid=54321", "--regid=54321", "--clear-groups", "--"] });
    const seen = await host.see("web", ({ reasonCode }) => reasonCode === "cannot-start", "refused");
    expect(seen.reason).toContain("only an agent that runs as root may change it");
  });
});

// ENOMEM on fork is the same answer of the same call as EAGAIN; it cannot be brought about here without starving the test itself.
