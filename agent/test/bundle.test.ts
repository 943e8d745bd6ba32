import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { Host } from "./host.ts";

const BUILD = fileURLToPath(new URL("../build.ts", import.meta.url));
const BUNDLE = fileURLToPath(new URL("../dist/afloat.cjs", import.meta.url));

/** This Node, and every other on PATH: hosts have what they have. */
const NODES = [process.execPath, ...(process.env["PATH"] ?? "").split(delimiter).map((dir) => join(dir, "node"))];
const versions = new Map<string, string>();
for (const node of NODES) {
  try {
    const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    if (Number(/^v(\d+)/.exec(version)?.[1]) >= 20) versions.set(version, node);
  } catch {
    // No Node in this folder.
  }
}

beforeAll(() => {
  execFileSync(process.execPath, [BUILD]);
});

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) =>
    server.listen(0, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    }),
  );
}

describe.each([...versions])("the one file, on Node %s", (_version, node) => {
  let host: Host;
  const run = (...args: string[]) => execFileSync(node, ["afloat.cjs", ...args], { cwd: host.dir, encoding: "utf8" });

  afterEach(() => host.end());

  it("runs and probes services from an empty folder with nothing beside it", async () => {
    const port = await freePort();
    const listens = JSON.stringify([node, "-e", `require("http").createServer((q, a) => a.end()).listen(${port})`]);
    host = new Host(`services:\n  web: sleep 1000\n  api: { command: ${listens}, port: ${port}, health: / }\n`);
    copyFileSync(BUNDLE, join(host.dir, "afloat.cjs"));
    expect(run("--version").trim()).toBe("0.1.0");
    expect(run("--help")).toContain("afloat up --daemon");
    expect(run("up", "--daemon")).toContain("● web");
    const status: { agent: { pid: number }; services: { verdict: string }[] } = JSON.parse(run("status", "--json"));
    expect(status.services.map(({ verdict }) => verdict)).toEqual(["healthy", "healthy"]);
    const memory = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${status.agent.pid}/status`, "utf8"))?.[1]);
    console.log(`the agent in the background: ${Math.round(memory / 1024)} MB resident`);
    expect(run("down")).toContain("the agent ended");
  });

  it("an update in place of the file that runs changes nothing of what runs", () => {
    host = new Host("services:\n  web: sleep 1000\n");
    const file = join(host.dir, "afloat.cjs");
    copyFileSync(BUNDLE, file);
    run("up", "--daemon");
    // The very same file, so that no other name keeps what was in it.
    writeFileSync(file, "// an update that is half written");
    copyFileSync(BUNDLE, join(host.dir, "whole.cjs"));
    const answer = execFileSync(node, ["whole.cjs", "restart", "web"], { cwd: host.dir, encoding: "utf8" });
    expect(answer).toContain("web");
    execFileSync(node, ["whole.cjs", "check"], { cwd: host.dir });
    expect(execFileSync(node, ["whole.cjs", "down"], { cwd: host.dir, encoding: "utf8" })).toContain("the agent ended");
  });

  it("its daemon never loads what only the command line needs", () => {
    host = new Host("services: {}\n");
    // Poisoned: whoever runs one of the parts of the file that have these modules dies of it.
    let count = 0;
    const poisoned = readFileSync(BUNDLE, "utf8").replace(
      /^(\.\/\S+ )(\S+)$/gm,
      (line, name: string, packed: string) => {
        if (!/CommanderError|yaml@/.test(brotliDecompressSync(Buffer.from(packed, "base64")).toString())) return line;
        count += 1;
        return name + brotliCompressSync('throw new Error("loaded");').toString("base64");
      },
    );
    expect(count).toBeGreaterThan(1);
    writeFileSync(join(host.dir, "afloat.cjs"), poisoned);
    expect(() => run("--version")).toThrow("loaded");
    copyFileSync(BUNDLE, join(host.dir, "whole.cjs"));
    // The command hands over to the file it is itself; the daemon is started from the poisoned one by hand.
    execFileSync(node, ["whole.cjs", "up", "--daemon"], { cwd: host.dir });
    execFileSync(node, ["whole.cjs", "down"], { cwd: host.dir });
    const place = ["--config", join(host.dir, "afloat.yaml"), "--state", host.stateDir];
    const script = `require("node:child_process").spawn(process.execPath, ["afloat.cjs", "daemon", ...${JSON.stringify(place)}], { detached: true, stdio: "ignore" }).unref()`;
    execFileSync(node, ["-e", script], { cwd: host.dir });
    for (let tries = 0; tries < 100; tries++) {
      try {
        execFileSync(node, ["whole.cjs", "status", "--json"], { cwd: host.dir, stdio: "pipe" });
        return;
      } catch {
        // Not up yet.
      }
    }
    throw new Error(`the daemon did not start: ${readFileSync(join(host.stateDir, "agent.log"), "utf8")}`);
  });
});
