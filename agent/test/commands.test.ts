import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { fixture, freePort, Host, isAlive, until } from "./host.ts";

let host: Host;

afterEach(() => host.end());

const MAIN = fileURLToPath(new URL("../src/afloat.ts", import.meta.url));

async function web(more = "health: /healthz", name = "web"): Promise<string> {
  const port = await freePort();
  return `  ${name}:\n    command: [node, ${fixture("http-service.mjs")}]\n    env: { PORT: "${port}" }\n    port: ${port}\n    ${more}\n`;
}

describe("afloat init", () => {
  it("writes a file that afloat itself accepts, from what the folder says, and overwrites nothing", async () => {
    host = new Host("services: {}\n");
    writeFileSync(join(host.dir, "Procfile"), "web: node server.js\nworker: node worker.js # comment\n");
    const refused = await host.run("init");
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("--force")]);
    const written = await host.run("init", "--force");
    expect(written.code, written.err).toBe(0);
    expect(written.out).toContain("web (from Procfile), worker (from Procfile)");
    const text = readFileSync(join(host.dir, "afloat.yaml"), "utf8");
    expect(text).toContain("command: node server.js # from Procfile");
    expect((await host.run("logs")).code, "the file is accepted").toBe(0);
    host.configure("services: {}\n");
  });

  it("in an empty folder it teaches by example; with --schema it prints the schema for editors", async () => {
    host = new Host("services: {}\n");
    expect((await host.run("init", "--force")).code).toBe(0);
    expect(readFileSync(join(host.dir, "afloat.yaml"), "utf8")).toContain("my-backend");
    const { out } = await host.run("init", "--schema");
    expect(JSON.parse(out)).toMatchObject({ title: "afloat.yaml", properties: { services: {} } });
  });
});

describe("afloat verify", () => {
  it("passes where everything is up, answers, and stays up", async () => {
    host = new Host(`services:\n${await web()}`);
    await host.start();
    await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
    const { code, out } = await host.run("verify", "--watch", "500ms");
    expect([code, out]).toEqual([0, expect.stringContaining("1 service is up and stayed up")]);
  });

  it("fails on a wrong endpoint with the line to write, and passes it where that is allowed", async () => {
    host = new Host(`services:\n${await web("health: /health")}`);
    await host.start();
    await host.see("web", ({ diagnosis }) => diagnosis !== null, "has its diagnosis");
    const strict = await host.run("verify", "--watch", "100ms", "--json");
    expect(strict.code).toBe(1);
    const report: { ok: boolean; findings: { what: string }[] } = JSON.parse(strict.out);
    expect(report.ok).toBe(false);
    expect(report.findings.map(({ what }) => what).join()).toContain("write `health: /healthz`");
    expect((await host.run("verify", "--watch", "100ms", "--allow-degraded")).code).toBe(0);
  });

  it("without an agent it says so, and with a duration that is none, what one looks like", async () => {
    host = new Host("services: {}\n");
    expect((await host.run("verify")).code).toBe(3);
    expect((await host.run("verify", "--watch", "soon")).code).toBe(2);
  });
});

describe("afloat status and logs", () => {
  it("a service that is not there: says which are, and which was meant", async () => {
    host = new Host(`services:\n${await web("", "aurora-backend")}`);
    await host.start();
    for (const args of [["status"], ["logs"], ["restart"]]) {
      const { code, err } = await host.run(...args, "aurora-backnd");
      expect([args, code]).toEqual([args, 2]);
      expect(err).toContain("Did you mean aurora-backend?");
    }
    const { out } = await host.run("status", "aurora-backend", "--json");
    expect(JSON.parse(out).services.map(({ name }: { name: string }) => name)).toEqual(["aurora-backend"]);
  });

  it("logs -f goes on across a log that is cut short, and ends by Ctrl-C", async () => {
    host = new Host("services:\n  web: sleep 1000\n");
    const log = join(host.stateDir, "logs", "web.log");
    mkdirSync(join(log, ".."), { recursive: true });
    writeFileSync(log, "one\ntwo\nthree\n");
    const following = spawn(process.execPath, [MAIN, "logs", "-n", "2", "-f"], { cwd: host.dir });
    let out = "";
    following.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
    const ended = new Promise((resolve) => following.once("exit", resolve));
    await until(
      () => out === "two\nthree\n",
      "the last lines",
      () => out,
    );
    appendFileSync(log, "four\nfi");
    await until(
      () => out.endsWith("four\n"),
      "what came",
      () => out,
    );
    truncateSync(log, 0);
    await new Promise((resolve) => setTimeout(resolve, 400));
    appendFileSync(log, "six\n");
    await until(
      () => out.endsWith("six\n"),
      "what came after the cut",
      () => out,
    );
    following.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(out, "what was begun before the cut is not glued to what came after").toBe("two\nthree\nfour\nfi\nsix\n");
    expect((await host.run("logs", "-n", "few")).code).toBe(2);
  });

  it("status --watch --json prints a line for each change", async () => {
    host = new Host(`services:\n${await web()}`);
    await host.start();
    const { pid } = await host.see("web", ({ verdict }) => verdict === "healthy", "is up");
    const watching = spawn(process.execPath, [MAIN, "status", "--watch", "--json"], { cwd: host.dir });
    let out = "";
    watching.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")));
    await until(() => out.includes("\n"), "the first line");
    process.kill(pid ?? 0, "SIGKILL");
    const restarts = () =>
      out
        .trim()
        .split("\n")
        .map((line): number => JSON.parse(line).services[0].restarts);
    await until(() => restarts().at(-1) === 1, "the change");
    watching.kill();
  });
});

describe("a service that is configured no more", () => {
  it("is stopped by the next agent, and nothing else is", async () => {
    const [old, kept] = [await web("", "old"), await web("", "kept")];
    host = new Host(`services:\n${old}${kept}`);
    const agent = await host.start();
    const before = await host.see("kept", ({ verdict }) => verdict === "healthy", "is up");
    const { pid } = await host.see("old", ({ verdict }) => verdict === "healthy", "is up");
    agent.kill("SIGTERM");
    await until(() => agent.exitCode !== null, "the agent is gone");
    expect(isAlive(pid ?? 0, null)).toBe(true);
    host.configure(`services:\n${kept}`);
    await host.start();
    await until(() => !isAlive(pid ?? 0, null), "the old service is gone");
    expect((await host.see("kept", ({ verdict }) => verdict === "healthy", "is adopted")).pid).toBe(before.pid);
    expect(host.log()).not.toContain("old: restart");
  });
});
