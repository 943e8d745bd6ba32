import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host } from "./host.ts";

let host: Host;
afterEach(() => host.end());

const write = (name: string, text: string) => writeFileSync(join(host.dir, name), text, { mode: 0o600 });

/** Every file under a folder, with what is in it. */
function filesIn(folder: string): { path: string; text: string }[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => ({ path, text: readFileSync(path, "latin1") }));
}

it("a secret is read from its file at each start, and is in no file of the agent's", async () => {
  host = new Host("  web: { command: 'echo \"<${#PHRASE}>\"; exec sleep 1000', env: { PHRASE: { file: db } } }\n");
  write("db", "swordfish\n");
  await host.start();
  await until("the secret to have come", () => host.output("web").includes("<9>"));
  write("db", "correct horse battery staple");
  expect(await host.afloat("restart", "web")).toMatchObject({ code: 0 });
  await until("the new secret to have come", () => host.output("web").includes("<28>"));
  await host.afloat("explain", "web");
  const { out } = await host.afloat("env", "web");
  expect(out).toContain("PHRASE=[hidden]");
  expect(out).not.toMatch(/swordfish|horse/);
  for (const { path, text } of filesIn(host.stateDir)) expect(text, path).not.toMatch(/swordfish|horse/);
});

it("a secret that cannot be read is a start that fails, is told why, and is tried again", async () => {
  host = new Host(
    "  web: { command: sleep 1000, env: { PASSWORD: { file: db } }, backoff: { min: 100ms } }\n  api: sleep 1000\n",
  );
  await host.start();
  const down = await host.see("web", ({ reasonCode }) => reasonCode === "cannot-start", "not startable");
  expect(down.reason).toMatch(/^cannot start: PASSWORD cannot be read from .*\/db: ENOENT/);
  mkdirSync(join(host.dir, "db"));
  await host.see("web", ({ reason }) => reason.includes("it is not a file"), "refused for a folder");
  rmSync(join(host.dir, "db"), { recursive: true });
  write("db", "x".repeat(65_537));
  await host.see("web", ({ reason }) => reason.includes("larger than 65536 bytes"), "refused for its size");
  write("db", "x");
  await host.pidOf("web");
  await host.pidOf("api");
});

it("instances run side by side, each with its number and port; a group and their common name address them all", async () => {
  host = new Host(`  web:
    command: echo "\${AFLOAT_INSTANCE} at \${AFLOAT_PORT} of \${ALL}"; exec sleep 1000
    instances: 2
    port: 5001-5002
    port_owner: any
    env: { ALL: "\${NONE:-2}" }
    groups: [front]
  api: { command: sleep 1000, groups: [back] }
`);
  await host.start();
  await until(
    "each to know itself",
    () => host.output("web-1").includes("1 at 5001 of 2") && host.output("web-2").includes("2 at 5002 of 2"),
  );
  expect((await host.afloat("status", "@front")).out).not.toContain("api");
  expect(await host.afloat("pause", "web")).toMatchObject({ code: 0 });
  await host.see("web-2", ({ desired }) => desired === "pause", "paused");
  expect((await host.service("api"))?.desired).toBe("run");
  const events = await until("the pause to be told", async () => {
    const { out } = await host.afloat("events", "@front");
    return out.includes("web-1") && out.includes("web-2") && out;
  });
  expect(events).not.toContain("api");
  expect(await host.afloat("restart", "@bakc")).toMatchObject({
    code: 2,
    err: "there is no group @bakc; there are @front, @back. Did you mean @back?\n",
  });
});

it("another number of instances is a reload that leaves those alone that stay, also where it comes from an env_file", async () => {
  host = new Host("");
  write(
    "afloat.yaml",
    "env_file: .env\nservices:\n  web: { command: sleep 1000, instances: '${COUNT}', port: 5001, port_owner: any }\n",
  );
  write(".env", "COUNT=2\n");
  await host.start();
  const first = await host.pidOf("web-1");
  await host.pidOf("web-2");
  write(".env", "COUNT=3\n");
  expect((await host.afloat("status")).out).toContain(".env");
  expect(await host.afloat("reload", "--yes")).toMatchObject({ code: 0 });
  await host.pidOf("web-3");
  expect(await host.pidOf("web-1")).toBe(first);
  write(".env", "COUNT=1\n");
  await host.afloat("reload", "--yes");
  expect(await host.service("web-2")).toBe(undefined);
  expect(await host.pidOf("web-1")).toBe(first);
});

it("a profile is asked for on the command line, and the daemon goes by it", async () => {
  host = new Host("  web: sleep 1000\n  debug: { command: sleep 1000, profiles: [dev] }\n");
  expect(await host.afloat("--profile", "dev", "up", "--daemon")).toMatchObject({ code: 0 });
  await host.pidOf("debug");
  // Whoever reloads need not remember how it was started.
  const reloaded = await host.afloat("reload", "--yes");
  expect(reloaded).toMatchObject({ code: 0, out: expect.stringMatching(/nothing/) });
  expect((await host.afloat("--profile", "other", "reload", "--dry-run")).out).toMatch(/stop\s+debug/);
  await host.afloat("down");
  expect(await host.afloat("up", "--daemon")).toMatchObject({ code: 0 });
  expect(await host.service("debug")).toBe(undefined);
});

it("a line for the shell has the file's variables in its environment, whatever is in them", async () => {
  host = new Host("");
  write("afloat.yaml", `env_file: .env\nservices:\n  web: echo "<\${GREETING}>" && exec sleep 1000\n`);
  write(".env", `GREETING='"; touch evil; $(touch evil) \`touch evil\`'\n`);
  await host.start();
  await until("the greeting", () => host.output("web").includes('<"; touch evil; $(touch evil) `touch evil`>'));
  expect(host.read("evil")).toBe("");
  expect(readdirSync(host.dir)).not.toContain("evil");
});

it("a wrong endpoint in an included file is mended in that file, and nothing else is touched", async () => {
  host = new Host("  other: sleep 1000\n");
  const server =
    "require('http').createServer((q, s) => s.writeHead(q.url === '/healthz' ? 200 : 404).end()).listen(0, function () { require('fs').writeFileSync('port', String(this.address().port)) })";
  write("server.cjs", server);
  write("afloat.yaml", "include: more.yaml\nservices:\n  web: { command: node server.cjs }\n");
  write("more.yaml", "services: {}\n");
  await host.start();
  const port = await until("the port", () => host.read("port") || null);
  const more = `services: # more\n  api: { command: sleep 1000, port: ${port}, port_owner: any, health: /health }\n`;
  write("more.yaml", more);
  chmodSync(join(host.dir, "more.yaml"), 0o640);
  const fixed = await host.afloat("check", "api", "--fix", "--yes");
  expect(fixed.out).toContain("more.yaml is written.");
  expect(host.read("more.yaml")).toBe(more.replace("/health ", "/healthz "));
  write("more.yaml", more.replace("/health ", '"${WRONG:-/health}" '));
  expect((await host.afloat("check", "api", "--fix", "--yes")).err).toContain(
    "its value comes from a variable: write `health: /healthz` in more.yaml:2 by hand",
  );
});
