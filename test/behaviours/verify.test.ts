import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { AGENT } from "../stories/house/host.ts";
import { until } from "../stories/house/until.ts";
import { Actor } from "./actor.ts";
import { Host, type Ran } from "./host.ts";

/** `afloat verify` on real services that misbehave while it watches. */

let host: Host;
afterEach(() => host.end());

const PACE = "interval: 100ms, timeout: 400ms, start_period: 300ms";

interface Report {
  ok: boolean;
  complete: boolean;
  services: number;
  watched: { service: string; restarts: number; slowestMs: number | null; lines: number; calls: { when: string }[] }[];
  findings: { service: string | null; level: string; code: string; what: string }[];
  notes: { service: string; count: number; samples: string[] }[];
}

/** A watch that has begun, by the connection that it holds to the agent. */
async function beginWatch(...args: string[]) {
  const child = spawn(process.execPath, [AGENT, "verify", ...args], { cwd: host.dir });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")));
  const ended = new Promise<Ran>((resolve) => child.once("close", (code) => resolve({ code: code ?? -1, out, err })));
  const seen = new Map<string, number>();
  await until("the watch to begin", () => {
    for (const inode of connections()) seen.set(inode, (seen.get(inode) ?? 0) + 1);
    // The one question that it begins with is over sooner.
    return [...seen.values()].some((looks) => looks >= 8);
  });
  return { child, ended };
}

/** Connections to the control socket that somebody holds now, by their inodes; the listening socket is state 01. */
function connections(): string[] {
  const lines = readFileSync("/proc/net/unix", "utf8").split("\n");
  const path = join(host.stateDir, "control.sock");
  return lines.flatMap((line) => {
    const [, , , , , state, inode = "", name] = line.split(/\s+/);
    return name === path && state === "03" ? [inode] : [];
  });
}

const findings = ({ findings: all }: Report) =>
  all.map(({ service, level, code }) => `${service ?? "agent"} ${level} ${code}`);

it("a failing of the endpoint that is over at the end is found, with every endpoint called twice", async () => {
  host = new Host("");
  const api = new Actor(host, "api", await claimPorts());
  host.configure(api.entry(`port: ${api.ports[0] ?? 0}, health: { http: /, ${PACE} }`));
  await host.start();
  await host.see("api", ({ verdict }) => verdict === "healthy", "healthy");
  const { ended } = await beginWatch("--watch", "12s", "--json");
  api.mood("500");
  await host.see("api", ({ reasonCode }) => reasonCode === "regressed-endpoint", "regressed");
  api.mood("200");
  await host.see("api", ({ verdict }) => verdict === "healthy", "healthy again");
  const { code, out } = await ended;
  const report: Report = JSON.parse(out);
  expect(code).toBe(1);
  expect(findings(report)).toEqual(["api warning was"]);
  expect(report.findings[0]?.what).toMatch(/^was degraded for .*→ 500.*; now it is healthy$/);
  expect(report.watched[0]?.calls.map(({ when }) => when)).toEqual(["beginning", "end"]);
  expect(report.watched[0]?.slowestMs).not.toBeNull();
  const lenient = await host.afloat("verify", "--watch", "100ms", "--allow-degraded");
  expect(lenient, "a regress that is over before is none of this watch").toMatchObject({ code: 0 });
});

it("a restart while it watches is found, with how the process ended, though all is well at the end", async () => {
  host = new Host("  web: sleep 49204\n  calm: sleep 49205\n");
  await host.start();
  const pid = await host.pidOf("web");
  await host.see("calm", ({ verdict }) => verdict === "healthy", "healthy");
  const { ended } = await beginWatch("--watch", "6s", "--json");
  process.kill(pid, "SIGKILL");
  await host.see("web", ({ pid: next, verdict }) => next !== pid && verdict === "healthy", "healthy again");
  const { code, out } = await ended;
  const report: Report = JSON.parse(out);
  expect(code).toBe(1);
  expect(findings(report)).toEqual(["web failure restarted"]);
  expect(report.findings[0]?.what).toMatch(/^was restarted while it was watched; last it was killed by signal 9/);
  expect(report.services).toBe(2);
  expect(report.watched.map(({ service, restarts }) => `${service} ${restarts}`)).toEqual(["web 1", "calm 0"]);
});

it("a service that is not up at the end is found: one that waits, and the one it waits for", async () => {
  host = new Host(`  db: sh -c "exit 1"\n  late: { command: sleep 49201, depends_on: { db: completed } }\n`);
  await host.start();
  await host.see("db", ({ loop }) => loop !== null, "in a loop");
  const { code, out } = await host.afloat("verify", "--watch", "100ms", "--json");
  const report: Report = JSON.parse(out);
  expect(code).toBe(1);
  expect(findings(report)).toContain("late failure not-up");
  expect(findings(report)).toContain("db failure loop");
});

it("lines that look like errors are shown and fail nothing, unless a pattern says that they do", async () => {
  host = new Host(`  talks: sh -c 'while sleep 0.05; do if [ -e go ]; then echo "ERROR cannot reach db"; fi; done'\n`);
  await host.start();
  await host.see("talks", ({ verdict }) => verdict === "healthy", "healthy");
  const quiet = await host.afloat("verify", "--watch", "100ms", "--json", "--fail-on-log", "ERROR");
  expect(quiet.code, "what was not written is not found").toBe(0);
  writeFileSync(join(host.dir, "go"), "");
  const noted = await host.afloat("verify", "--watch", "1s");
  expect(noted).toMatchObject({ code: 0, out: expect.stringContaining("    ERROR cannot reach db\n") });
  const failed = await host.afloat("verify", "--watch", "1s", "--fail-on-log", "cannot \\w+ db");
  expect(failed).toMatchObject({
    code: 1,
    out: expect.stringMatching(/■ talks: wrote .* must not be: ERROR cannot\s+reach db/),
  });
  expect(await host.afloat("verify", "--watch", "1s", "--fail-on-log", "(")).toMatchObject({ code: 2 });
});

it("Ctrl-C gives the report so far", async () => {
  host = new Host("  web: sleep 49202\n");
  await host.start();
  await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  const { child, ended } = await beginWatch("--watch", "10m");
  child.kill("SIGINT");
  const { code, out } = await ended;
  expect(code).toBe(1);
  expect(out).toContain("● web");
  expect(out).toMatch(/Broken off, watched for .*: nothing was found until then\.\n$/);
});

it("an agent that is killed while it watches is a finding, whether it comes back or not", async () => {
  host = new Host("  web: sleep 49203\n");
  const agent = await host.start();
  const pid = await host.pidOf("web");
  const { ended } = await beginWatch("--watch", "15s", "--json");
  await host.kill(agent);
  const next = await host.start();
  const { code, out } = await ended;
  const report: Report = JSON.parse(out);
  expect(code).toBe(1);
  expect(findings(report)).toEqual(["agent failure agent"]);
  expect(report.findings[0]?.what).toContain(`pid ${agent.pid}, then ${next.pid}`);
  expect(await host.pidOf("web"), "the service ran on").toBe(pid);

  const second = await beginWatch("--watch", "6s", "--json");
  await host.kill(next);
  const gone = await second.ended;
  expect(gone.code).toBe(1);
  expect((JSON.parse(gone.out) as Report).findings[0]?.what).toContain("the agent is gone");
});

it("an agent that hangs is a finding: the watch ends all the same", async () => {
  host = new Host("  web: sleep 49206\n");
  const agent = await host.start();
  await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  const { ended } = await beginWatch("--watch", "4s", "--json");
  agent.kill("SIGSTOP");
  try {
    const { code, out } = await ended;
    expect(code).toBe(1);
    expect(findings(JSON.parse(out))).toEqual(["agent failure agent"]);
  } finally {
    agent.kill("SIGCONT");
  }
});
