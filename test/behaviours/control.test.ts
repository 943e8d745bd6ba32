import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { execFile, spawn } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { AGENT } from "../stories/house/host.ts";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";
import { writeNewerProgram, writeOtherProgram } from "./other-program.ts";

/** The control socket: who may speak to an agent, in which version, and what becomes of what is broken. */

let host: Host;
afterEach(() => host.end());

/** Says one line to the agent, and answers what it says to that. */
function say(line: unknown): Promise<{ kind: string; code?: string; message?: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(host.stateDir, "control.sock"));
    let text = "";
    socket.once("connect", () => socket.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`));
    socket.once("error", reject);
    socket.on("data", (chunk) => {
      text += chunk.toString("utf8");
      if (!text.includes("\n")) return;
      socket.destroy();
      resolve(JSON.parse(text.slice(0, text.indexOf("\n"))));
    });
  });
}

/** Runs another program than the agent's as `afloat`. */
function run(script: string, ...args: string[]): Promise<{ code: number; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { cwd: host.dir }, (error, _out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), err }),
    );
  });
}

describe("who may speak", () => {
  it("the socket is its owner's alone, from its first moment on and whatever the umask, and in his folder", async () => {
    host = new Host("  web: sleep 47101\n");
    const line = `umask 0; exec '${process.execPath}' '${AGENT}' up`;
    const agent = spawn("sh", ["-c", line], { cwd: host.dir, stdio: "ignore" });
    const path = join(host.stateDir, "control.sock");
    const modes = new Set<number>();
    await until("the agent to answer", async () => {
      const seen = statSync(path, { throwIfNoEntry: false });
      if (seen !== undefined) modes.add(seen.mode & 0o777);
      return host.status();
    });
    expect([...modes]).toEqual([0o600]);
    expect(statSync(host.stateDir).mode & 0o777).toBe(0o700);
    await host.afloat("down");
    agent.kill("SIGKILL");
  });

  it.runIf(process.getuid?.() === 0)("somebody else is turned away, and told whose agent it is", async () => {
    host = new Host("  web: sleep 47102\n");
    await host.start();
    // Even where he can reach the folder.
    for (const path of [host.dir, host.stateDir]) chmodSync(path, 0o755);
    const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
      const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", "--"];
      const [program, ...words]: [string, ...string[]] = ["setpriv", ...nobody, process.execPath, AGENT, "status"];
      execFile(program, words, { cwd: host.dir }, (error, _out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code), out: err }),
      );
    });
    expect({ code, out: out.slice(0, 35) }).toEqual({ code: 3, out: "the agent belongs to another user: " });
  });
});

it("what is asked of an agent that only begins waits until it knows what the one before left: a pause is not forgotten", async () => {
  host = new Host(`  paused: sleep 47111
  old: { command: [sh, -c, "trap 'sleep 2; exit 0' TERM; while :; do sleep 0.05; done"] }
`);
  const agent = await host.start();
  await host.pidOf("old");
  await host.afloat("pause", "paused");
  await host.kill(agent);
  host.configure("  paused: sleep 47111\n");
  host.spawn();
  // It stops the old one first, for two seconds.
  await until("the agent to answer", () => host.status());
  const { code, out } = await host.afloat("restart", "paused");
  expect(code).toBe(1);
  expect(out).toMatch(/^paused: refused: paused by /);
  expect(await host.service("paused")).toMatchObject({ state: "paused", desired: "pause" });
});

describe("versions", () => {
  it("an older command is told that the agent is newer, and which program to use", async () => {
    host = new Host("  web: sleep 47103\n");
    await host.start();
    const answer = await say({ version: 0, id: 1, call: "status" });
    expect(answer).toMatchObject({ kind: "error", code: "other-version" });
    expect(answer.message).toContain("the agent that runs here is newer than this command");
    expect(answer.message).toContain(AGENT);
  });

  it("a newer command tells that the agent is older, and how to start it anew without ending its services", async () => {
    host = new Host("  web: sleep 47104\n");
    const agent = await host.start();
    const newer = join(host.dir, "newer.cjs");
    writeOtherProgram(newer, (code) =>
      code
        .replaceAll(/\bCONTROL_VERSION\s*=\s*1\b/g, "CONTROL_VERSION=2")
        .replaceAll("version:1,id:1", "version:2,id:1"),
    );
    for (const args of [["status"], ["restart", "web"], ["down"], ["reload", "--yes"]]) {
      const { code, err } = await run(newer, ...args);
      expect(code, args.join(" ")).toBe(1);
      expect(err).toContain("the agent that runs here is older than this command");
      expect(err).toContain(`kill ${agent.pid} ends it and leaves the services running`);
    }
  });

  it("a reload of another version of afloat is refused though both speak the same protocol, and nothing is changed", async () => {
    host = new Host("  web: sleep 47105\n");
    await host.start();
    const pid = await host.pidOf("web");
    const newer = join(host.dir, "newer.cjs");
    writeNewerProgram(newer);
    host.configure("  web: { command: sleep 47105, env: { A: 1 } }\n");
    const { code, err } = await run(newer, "reload", "--yes");
    expect(code).toBe(1);
    expect(err).toContain("this agent is afloat 0.1.0, the command is 0.1.1");
    expect(await host.pidOf("web")).toBe(pid);
  });

  it("what an agent of another version answers is shown, and it is not mistaken for none", async () => {
    host = new Host("  web: sleep 47106\n");
    await host.start();
    await host.afloat("down");
    const answer = '{"id":0,"kind":"error","code":"other-version","message":"too new"}\n';
    const server = createServer((socket) => socket.once("data", () => socket.end(answer)));
    await new Promise<void>((resolve) => server.listen(join(host.stateDir, "control.sock"), resolve));
    try {
      expect(await host.afloat("status")).toMatchObject({ code: 1, err: "too new\n" });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe("a specification that is handed over", () => {
  const request = (file: string, more = {}) => ({
    ...{ version: 1, id: 7, call: "reload", afloat: "0.1.0", file, apply: true, basis: null, by: "nobody" },
    ...more,
  });
  const NAME = "reload-0123456789abcdef.json";

  it("may be larger than a request", async () => {
    host = new Host("  web: sleep 47107\n");
    await host.start();
    host.configure(`  web: { command: sleep 47107, env: { LARGE: ${"x".repeat(100_000)} } }\n`);
    expect((await host.afloat("reload", "--yes")).code).toBe(0);
    expect(readFileSync(`/proc/${await host.pidOf("web")}/environ`, "utf8")).toContain("x".repeat(100_000));
  });

  it.each([
    ["no such name", "../agent.json", ""],
    ["one that is not there", NAME, null],
    ["one that is no JSON", NAME, "{"],
    ["one that is no specification", NAME, "[]"],
    ["one without the settings that this agent knows", NAME, '{"cloud":null,"remote":[],"services":[{"name":"web"}]}'],
    [
      "one with two services of one name",
      NAME,
      '{"cloud":null,"remote":[],"services":[{"name":"web"},{"name":"web"}]}',
    ],
    ["one with a setting that this agent does not know", NAME, '{"cloud":null,"remote":[],"services":[],"new":1}'],
    ["one that asks for what cannot be asked", NAME, '{"cloud":null,"remote":["rm -rf"],"services":[]}'],
  ])("%s is refused, and nothing is changed", async (_what, file, content) => {
    host = new Host("  web: sleep 47108\n");
    await host.start();
    const pid = await host.pidOf("web");
    if (content !== null && content !== "") writeFileSync(join(host.stateDir, file), content, { mode: 0o600 });
    expect(await say(request(file))).toMatchObject({ id: file === NAME ? 7 : 0, kind: "error", code: "bad-request" });
    expect(await host.pidOf("web")).toBe(pid);
  });

  it("a link to another file is not followed", async () => {
    host = new Host("  web: sleep 47109\n");
    await host.start();
    symlinkSync(join(host.stateDir, "config.json"), join(host.stateDir, NAME));
    expect(await say(request(NAME))).toMatchObject({ kind: "error", code: "bad-request" });
  });

  it("nothing of it is left on disk but what is in force, readable by its owner only", async () => {
    host = new Host("  web: { command: sleep 47110, env: { SECRET: a } }\n");
    await host.start();
    host.configure("  web: { command: sleep 47110, env: { SECRET: b } }\n");
    await host.afloat("reload");
    await host.afloat("reload", "--yes");
    expect(readdirSync(host.stateDir).filter((name) => name.startsWith("reload-"))).toEqual([]);
    expect(statSync(join(host.stateDir, "config.json")).mode & 0o777).toBe(0o600);
  });
});
