import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { placeOfEdit } from "../src/config/edit-place.ts";
import { ConfigFiles } from "./config-files.ts";

let files: ConfigFiles;
beforeEach(() => {
  files = new ConfigFiles();
});
afterEach(() => files.remove());
const config = (text: string, others: Record<string, string> = {}) => files.with({ "afloat.yaml": text, ...others });
const servicesOf = (text: string, environment: NodeJS.ProcessEnv = {}, others: Record<string, string> = {}) =>
  config(text, others).read(environment).spec.services;

describe("how long a host may be silent", () => {
  const spec = (line: string) => config(`${line}\nservices:\n  web: npm start\n`).read().spec;
  const mistakes = (line: string) => config(`${line}\nservices:\n  web: npm start\n`).mistakes();

  it("is 90 s unless it is said, and a laptop may sleep", () => {
    expect(spec("remote: off")).toMatchObject({ offlineAfterMs: 90_000, sleeps: false });
    expect(spec("offline_after: 5m")).toMatchObject({ offlineAfterMs: 300_000 });
    expect(spec("sleeps: true")).toMatchObject({ sleeps: true });
  });

  it("is from 75 s, so that one sign of life may be lost, up to a day", () => {
    expect(spec("offline_after: 75s").offlineAfterMs).toBe(75_000);
    expect(spec("offline_after: 24h").offlineAfterMs).toBe(86_400_000);
    for (const wrong of ["74s", "25h", "soon", "90"]) {
      expect(mistakes(`offline_after: ${wrong}`)).toEqual([
        expect.stringMatching(/^afloat\.yaml:1:1: offline_after: expected a duration from 75s to 24h, like 5m, got `/),
      ]);
    }
    expect(mistakes("sleeps: often")).toEqual([
      expect.stringMatching(/^afloat\.yaml:1:1: sleeps: expected true or false, got `/),
    ]);
  });
});

describe("variables", () => {
  it("a value is a number or a boolean where one is wanted, and text everywhere else", () => {
    const [web] = servicesOf(
      `services:
  web:
    command: [serve, "\${PORT}"]
    port: \${PORT}
    forks: \${FORKS}
    env: { PORT: "\${PORT}", ZIP: "\${ZIP}" }
    health: { http: "http://localhost:\${PORT}/", expect: "\${STATUS}", failure_threshold: "\${NONE:-5}" }
    log: { compress: '\${COMPRESS:-false}' }
`,
      { PORT: "5001", FORKS: "true", ZIP: "010", STATUS: "204" },
    );
    expect(web).toMatchObject({
      command: { words: ["serve", "5001"] },
      ports: [5001],
      forks: true,
      env: { PORT: "5001", ZIP: "010" },
      endpoint: { url: "http://localhost:5001/", expect: [{ from: 204, to: 204 }] },
      check: { failureThreshold: 5 },
      log: { compress: false },
    });
  });

  it("one that is not set is a mistake with its line and column, and all of them are told at once", () => {
    const text =
      "services:\n  web:\n    command: x\n    cwd: ${DIR}\n    port: ${PORT:?the port of web}\n    user: ${\n";
    expect(config(text).mistakes()).toEqual([
      "afloat.yaml:4:5: services.web.cwd: DIR is not set; set it, or write what to take then: ${DIR:-…}",
      "afloat.yaml:5:5: services.web.port: PORT is not set: the port of web",
      expect.stringMatching(/^afloat\.yaml:6:5: services\.web\.user: expected \$\{NAME\}/),
    ]);
  });

  it("what is put in is never read as YAML, and what does not fit is refused like any other value", () => {
    const environment = { EVIL: "x }\nother: { command: rm", PORT: "[1, 2]" };
    const [web, ...none] = servicesOf("services:\n  web: { command: [a], cwd: '${EVIL}' }\n", environment);
    expect(none).toEqual([]);
    expect(web?.cwd).toBe(join(files.dir, "x }\nother: { command: rm"));
    expect(config("services:\n  web: { command: [a], port: '${PORT}' }\n").mistakes(environment)).toEqual([
      'afloat.yaml:2:24: services.web.port: expected a port from 1 to 65535, or a range like 5001-5003, got `"[1, 2]"`',
    ]);
  });

  it("the environment wins over env_file, and of several files the last one wins", () => {
    const text =
      "env_file: [a.env, { path: none.env, required: false }, b.env]\nservices:\n  web: { command: [x], env: { A: '${A}', B: '${B}', C: '${C}' } }\n";
    const others = { "a.env": "A=a\nB=a\nC=a\n", "b.env": "B=b\nC=b\n" };
    expect(servicesOf(text, { C: "environment" }, others)[0]?.env).toEqual({ A: "a", B: "b", C: "environment" });
  });

  it("a line for the shell is the shell's, which is given what the file's env_file says of it", () => {
    const text = "env_file: .env\nservices:\n  web: echo ${GREETING} $OTHER ${HOME}\n  db: echo\n";
    const [web, db] = servicesOf(text, { HOME: "/root" }, { ".env": "GREETING='hello; rm x'\nOTHER=1\nHOME=/x\n" });
    expect(web).toMatchObject({
      command: { line: "echo ${GREETING} $OTHER ${HOME}" },
      env: { GREETING: "hello; rm x" },
    });
    expect(web?.env).not.toHaveProperty("HOME");
    expect(db?.env).toEqual({});
  });

  it("a variable without quotes between brackets is no YAML, and it is said what to write", () => {
    expect(config("services:\n  web: { command: x, port: ${PORT} }\n").mistakes()[0]).toMatch(
      /^afloat\.yaml:2:\d+: .*; between brackets a \$\{VARIABLE\} stands in quotes$/,
    );
  });

  it("names of JavaScript's own objects are refused as services and variables, and harm nobody", () => {
    const text =
      "services:\n  constructor: x\n  __proto__: { command: y }\n  web: { command: z, env: { __proto__: a } }\n";
    expect(config(text).mistakes()).toEqual([
      "afloat.yaml:2:3: services.constructor: `constructor` cannot be used as a name",
      "afloat.yaml:3:3: services.__proto__: `__proto__` cannot be used as a name",
      "afloat.yaml:4:29: services.web.env.__proto__: `__proto__` cannot be used as a name",
    ]);
  });
});

describe("env_file of a service", () => {
  it("env wins over env_file, and what the file says is taken as it stands", () => {
    const text = "services:\n  web: { command: [x], env_file: web.env, env: { B: own } }\n";
    const others = { "web.env": "# all\nexport A='x y' # c\nB=file\nC=${A}\nD=\n" };
    expect(servicesOf(text, {}, others)[0]?.env).toEqual({ A: "x y", B: "own", C: "${A}", D: "" });
  });

  it("a file that is not there is a mistake, where it is not said that it need not be", () => {
    const text = "services:\n  web:\n    command: x\n    env_file: [{ path: a.env, required: false }, b.env]\n";
    const [mistake, ...none] = config(text).mistakes();
    expect(none).toEqual([]);
    expect(mistake).toMatch(/^afloat\.yaml:4:50: services\.web\.env_file: there is no file .*b\.env; if it need not/);
  });
});

describe("a secret from a file", () => {
  it("is known by its path only, and wins over an env_file", () => {
    const text = "services:\n  web: { command: x, env_file: .env, env: { PASSWORD: { file: db.secret } } }\n";
    const [web] = servicesOf(text, {}, { ".env": "PASSWORD=old\n", "db.secret": "swordfish\n" });
    expect(web?.secretFiles).toEqual({ PASSWORD: join(files.dir, "db.secret") });
    expect(web?.env).toEqual({});
    expect(JSON.stringify(web)).not.toContain("swordfish");
  });
});

describe("instances", () => {
  it("are services of their own; who depends on the service depends on all of them", () => {
    const text = `services:
  web: { command: serve, instances: 2, port: 5001, health: /healthz, env: { PORT: "\${AFLOAT_PORT}" } }
  proxy: { command: proxy, depends_on: { web: healthy } }
`;
    const services = servicesOf(text);
    expect(services.map(({ name, ports, env }) => [name, ports, env])).toEqual([
      ["web-1", [5001], { PORT: "5001", AFLOAT_INSTANCE: "1", AFLOAT_PORT: "5001" }],
      ["web-2", [5002], { PORT: "5002", AFLOAT_INSTANCE: "2", AFLOAT_PORT: "5002" }],
      ["proxy", [], {}],
    ]);
    expect(services[1]).toMatchObject({ where: "afloat.yaml:2", instance: { of: "web", number: 2 } });
    expect(services[1]?.endpoint).toMatchObject({ url: "http://localhost:5002/healthz" });
    expect(services[2]?.dependsOn).toEqual({ "web-1": "healthy", "web-2": "healthy" });
  });

  it("a mistake in what is written once is told once, where it stands", () => {
    const text = "services:\n  web:\n    command: serve\n    instances: 5\n    port: 5001-5002\n    helth: /\n";
    expect(config(text).mistakes()).toEqual([
      "afloat.yaml:4:5: services.web.instances: expected 5 ports, one for each instance, got 2",
    ]);
    expect(config(text.replace("5002", "5005")).mistakes()).toEqual([
      "afloat.yaml:6:5: services.web.helth: unknown word `helth`; did you mean `health`?",
    ]);
    expect(config("services:\n  web: { command: x, port: 5001-5002 }\n").mistakes()[0]).toContain("needs instances: 3");
    expect(config("services:\n  web: { command: x, instances: 1000000000 }\n").mistakes()[0]).toContain("100 at most");
  });
});

describe("profiles", () => {
  const text = "services:\n  web: x\n  debug: { command: y, profiles: [dev, test] }\n";
  const names = (profiles?: string) =>
    servicesOf(text, profiles === undefined ? {} : { AFLOAT_PROFILES: profiles }).map(({ name }) => name);

  it("a service with profiles belongs only where one of them is asked for; one without always does", () => {
    expect(names()).toEqual(["web"]);
    expect(names("dev")).toEqual(["web", "debug"]);
    expect(names("prod, test")).toEqual(["web", "debug"]);
    expect(names("*")).toEqual(["web", "debug"]);
  });

  it("who depends on a service that its profile leaves out is told how to ask for it", () => {
    expect(config(`${text}  api: { command: z, depends_on: [debug] }\n`).mistakes()).toEqual([
      "afloat.yaml:4: api depends on debug, which is there with --profile dev or --profile test only",
    ]);
  });
});

describe("include", () => {
  it("takes services from other files, whose paths and variables are their own", () => {
    const { spec } = config(
      "include: [more.yaml, 'conf.d/*.yaml']\nservices:\n  web: { command: x, depends_on: [db] }\n",
      {
        "more.yaml": "services:\n  more: x\n",
        "conf.d/b.yaml": "env_file: b.env\nservices:\n  db: { command: [x], cwd: data, port: '${PORT}' }\n",
        "conf.d/a.yaml": "services:\n  cache: x\n",
        "conf.d/b.env": "PORT=5432\n",
        "conf.d/.hidden.yaml": "services: nonsense\n",
      },
    ).read();
    expect(spec.services.map(({ name, where }) => `${name} ${where}`)).toEqual([
      "web afloat.yaml:3",
      "more more.yaml:2",
      "cache conf.d/a.yaml:2",
      "db conf.d/b.yaml:3",
    ]);
    expect(spec.services[3]).toMatchObject({ cwd: join(files.dir, "conf.d/data"), ports: [5432] });
  });

  it("every mistake names its own file, and all are told at once", () => {
    const main = "include: [a.yaml, none.yaml, 'x*/a.yaml']\nservices:\n  web: { command: x, prot: 1 }\n";
    const others = { "a.yaml": "cloud: https://a.example\nservices:\n  db: { command: x, restart: allways }\n" };
    expect(config(main, others).mistakes()).toEqual([
      `afloat.yaml:1:19: include: there is no file ${join(files.dir, "none.yaml")}`,
      "afloat.yaml:1:30: include: x*/a.yaml: expected * and ? in the file's name only",
      expect.stringMatching(/^afloat\.yaml:3:22: services\.web\.prot: unknown word/),
      "a.yaml:1:1: cloud: belongs into afloat.yaml",
      expect.stringMatching(/^a\.yaml:3:21: services\.db\.restart: expected one of/),
    ]);
    expect(config("include: a.yaml\n", { "a.yaml": "services: [\n" }).mistakes()[0]).toMatch(/^a\.yaml:\d+:\d+: /);
  });

  it("a file that includes itself is refused with the way shown", () => {
    const others = { "a.yaml": "include: b.yaml\n", "b.yaml": "include: a.yaml\n" };
    expect(config("include: a.yaml\n", others).mistakes()).toEqual([
      "b.yaml:1:1: include: includes itself: a.yaml → b.yaml → a.yaml",
    ]);
  });

  it("a service that two files have is refused, naming both places; so is one that is called like another's instances", () => {
    const others = { "a.yaml": "services:\n  web: x\n", "b.yaml": "services:\n  api-2: x\n" };
    expect(
      config(
        "include: [a.yaml, b.yaml]\nservices:\n  web: x\n  api: { command: x, instances: 2 }\n",
        others,
      ).mistakes(),
    ).toEqual([
      "a.yaml:2:3: services.web: is there already, at afloat.yaml:3",
      "b.yaml:2:3: services.api-2: is there already, at afloat.yaml:4",
    ]);
  });

  it("a file with neither services nor include is told so", () => {
    expect(config("remote: off\n").mistakes()).toEqual(["afloat.yaml:1:1: services: is missing"]);
  });
});

it("an edit is of the file that the service is in; one of several instances is not edited", () => {
  const loaded = config("include: a.yaml\nservices:\n  web: { command: x, instances: 2 }\n", {
    "a.yaml": "services:\n  db: x\n",
  }).read();
  const placeOf = (name: string) => {
    const place = placeOfEdit(loaded, { path: ["services", name, "port"], value: 1 });
    return "source" in place ? place.source.file : place.refused;
  };
  expect(placeOf("db")).toBe("a.yaml");
  expect(placeOf("web-2")).toBe("it is an instance of web, and what is written there holds for all of them");
  expect(placeOf("none")).toBe("it is in no file of this configuration");
});

it("many dependencies are no long wait", () => {
  const names = Array.from({ length: 60 }, (_, i) => `s${i}`);
  const services = names.map(
    (name, i) => `  ${name}: { command: x, depends_on: [${names.slice(i + 1).join(", ")}] }\n`,
  );
  expect(servicesOf(`services:\n${services.join("")}`)).toHaveLength(60);
  expect(config(`services:\n${services.join("")}`.replace("[] }", "[s3] }")).mistakes()).toContain(
    "afloat.yaml:5: s3 depends on itself: s3 → s59 → s3",
  );
});
