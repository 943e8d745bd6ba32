import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterReload, changedEnv, changedOfHost, planReload, type ReloadStep } from "../src/core/reload-plan.ts";
import { SERVICE_SETTINGS, type ServiceSetting, serviceSettings } from "../src/core/reload-settings.ts";
import { same } from "../src/core/same.ts";
import type { HostSpec, ServiceSpec } from "../src/spec.ts";
import { backend } from "./service-spec.ts";

const service = (name: string, changes: Partial<ServiceSpec> = {}) => backend({ name, ...changes });
const host = (...services: ServiceSpec[]): HostSpec => ({
  cloud: null,
  remote: ["restart"],
  profiles: [],
  services,
});
const stepsOf = (now: HostSpec, next: HostSpec) => planReload(now, next).steps.map(wordsOf);
const wordsOf = (step: ReloadStep) => [step.kind, step.service, ...("settings" in step ? step.settings : [])].join(" ");

/** Another value for each setting. */
const OTHER: Required<Omit<ServiceSpec, "name">> = {
  command: { kind: "words", words: ["node", "other.js"] },
  forks: true,
  user: "www-data",
  group: "adm",
  process: { nice: 5, umask: null, oomScoreAdj: null, limits: [] },
  cwd: "/other",
  env: { PORT: "5001" },
  secretFiles: { KEY: "/run/secrets/key" },
  instance: { of: "web", number: 1 },
  groups: ["backend"],
  profiles: ["dev"],
  ports: [5002],
  portOwner: "any",
  endpoint: {
    kind: "command",
    command: { kind: "line", line: "true" },
    where: "afloat.yaml:14",
    written: "command: true",
  },
  check: { ...backend().check, timeoutMs: 3000 },
  dependsOn: { db: "healthy" },
  restart: "never",
  schedule: { cron: "0 4 * * *", timezone: null },
  follow: { paths: ["/srv"], ignore: [], debounceMs: 500 },
  successCodes: [0, 3],
  stop: { command: null, signal: "SIGINT", timeoutMs: 10_000 },
  log: { maxBytes: 1, keep: 1, maxAgeMs: null, compress: false },
  backoff: { minMs: 1, maxMs: 2, stableAfterMs: 3 },
  loopWindows: [],
  where: "afloat.yaml:99",
  wheres: { port: "afloat.yaml:98" },
};

describe("the plan of a reload", () => {
  it.each(serviceSettings)(
    "a changed %s is planned for that service, as its kind of setting wants, and for no other",
    (name) => {
      const now = host(service("web"), service("api"));
      const next = host(service("web", { [name]: OTHER[name] }), service("api"));
      const { takes } = SERVICE_SETTINGS[name];
      const kind = { restart: "restart", "in-place": "change", nothing: "move" }[takes];
      expect(stepsOf(now, next)).toEqual([takes === "nothing" ? "move web" : `${kind} web ${name}`]);
      expect(afterReload(now, planReload(now, next))).toEqual(next);
    },
  );

  it("a process keeps what it was started with, so these are started anew; for all else it runs on", () => {
    const anew = serviceSettings.filter((name) => SERVICE_SETTINGS[name].takes === "restart");
    expect(anew).toEqual(["command", "forks", "user", "group", "process", "cwd", "env", "secretFiles"]);
  });

  it("one setting that wants a restart is enough, and all that changed are named", () => {
    const next = host(service("web", { env: { A: "1" }, restart: "never", where: "afloat.yaml:3" }));
    expect(stepsOf(host(service("web")), next)).toEqual(["restart web env restart"]);
  });

  it("a stop timeout that holds for stops for health, too, is a change of stop alone", () => {
    const check = { ...backend().check, stopTimeoutMs: 3000 };
    const next = host(service("web", { check, stop: { ...backend().stop, timeoutMs: 3000 } }));
    expect(stepsOf(host(service("web")), next)).toEqual(["change web stop"]);
  });

  it("what is not in the file any more stops first; what is new starts; the order is the file's", () => {
    const now = host(service("old"), service("web"), service("older"));
    const next = host(service("new"), service("web"));
    expect(stepsOf(now, next)).toEqual(["stop old", "stop older", "start new"]);
    expect(planReload(now, next).order).toEqual(["new", "web"]);
  });

  it("another order of services, of keys, or other lines in the file touch nobody", () => {
    const web = service("web", { env: { A: "1", B: "2" } });
    const turned = service("web", { env: { B: "2", A: "1" } });
    expect(planReload(host(web, service("api")), host(service("api"), turned)).steps).toEqual([]);
    const endpoint = { ...backend().endpoint!, where: "afloat.yaml:77", written: "http: /health" };
    expect(stepsOf(host(web), host({ ...web, endpoint, where: "afloat.yaml:70" }))).toEqual(["move web"]);
  });

  it("settings of the host are named, but not from which file they were read", () => {
    const sources = [{ path: "/srv/afloat.yaml", modifiedMs: 1, bytes: 1, hash: "a" }];
    const next: HostSpec = { ...host(service("web")), remote: [], cloud: "https://afloat.example.com", sources };
    const plan = planReload(host(service("web")), next);
    expect(changedOfHost(plan)).toEqual(["cloud", "remote"]);
    expect(afterReload(host(service("web")), plan)).toEqual(next);
  });

  it("a setting that only a new agent goes by is named, and what is in force stays until there is one", () => {
    const next: HostSpec = { ...host(service("web")), metrics: { address: "127.0.0.1", port: 9100 } };
    const plan = planReload(host(service("web")), next);
    expect(changedOfHost(plan)).toEqual(["metrics"]);
    expect(afterReload(host(service("web")), plan).metrics).toBeUndefined();
    expect(planReload({ ...host(), metrics: null }, host()).host).toEqual({});
  });

  it("of the environment the names are told that come, are different and go", () => {
    const changed = changedEnv({ SAME: "1", OTHER: "1", OLD: "1" }, { OTHER: "2", NEW: "1", SAME: "1" });
    expect(changed).toEqual({ added: ["NEW"], changed: ["OTHER"], removed: ["OLD"] });
    expect(changedEnv({}, { toString: "1" })).toEqual({ added: ["toString"], changed: [], removed: [] });
  });
});

/** Files with up to five services of a few names, in which any settings are other ones. */
const anyService = (name: string) =>
  fc
    .subarray<ServiceSetting>([...serviceSettings])
    .map((others) => service(name, Object.fromEntries(others.map((each) => [each, OTHER[each]]))));
const anyHost: fc.Arbitrary<HostSpec> = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { maxLength: 5 }),
    remote: fc.constantFrom<HostSpec["remote"]>([], ["restart"], ["restart", "stop"]),
    cloud: fc.constantFrom(null, "https://afloat.example.com"),
  })
  .chain(({ names, ...rest }) =>
    fc.tuple(...names.map(anyService)).map((services) => ({ ...rest, profiles: [], services })),
  );

describe("any two files", () => {
  it("the plan from one to the other, carried out, ends at the other", () => {
    fc.assert(
      fc.property(anyHost, anyHost, (a, b) => {
        expect(afterReload(a, planReload(a, b))).toEqual(b);
      }),
    );
  });

  it("from a file to itself there is nothing to do", () => {
    fc.assert(
      fc.property(anyHost, (a) => {
        const copy: HostSpec = JSON.parse(JSON.stringify(a));
        const { steps, host } = planReload(a, copy);
        expect({ steps, host }).toEqual({ steps: [], host: {} });
      }),
    );
  });

  it("each service is named once at most, and only one that is not the same in both", () => {
    fc.assert(
      fc.property(anyHost, anyHost, (a, b) => {
        const named = planReload(a, b).steps.map(({ service }) => service);
        expect(new Set(named).size).toBe(named.length);
        const of = (spec: HostSpec, name: string) => spec.services.find((each) => each.name === name);
        for (const name of new Set([...a.services, ...b.services].map((each) => each.name)))
          expect(named.includes(name)).toBe(!same(of(a, name), of(b, name)));
      }),
    );
  });
});

it.each([
  [1, 1, true],
  [1, "1", false],
  [null, {}, false],
  [[], {}, false],
  [[1, 2], [2, 1], false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [{ a: { b: [1] } }, { a: { b: [1] } }, true],
])("%j and %j are the same: %s", (a, b, expected) => {
  expect([same(a, b), same(b, a)]).toEqual([expected, expected]);
});
