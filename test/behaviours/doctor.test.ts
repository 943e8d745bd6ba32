import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { execFile, execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { AGENT } from "../stories/house/host.ts";
import { Host } from "./host.ts";

/** `afloat doctor` on a host where something is really broken. */

let host: Host;
afterEach(() => host.end());

interface Finding {
  check: string;
  level: string;
  what: string;
  mend: string | null;
}

/** What it finds that is not well, but for what this machine is like, by the check's name. */
async function examined(): Promise<{ code: number; found: Record<string, Finding> }> {
  const { code, out, err } = await host.afloat("doctor", "--json");
  expect(err).toBe("");
  const { findings }: { findings: Finding[] } = JSON.parse(out);
  const bad = findings.filter(({ level, check }) => level !== "ok" && check !== "boot" && check !== "clock");
  return { code, found: Object.fromEntries(bad.map((each) => [each.check, each])) };
}

it("a host where all is well: exit code 0, and each check is told", async () => {
  host = new Host("  web: sleep 44201\n");
  await host.start();
  await host.pidOf("web");
  const { code, out } = await host.afloat("doctor");
  expect(code, out).toBe(0);
  for (const check of [
    "versions",
    "agent",
    "configuration",
    "link",
    "disk",
    "files",
    "logs",
    "limits",
    "tools",
    "user",
  ])
    expect(out).toContain(`${check}: `);
  for (const line of out.split("\n").filter((each) => !each.includes("→"))) expect(line.length).toBeLessThanOrEqual(80);
});

it("without an agent it works, and says so; what the dead one left running is told", async () => {
  host = new Host("  web: sleep 44202\n");
  const agent = await host.start();
  const pid = await host.pidOf("web");
  await host.kill(agent);
  const { found } = await examined();
  expect(found["agent"]).toMatchObject({ level: "warning", mend: "afloat up --daemon" });
  expect(found["agents"]?.what).toContain(`web runs on with nobody to look after it (pid ${pid})`);
});

it("rights that are too wide are problems, each with its chmod; typed in, all is well", async () => {
  host = new Host("  web: { command: sleep 44203, env: { API_KEY: x } }\n");
  await host.start();
  chmodSync(host.stateDir, 0o755);
  chmodSync(join(host.stateDir, "control.sock"), 0o666);
  chmodSync(join(host.dir, "afloat.yaml"), 0o666);
  const { out, code } = await host.afloat("doctor");
  expect(code).toBe(1);
  const mends = out.split("\n").flatMap((line) => /→ (chmod .*)$/.exec(line)?.[1] ?? []);
  expect(mends).toHaveLength(4);
  for (const mend of mends) execFileSync("sh", ["-c", mend]);
  expect((await host.afloat("doctor")).out).not.toContain("chmod");
});

it("an agent whose socket was removed, and one that is stopped, are told apart from none", async () => {
  host = new Host("  web: sleep 44204\n");
  const agent = await host.start();
  agent.kill("SIGSTOP");
  const hanging = await examined();
  expect([hanging.code, hanging.found["agent"]?.what]).toEqual([1, "the agent does not answer; it seems to hang"]);
  agent.kill("SIGCONT");
  const socket = join(host.stateDir, "control.sock");
  rmSync(socket);
  const gone = await examined();
  expect([gone.code, gone.found["agent"]?.what]).toEqual([1, `the agent (pid ${agent.pid}) cannot be reached`]);
  expect(gone.found["agent"]?.mend).toContain(`kill ${agent.pid}`);
  await host.kill(agent);
});

it("an agent with too few descriptors for its services is told, with the line to write", async () => {
  host = new Host(Array.from({ length: 8 }, (_, i) => `  s${i}: sleep 44205\n`).join(""));
  await host.start({ before: ["prlimit", "--nofile=100:100", "--"] });
  const { code, found } = await examined();
  expect([code, found["limits"]?.level]).toEqual([1, "problem"]);
  expect(found["limits"]?.mend).toContain("LimitNOFILE=");
});

it("a configuration with a mistake, and one that is newer than the agent, are told", async () => {
  host = new Host("  web: sleep 44206\n");
  await host.start();
  host.configure("  web: { command: sleep 44206, nise: 5 }\n");
  const broken = await examined();
  expect([broken.code, broken.found["configuration"]?.what]).toEqual([1, "the configuration has a mistake"]);
  host.configure("  web: sleep 44206\n  more: sleep 44206\n");
  const newer = await examined();
  expect(newer.found["configuration"]).toMatchObject({ level: "note", mend: "afloat reload" });
});

it("a disk that gives no answer (a dead NFS) ends neither the command nor its patience", async () => {
  host = new Host("  web: sleep 44207\n");
  // What a dead mount does to stat(1): it never comes back.
  const bin = join(host.dir, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "stat"), "#!/bin/sh\nexec /bin/sleep 44208\n", { mode: 0o755 });
  symlinkSync(process.execPath, join(bin, "node"));
  const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
    const options = { cwd: host.dir, env: { ...process.env, PATH: bin } };
    execFile(process.execPath, [AGENT, "doctor"], options, (error, out) =>
      resolve({ code: error === null ? 0 : 1, out }),
    );
  });
  expect([code, out]).toEqual([1, expect.stringMatching(/gave no answer\s+in time/)]);
});

it("tools that are missing are a problem where a service needs them, and a note elsewhere", async () => {
  host = new Host("  web: { command: sleep 44209, nice: 5 }\n");
  const bin = join(host.dir, "bin");
  mkdirSync(bin);
  symlinkSync("/usr/bin/stat", join(bin, "stat"));
  const { out } = await new Promise<{ out: string }>((resolve) => {
    const options = { cwd: host.dir, env: { ...process.env, PATH: bin } };
    execFile(process.execPath, [AGENT, "doctor"], options, (_error, out) => resolve({ out }));
  });
  expect(out).toMatch(/^problem +tools: nice is not on this host$/m);
  expect(out).toMatch(/^note +tools: prlimit is not on this host$/m);
  expect(readFileSync(join(host.dir, "afloat.yaml"), "utf8")).toContain("nice: 5");
});
