import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import { loadConfig } from "../src/config/load.ts";
import { fromCompose } from "../src/survey/core/compose.ts";
import { type Found, type Proposal, proposal } from "../src/survey/core/found.ts";
import { joined } from "../src/survey/core/joined.ts";
import { fromPackageJson } from "../src/survey/core/package-json.ts";
import { fromPm2 } from "../src/survey/core/pm2.ts";
import { fromProcfile } from "../src/survey/core/procfile.ts";
import { proposalText } from "../src/survey/core/proposal-text.ts";
import { fromManagePy, fromPyproject } from "../src/survey/core/python.ts";
import { matched, type Running } from "../src/survey/core/running.ts";
import { fromSupervisord } from "../src/survey/core/supervisord.ts";
import { readBounded } from "../src/survey/read-bounded.ts";
import { survey } from "../src/survey/survey.ts";

/** What `afloat init` makes of what it finds. Every proposal is read by the real loader. */

const NO_FILES = new Set<string>();
const commandsOf = ({ services }: Found) => services.map(({ name, command }) => [name, command]);

/** What the loader makes of the proposed file. */
function loaded(services: readonly Proposal[], mentions: Found["mentions"] = []) {
  const text = proposalText({ services, mentions, listening: [] });
  return loadConfig("/srv/app/afloat.yaml", { texts: new Map([["/srv/app/afloat.yaml", text]]) }).services;
}

let dir = "";
afterEach(() => {
  if (dir !== "") rmSync(dir, { recursive: true, force: true });
  dir = "";
});

function folder(files: Record<string, string>): string {
  dir = mkdtempSync(join(tmpdir(), "afloat-survey-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return dir;
}

const MANIFEST = JSON.stringify({
  name: "@acme/shop",
  scripts: { dev: "vite", start: "node server.js --port 3000", "worker:mail": "node mail.js", test: "vitest" },
});

it.each([
  [[], "npm start"],
  [["package-lock.json"], "npm start"],
  [["pnpm-lock.yaml"], "pnpm start"],
  [["yarn.lock"], "yarn start"],
  [["bun.lockb"], "bun run start"],
])("a package's scripts are run by the manager whose lock file lies there: %j", (files, start) => {
  const found = fromPackageJson(MANIFEST, new Set(files), "app");
  expect(found.services[0]).toMatchObject({ name: "shop", command: start, port: 3000 });
  expect(found.services.map(({ name }) => name)).toEqual(["shop", "worker:mail"]);
});

it("what packageManager says goes before the lock file; dev is taken only where nothing better is there", () => {
  const dev = JSON.stringify({ packageManager: "pnpm@9.1.0", scripts: { dev: "vite" } });
  expect(commandsOf(fromPackageJson(dev, new Set(["yarn.lock"]), "app"))).toEqual([["app", "pnpm run dev"]]);
});

it("a Procfile's processes are services, and what runs once at a release is none", () => {
  const found = fromProcfile(
    "web: node a.js -p $PORT\r\nrelease: ./migrate\n# no: comment\nworker:   ruby 'w.rb' # x: y\n",
  );
  expect(commandsOf(found)).toEqual([
    ["web", "node a.js -p $PORT"],
    ["worker", "ruby 'w.rb' # x: y"],
  ]);
  expect(found.services[0]?.notes[0]).toContain("PORT");
  expect(found.mentions[0]?.text).toContain("./migrate");
});

it("a pm2 file is read as data: literals in JavaScript, with comments, bare keys and trailing commas", () => {
  const found = fromPm2(
    `// our apps
/** @type {import("pm2").App} */
module.exports = {
	apps: [
		{ name: 'api', script: './api.js', args: "--port 4000 'two words'", cwd: "./api", instances: 4, env: { A: 'http://x//y', B: 1, "bad name": 2 }, },
		{ name: "py", script: 'w.py' /* no */ },
		{ script: "npm", args: "start", interpreter: "none", max_memory_restart: "300M" },
	],
};
`,
    "ecosystem.config.cjs",
  );
  expect(found.mentions).toEqual([]);
  expect(commandsOf(found)).toEqual([
    ["api", ["node", "./api.js", "--port", "4000", "two words"]],
    ["py", "python3 w.py"],
    ["npm", "npm start"],
  ]);
  expect(found.services[0]).toMatchObject({ dir: "./api", port: 4000, env: { A: "http://x//y", B: "1" } });
  expect(found.services[0]?.notes.join()).toContain("4 instances");
});

it.each([
  "module.exports = { apps: [{ name: process.env.NAME, script: 'a.js' }] }",
  "module.exports = { apps: [{ name: 'a', script: require('path').join('a') }] }",
  "module.exports = { apps: [{ name: `a${1}`, script: 'a.js' }] }",
  "module.exports = { apps: [...others] }",
  "module.exports = makeApps()",
  "const apps = []; module.exports = { apps }",
  "module.exports = { apps: [{ name: 'it\\'s', script: 'a.js' }] }",
  "while (true) {}",
])("a pm2 file with code in it is mentioned, and never run: %s", (code) => {
  const found = fromPm2(code, "ecosystem.config.cjs");
  expect(found.services).toEqual([]);
  expect(found.mentions[0]?.text).toContain("is code, which is not run here");
});

it("a supervisord program is run as there: words without a shell, folder, environment, stop signal", () => {
  const found = fromSupervisord(
    `[supervisord]
nodaemon=true
[program:api]
command = /usr/bin/api --name "two words" --port 9001 ; comment
directory=/srv/api
environment=KEY="a,b",OTHER='c',HOME2=%(ENV_HOME)s
stopsignal=INT
user=www-data
[program:odd]
command=run %(program_name)s
[eventlistener:x]
command=y
`,
    "supervisord.conf",
  );
  expect(found.services).toEqual([
    proposal("api", ["/usr/bin/api", "--name", "two words", "--port", "9001"], "supervisord.conf", {
      dir: "/srv/api",
      env: { KEY: "a,b", OTHER: "c" },
      port: 9001,
      stopSignal: "SIGINT",
      notes: ["user: www-data    # the agent must run as root for that"],
    }),
  ]);
  expect(found.mentions[0]?.text).toContain("odd");
});

it("containers are mentioned with their ports and health checks, and proposed never", () => {
  const found = fromCompose(
    `services:
  db: { image: "postgres:16", ports: ["127.0.0.1:5433:5432", 9000, { published: 8443, target: 443 }], healthcheck: { test: ["CMD", "pg_isready"] } }
  api: { build: ., command: node api.js, ports: ["3000:3000/tcp"] }
`,
    "compose.yaml",
  );
  expect(found.services).toEqual([]);
  expect(found.mentions.map(({ text }) => text)).toEqual([
    "db: image postgres:16; port 5433, 9000, 8443; health check: pg_isready",
    "api: built here, so it may run without a container: node api.js; port 3000",
    "what runs in a container may be watched with: port_owner: any",
  ]);
});

it("Django is known by its manage.py; programs of a pyproject are mentioned", () => {
  expect(commandsOf(fromManagePy("import django", new Set([".venv"]), "shop"))).toEqual([
    ["shop", ".venv/bin/python manage.py runserver --noreload 127.0.0.1:8000"],
  ]);
  expect(fromManagePy("print(1)", NO_FILES, "shop").services).toEqual([]);
  const text = '[project]\nname = "x"\n[project.scripts]\nserve = "x:main"\n[tool.other]\nno = "y"\n';
  expect(fromPyproject(text, new Set(["uv.lock"])).mentions.map((each) => each.text)).toEqual([
    "a program, a service if it stays: uv run serve",
  ]);
});

it("scripts are not proposed beside a list of services: they would start the same twice", () => {
  const found = joined(
    [fromProcfile("web: npm start\nagain: npm start\n")],
    [fromPackageJson(MANIFEST, NO_FILES, "app")],
  );
  expect(commandsOf(found)).toEqual([["web", "npm start"]]);
  expect(found.mentions.map(({ text }) => text)).toContain("not proposed beside the others: npm start");
});

const running = (port: number, pid: number, dir: string): Running => ({
  ...{ port, pid, dir },
  words: ["node", "server.js"],
  command: "node server.js",
});
const absolute = (each: string) => (each === "." ? "/srv/app" : join("/srv/app", each));

it("what listens is of the one service that is proposed in its folder, or is proposed itself, or is told", () => {
  const one = { services: [proposal("web", "npm start", "x")], mentions: [] };
  const here = matched(one, [running(3000, 7, "/srv/app")], "/srv/app", absolute);
  expect(here.matches).toMatchObject([{ service: 0, running: { port: 3000 } }]);
  const below = matched(one, [running(3000, 7, "/srv/app/api")], "/srv/app", absolute);
  expect(below.services[1]).toMatchObject({ name: "server", command: "node server.js", dir: "/srv/app/api" });
  const elsewhere = matched(one, [running(3000, 7, "/srv/application")], "/srv/app", absolute);
  expect([elsewhere.services.length, elsewhere.others.length]).toEqual([1, 1]);
  const two = { services: [...one.services, proposal("b", "b", "x")], mentions: [] };
  expect(matched(two, [running(3000, 7, "/srv/app")], "/srv/app", absolute).others).toHaveLength(1);
  const told = {
    services: [proposal("a", "npm start", "x", { notes: ["its script: node server.js"] }), ...two.services],
    mentions: [],
  };
  expect(matched(told, [running(3000, 7, "/srv/app")], "/srv/app", absolute).matches).toMatchObject([{ service: 0 }]);
  const processes = [running(3000, 7, "/srv/app"), running(3001, 8, "/srv/app")];
  expect(matched(one, processes, "/srv/app", absolute).others, "which of two?").toHaveLength(2);
});

it.each([
  "constructor",
  "__proto__",
  "prototype",
  "all",
  "null",
  "123",
  "1e3",
  "~",
  "",
  "ümläut",
  "a b",
  "-x",
  "a".repeat(300),
  "yes",
])("a service that is called %j gets a name that afloat takes", (name) => {
  const specs = loaded([proposal(name, "true", "x"), proposal(name, "false", "x")]);
  expect(specs).toHaveLength(2);
});

it("what a file would take for a variable of its own, or for more than a name, stays what it was", () => {
  const env = JSON.parse('{"__proto__":"x","constructor":"y","A":"${HOME} $1"}') as Record<string, string>;
  const [spec] = loaded([proposal("web", ["echo", "${HOME}"], "x", { env, dir: "/srv/${A}" })]);
  expect(spec).toMatchObject({ command: { words: ["echo", "${HOME}"] }, cwd: "/srv/${A}", env: { A: "${HOME} $1" } });
});

it("whatever is found, the proposal is valid, and what it says is what was found", () => {
  const text = fc.string({ unit: "binary", minLength: 1 }).filter((each) => !/\0/.test(each) && each.isWellFormed());
  const odd = fc.oneof(
    text,
    fc.constantFrom("# x", "a: b", "- a", "'", '"', "\n", "${A}", "&a *b", "!!js", "\t", "é\u2028", "{}", "|", ">"),
  );
  const command = fc.oneof(odd, fc.array(odd, { minLength: 1, maxLength: 4 }));
  const service = fc.record({
    name: odd,
    command,
    from: odd,
    dir: fc.oneof(fc.constant("."), odd),
    env: fc.dictionary(fc.stringMatching(/^[A-Za-z_]\w{0,8}$/), odd),
    port: fc.option(fc.integer({ min: 1, max: 65_535 })),
    health: fc.option(fc.constantFrom("/", "/healthz")),
    stopSignal: fc.option(fc.constantFrom("SIGINT", "SIGQUIT")),
    notes: fc.array(odd, { maxLength: 3 }),
  });
  const mentions = fc.array(fc.record({ from: odd, text: odd }), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(service, { maxLength: 4 }), mentions, (services, mentioned) => {
      const specs = loaded(services, mentioned);
      expect(specs).toHaveLength(services.length);
      services.forEach(({ command, env, port, health }, i) => {
        const kind = typeof command === "string" ? { kind: "line", line: command } : { kind: "words", words: command };
        expect(specs[i]).toMatchObject({ command: kind, ports: port === null ? [] : [port] });
        const taken = Object.entries(env).filter(([key]) => !["__proto__", "constructor", "prototype"].includes(key));
        expect({ ...specs[i]?.env }).toEqual(Object.fromEntries(taken));
        expect(specs[i]?.endpoint === null).toBe(health === null);
      });
    }),
    { numRuns: 400 },
  );
});

it("whatever the files hold, they are read without a fault, and the proposal is valid", () => {
  const junk = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.string().map((text) => `web: ${text}`),
    fc.string().map((text) => `module.exports = { apps: [{ script: "${text}" }] }`),
    fc.json().map((json) => `module.exports = { apps: ${json} }`),
    fc.string().map((text) => `[program:${text}]\ncommand=${text}\nenvironment=A="${text}"`),
    fc.string().map((text) => `services: { "x": { image: ${text} } }`),
    fc
      .dictionary(fc.string(), fc.string())
      .map((scripts) => JSON.stringify({ name: "x", scripts: { start: "y", ...scripts } })),
    fc.jsonValue().map((apps) => JSON.stringify({ apps })),
  );
  fc.assert(
    fc.property(junk, (text) => {
      const all = [
        fromProcfile(text),
        fromPm2(text, "a.json"),
        fromPm2(text, "a.cjs"),
        fromSupervisord(text, "s"),
        fromCompose(text, "c"),
        fromPackageJson(text, NO_FILES, text),
        fromManagePy(text, NO_FILES, text),
        fromPyproject(text, NO_FILES),
      ];
      const services = all.flatMap((found) => found.services);
      const found = loaded(
        services,
        all.flatMap(({ mentions }) => mentions),
      );
      expect(found).toHaveLength(services.length);
    }),
    { numRuns: 1000 },
  );
});

it("odd files are said, and nothing hangs: pipes, devices, folders, loops of links, huge and binary ones", async () => {
  folder({ "package.json": `{"x":"${"y".repeat(1024 * 1024)}"}`, "compose.yaml": "a\0b", "supervisord.conf": "" });
  execFileSync("mkfifo", [join(dir, "Procfile")]);
  symlinkSync("/dev/zero", join(dir, "ecosystem.config.cjs"));
  symlinkSync("pm2.json", join(dir, "pm2.json"));
  mkdirSync(join(dir, "manage.py"));
  const found = await survey(dir);
  expect(found.services).toEqual([]);
  expect(Object.fromEntries(found.mentions.map(({ from, text }) => [from, text]))).toEqual({
    Procfile: "is no file",
    "ecosystem.config.cjs": "is no file",
    "pm2.json": "could not be opened (ELOOP)",
    "package.json": "is larger than 256 KB, and was not read",
    "compose.yaml": "is no text, and was not read",
    "manage.py": "is no file",
  });
  expect(readBounded(join(dir, "not-there"))).toBeNull();
});
