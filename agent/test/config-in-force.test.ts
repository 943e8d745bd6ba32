import { execFile } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { shownConfig } from "@afloat/shared/config/shown";
import type { HostSpec } from "@afloat/shared/spec";
import fc from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { originOf } from "../src/config/origins.ts";
import { warningLines, warningsIn } from "../src/config/surroundings.ts";
import { ConfigFiles } from "./config-files.ts";
import { configs } from "./config-texts.ts";

const MAIN = fileURLToPath(new URL("../src/afloat.ts", import.meta.url));

let files: ConfigFiles;
beforeEach(() => {
  files = new ConfigFiles();
});
afterEach(() => files.remove());

function afloat(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const options = { cwd: files.dir, env: { ...process.env, WEB_PORT: "8080" } };
    execFile(process.execPath, [MAIN, ...args], options, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** Without what says where it was written, and as how. */
function bare(spec: HostSpec): unknown {
  const services = spec.services.map((service) => ({
    ...service,
    where: "",
    wheres: {},
    instance: null,
    endpoint: service.endpoint === null ? null : { ...service.endpoint, where: "", written: "" },
  }));
  return { ...spec, sources: [], services };
}

it("what is shown to be in force comes to the same when it is read as a configuration", () => {
  const hiding = { text: (_name: string | null, value: string) => value, words: (words: string[]) => words };
  fc.assert(
    fc.property(configs, (config) => {
      const { spec } = files.with({ "afloat.yaml": stringify(config) }).read({ AFLOAT_PROFILES: "*" });
      const again = files.with({ "afloat.yaml": stringify(shownConfig(spec, hiding)) }).read({ AFLOAT_PROFILES: "*" });
      expect(bare(again.spec)).toEqual(bare(spec));
    }),
    { numRuns: 200 },
  );
});

it("process settings and the address of the numbers are shown as they are written", () => {
  const hiding = { text: (_name: string | null, value: string) => value, words: (words: string[]) => words };
  const limits = "{ nofile: { soft: 10, hard: 20 }, cpu: 10s, core: 0, memory: 512MB, nproc: unlimited }";
  const process = `nice: 5, umask: "027", oom_score_adj: -5, limits: ${limits}`;
  for (const metrics of ["9464", "127.0.0.1:9464", "'[::1]:9464'"]) {
    const written = `metrics: ${metrics}\nservices:\n  web: { command: serve, ${process} }\n`;
    const { spec } = files.with({ "afloat.yaml": written }).read({});
    const again = files.with({ "afloat.yaml": stringify(shownConfig(spec, hiding)) }).read({});
    expect(bare(again.spec)).toEqual(bare(spec));
  }
});

it("each value is told with its line, its variable, or as a default, in the file that it is in", async () => {
  files.with({
    "afloat.yaml": `include: conf.d/*.yaml
env_file: .env
services:
  web:
    command: serve
    port: \${WEB_PORT:-80}
    health: /healthz
    env: { A: "\${A} \${NONE:-none}" }
    env_file: web.env
    depends_on: [db]
`,
    ".env": "# variables\nA=1\n",
    "web.env": "B=x\nB=y\n",
    "conf.d/db.yaml": "services:\n  db: { command: [x], instances: 2, ports: [1, 2] }\n",
  });
  const loaded = files.read({ WEB_PORT: "8080" });
  const where = (path: string) => originOf(loaded, path.split("."));
  expect(where("services.web.command")).toBe("afloat.yaml:5");
  expect(where("services.web.port")).toBe("afloat.yaml:6, ${WEB_PORT} from the environment");
  expect(where("services.web.health.http")).toBe("afloat.yaml:7");
  expect(where("services.web.health.timeout")).toBe("default");
  expect(where("services.web.env.A")).toBe("afloat.yaml:8, ${A} from .env:2, ${NONE} from its default");
  expect(where("services.web.env.B")).toBe("web.env:2");
  expect(where("services.web.depends_on.db-1")).toBe("afloat.yaml:10");
  expect(where("services.db-2.port")).toBe("conf.d/db.yaml:2, instance 2");
  expect(where("services.db-2.env.AFLOAT_PORT")).toBe("instance 2 of db");
  expect(where("remote")).toBe("default");
  const { code, out } = await afloat("config", "--where", "web");
  expect(code).toBe(0);
  expect(out).toContain("    port: 8080 # afloat.yaml:6, ${WEB_PORT} from the environment\n");
  expect(out).not.toContain("db-1:\n");
  const json = JSON.parse((await afloat("config", "--json", "--where")).out);
  expect(json.where["services.web.env.B"]).toBe("web.env:2");
  expect(json.config.services.web).toMatchObject({ port: 8080, env: { A: "1 none", B: "y" } });
});

it("secrets are hidden: those from files, and values whose names say so", async () => {
  files.with({
    "afloat.yaml": `services:
  web:
    command: sleep --token=swordfish 1
    env: { PASSWORD: { file: db }, API_TOKEN: swordfish, URL: "postgres://me:swordfish@db/x" }
    health: { http: "http://localhost:1/", headers: { Authorization: Bearer swordfish } }
`,
    db: "swordfish",
  });
  chmodSync(join(files.dir, "db"), 0o600);
  for (const args of [["config"], ["config", "--where"], ["config", "--json", "--where"]]) {
    const { code, out, err } = await afloat(...args);
    expect(code, err).toBe(0);
    expect(out + err).not.toContain("swordfish");
    expect(out).toContain(`(from ${join(files.dir, "db")})`);
  }
});

it("mistakes are all told, with exit code 2; warnings are told beside what is in force, with exit code 0", async () => {
  files.with({ "afloat.yaml": "services:\n  web: { command: x, prot: 1 }\n  api: { command: y, port: ninety }\n" });
  expect(await afloat("config")).toMatchObject({ code: 2, out: "" });
  const { code, out } = await afloat("config", "--json");
  expect(code).toBe(2);
  expect(JSON.parse(out).errors).toEqual([
    "afloat.yaml:2:22: services.web.prot: unknown word `prot`; did you mean `port`?",
    expect.stringContaining("afloat.yaml:3:22: services.api.port: expected a port"),
  ]);
  files.with({
    "afloat.yaml": "services:\n  web: { command: [no-such-program], port: 1 }\n  api: { command: sleep 1, port: 1 }\n",
  });
  const warned = await afloat("config");
  expect(warned.code).toBe(0);
  expect(parse(warned.out)).toHaveProperty("services.api.port", 1);
  expect(warned.err).toBe(
    "afloat.yaml:2: warning: web: command: there is no program no-such-program\n" +
      "afloat.yaml:3: warning: api: port 1 is also web's; only one of them can listen there\n",
  );
  expect((await afloat("check")).err).toContain("warning: api: port 1 is also web's");
});

it("a line of variables that says nothing is warned of, since Node passes over it; nothing else is", () => {
  const env = `A=1\n# a comment\n\nexport B=2\nC\nD='x\n y'\nE: 5\nF="more\nG=within\nH" # after\n  =none\nI=\nJ="open\n`;
  files.with({
    "afloat.yaml": "env_file: .env\nservices:\n  web: { command: [sleep, '1'], env_file: .env }\n",
    ".env": env,
  });
  expect(warningLines(warningsIn(files.read({}), { PATH: process.env["PATH"] }))).toEqual(
    [5, 8, 12].map((line) => `.env:${line}: warning: this line is not NAME=value, and is passed over`),
  );
  expect(files.read({}).spec.services[0]?.env).toMatchObject({
    A: "1",
    B: "2",
    D: "x\n y",
    F: "more\nG=within\nH",
    I: "",
  });
});

it("what holds for all instances is warned of once, at the service as it is written", () => {
  files.with({ "afloat.yaml": "services:\n  web: { command: 'no-such-program ${X}', instances: 3, cwd: none }\n" });
  expect(warningLines(warningsIn(files.read({}), {}))).toEqual([
    expect.stringContaining("afloat.yaml:2: warning: web: cwd: there is no folder"),
    "afloat.yaml:2: warning: web: ${X} in its command is not set; the shell takes it for empty",
  ]);
});
