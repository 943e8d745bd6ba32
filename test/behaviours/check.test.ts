import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { Host, program } from "./host.ts";

/** `afloat check`, as people and deploys use it. */

let host: Host;
afterEach(() => host.end());

const server = (port: number) => `[node, ${program("puzzles.mjs")}, "${port}", own.pem]`;
const answers = (port: number) => `[node, ${program("answers.mjs")}, "${port}", "200"]`;
const file = () => readFileSync(join(host.dir, "afloat.yaml"), "utf8");

it("says in 80 columns what is well and what is not, in the order of the file, with and without an agent", async () => {
  const port = await claimPorts();
  host = new Host(`  web: { command: ${answers(port)}, port: ${port}, health: /any }
  moved: { command: ${answers(port + 1)}, port: ${port + 2} }
  a-service-with-a-very-long-name: { command: sleep 49000, health: "http://localhost:${port + 3}/a/path/that/goes/on/and/on/for/ever" }
  plain: sleep 49000
`);
  const alone = await host.afloat("check");
  expect(alone.code).toBe(1);
  expect(alone.out).toContain("no agent runs here");
  await host.start();
  await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  await host.see("moved", ({ diagnosis }) => diagnosis?.code === "wrong-port", "diagnosed");
  const beside = await host.afloat("check");
  expect(beside.code).toBe(1);
  const lines = beside.out.split("\n");
  expect(lines.slice(1, 5).map((line) => line.split(/\s+/).slice(0, 3))).toEqual([
    ["●", "web", "healthy"],
    ["■", "moved", "unhealthy"],
    ["◐", "a-service-with-a-very-l…", "degraded"],
    ["●", "plain", "healthy"],
  ]);
  for (const line of lines) if (!line.includes("/a/path/")) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(beside.out).toContain(`Write \`port: ${port + 1}\` in afloat.yaml:3.`);
  expect(beside.out).toMatch(/4 services checked, 2 not well; the agent runs as pid \d+/);
  expect((await host.afloat("check", "web", "pl*")).code).toBe(0);
  const unknown = await host.afloat("check", "wep");
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining("Did you mean web?") });
  await host.afloat("pause", "plain");
  const paused = await host.afloat("check", "plain");
  expect(paused).toMatchObject({ code: 1, out: expect.stringContaining("It is paused") });
});

const COMMENTED = (port: number) => `# kept as it is
services:
  short:   # two blanks more
    command: sleep 49000
    health: http://localhost:${port}/health   # wrong
  'long':
    command: sleep 49000
    health:
      # slow on purpose
      http: 'http://localhost:${port}/slow'
      timeout: 1s
  scheme: { command: sleep 49000, health: 'https://localhost:${port}/healthz' }
  moved:
    command: ${answers(port + 3)}
    port: ${port + 4} # somewhere else
  flow: {command: sleep 49000, health: {http: "http://127.0.0.1:${port + 1}/"}}
  server: { command: ${server(port)}, port: ${port}, health: /healthz }
`;

it("--fix shows the difference, asks, writes only the values that are wrong, and calls them again", async () => {
  const port = await claimPorts();
  host = new Host("");
  const certificate = readFileSync(new URL("../../agent/test/fixtures/self-signed.pem", import.meta.url));
  writeFileSync(join(host.dir, "own.pem"), certificate);
  const before = COMMENTED(port);
  writeFileSync(join(host.dir, "afloat.yaml"), before);
  await host.start();
  await host.see("server", ({ verdict }) => verdict === "healthy", "healthy");
  await host.see("moved", ({ diagnosis }) => diagnosis?.code === "wrong-port", "diagnosed");

  const shown = await host.afloat("check", "--fix");
  expect(shown.code).toBe(1);
  expect(shown.out).toContain(`-    health: http://localhost:${port}/health   # wrong`);
  expect(shown.out).toContain(`+    health: http://localhost:${port}/healthz   # wrong`);
  expect(shown.err).toContain("there is no terminal to ask at");
  expect(file()).toBe(before);

  const written = await host.afloat("check", "--fix", "--yes");
  expect(written.code, written.out + written.err).toBe(0);
  expect(written.out).toContain("To go by this one: afloat reload");
  const [timeout = ""] = /timeout: [2-9]\d*s/.exec(file()) ?? [];
  expect(file()).toBe(
    before
      .replace("/health   #", "/healthz   #")
      .replace("timeout: 1s", timeout)
      .replace("'https:", "'http:")
      .replace(`port: ${port + 4}`, `port: ${port + 3}`)
      .replace(`127.0.0.1:${port + 1}`, `localhost:${port + 1}`),
  );
  expect((await host.afloat("check", "--fix", "--yes")).code).toBe(0);
});

it("what a machine must not write is told, to be written by hand; the rest is written", async () => {
  const port = await claimPorts();
  host = new Host("");
  const certificate = readFileSync(new URL("../../agent/test/fixtures/self-signed.pem", import.meta.url));
  writeFileSync(join(host.dir, "own.pem"), certificate);
  host.configure(`  server: { command: ${server(port)}, port: ${port} }
  one: { command: sleep 49000, health: &address "http://localhost:${port}/health" }
  two: { command: sleep 49000, health: *address }
`);
  const before = file();
  await host.start();
  await host.see("server", ({ verdict }) => verdict === "healthy", "healthy");
  const { code, err } = await host.afloat("check", "--fix", "--yes");
  expect(code).toBe(1);
  expect(err).toMatch(
    /two: it is an alias .*: write `health: http:\/\/localhost:\d+\/healthz` in afloat\.yaml:4 by hand/,
  );
  expect(file()).toBe(before);
});

it("beside an agent that hangs all is checked, and what is wrong with the agent is told", async () => {
  const port = await claimPorts();
  host = new Host(`  web: { command: ${answers(port)}, port: ${port}, health: /any }\n`);
  const agent = await host.start();
  await host.see("web", ({ verdict }) => verdict === "healthy", "healthy");
  agent.kill("SIGSTOP");
  try {
    const [people, machines, status] = await Promise.all([
      host.afloat("check"),
      host.afloat("check", "--json"),
      host.afloat("status"),
    ]);
    expect(people).toMatchObject({ code: 0, err: "" });
    expect(people.out).toContain("1 service checked, all well; the agent does not answer; it seems to hang");
    expect(JSON.parse(machines.out)).toMatchObject({ agent: null, agentFault: expect.stringContaining("hang") });
    expect(status).toMatchObject({ code: 3, err: "the agent does not answer; it seems to hang\n" });
  } finally {
    agent.kill("SIGCONT");
  }
});
