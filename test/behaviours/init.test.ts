import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { until } from "../stories/house/until.ts";
import { Host, program } from "./host.ts";

/** `afloat init` on real files, beside real processes that listen. */

let host: Host;
const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  return host.end();
});

/** A service of this name that listens on a free port, in a folder of the host's. Answers its port and pid. */
async function listensIn(dir: string, answer: string): Promise<{ port: number; pid: number }> {
  mkdirSync(dir, { recursive: true });
  const script = `const s = require("http").createServer((q, r) => { ${answer} }); s.listen(0, "127.0.0.1", () => require("fs").writeFileSync("port", String(s.address().port)));`;
  writeFileSync(join(dir, "server.js"), script);
  const child = spawn("node", ["server.js"], { cwd: dir, stdio: "ignore" });
  ends.push(() => child.kill("SIGKILL"));
  // A file is there before what is written into it.
  const port = await until("it to listen", () => {
    const text = existsSync(join(dir, "port")) ? readFileSync(join(dir, "port"), "utf8") : "";
    return text !== "" && text;
  });
  return { port: Number(port), pid: child.pid ?? 0 };
}

function folder(): void {
  host = new Host("");
  rmSync(join(host.dir, "afloat.yaml"));
}

interface Json {
  services: { name: string; port: number | null; health: string | null; notes: string[] }[];
  listening: { port: number; pid: number }[];
  proposal: string;
}

it("a port and a health path are written where something listens and that path answered; the file is what afloat takes", async () => {
  folder();
  writeFileSync(join(host.dir, "package.json"), '{"scripts":{"start":"node server.js"}}');
  const { port, pid } = await listensIn(host.dir, 'r.writeHead(q.url === "/livez" ? 200 : 404).end()');
  const { code, out, err } = await host.afloat("init");
  expect(code, err).toBe(0);
  const text = host.read("afloat.yaml");
  expect(text).toContain("command: npm start # from package.json, script start");
  expect(text).toContain(`port: ${port}\n`);
  expect(text).toContain("health: /livez # it was called, and answered");
  expect(text).toContain(`# pid ${pid} listens on ${port} now: node server.js`);
  expect(out).toContain("afloat.yaml is written with");
  expect((await host.afloat("logs")).err).not.toContain("afloat.yaml:");
});

it.each([
  ["every path answers", "r.end()", "every path of port"],
  ["none of them answers", "r.writeHead(404).end()", "none of the customary health paths answers"],
  ["it is dropped", "q.socket.destroy()", "did not answer HTTP (reset)"],
])("no health path is guessed where %s", async (_what, answer, note) => {
  folder();
  writeFileSync(join(host.dir, "Procfile"), "web: node server.js\n");
  const { port } = await listensIn(host.dir, answer);
  const found: Json = JSON.parse((await host.afloat("init", "--json")).out);
  expect(found.services[0]).toMatchObject({ port, health: null });
  expect(found.services[0]?.notes.join("\n")).toContain(note);
  expect(existsSync(join(host.dir, "afloat.yaml")), "--json writes nothing").toBe(false);
});

it("what listens in a folder without a proposal is proposed itself; what listens elsewhere is told, and never called", async () => {
  folder();
  const below = await listensIn(join(host.dir, "api"), "r.writeHead(404).end()");
  const other = new Host("");
  const elsewhere = await listensIn(other.dir, 'require("fs").writeFileSync("called", ""); r.end()');
  const found: Json = JSON.parse((await host.afloat("init", "--json")).out);
  expect(found.services).toMatchObject([{ name: "server", port: below.port }]);
  expect(found.listening).toContainEqual(expect.objectContaining(elsewhere));
  expect(found.proposal).toContain("Something already listens on ");
  expect(other.read("called")).toBe("");
  expect(existsSync(join(other.dir, "called"))).toBe(false);
  await other.end();
});

it("nothing of what is found is run", async () => {
  folder();
  const touch = join(host.dir, "was-run");
  const run = `require("fs").writeFileSync(${JSON.stringify(touch)}, "")`;
  writeFileSync(join(host.dir, "ecosystem.config.cjs"), `${run}; module.exports = { apps: [{ script: "a.js" }] }`);
  writeFileSync(join(host.dir, "Procfile"), `web: $(touch ${touch})\n`);
  writeFileSync(join(host.dir, "manage.py"), `import django\nopen(${JSON.stringify(touch)}, "w")\n`);
  copyFileSync(program("listens.py"), join(host.dir, "listens.py"));
  const { code, err } = await host.afloat("init");
  expect(code, err).toBe(0);
  expect(existsSync(touch)).toBe(false);
  expect(host.read("afloat.yaml")).toContain("ecosystem.config.cjs: is code, which is not run here");
});

it("a file that is there is left alone without --force", async () => {
  host = new Host("  web: sleep 1\n");
  const before = host.read("afloat.yaml");
  const refused = await host.afloat("init", "--yes");
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("afloat init --force")]);
  expect(host.read("afloat.yaml")).toBe(before);
  expect((await host.afloat("init", "--force")).code).toBe(0);
  expect(host.read("afloat.yaml")).not.toBe(before);
});
