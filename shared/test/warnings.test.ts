import { expect, it } from "vitest";
import { type Surroundings, warningsOf } from "../src/config/warnings.ts";
import type { EndpointSpec, ServiceSpec } from "../src/spec.ts";
import { backend } from "./service-spec.ts";

const fine: Surroundings = {
  hasFolder: () => true,
  missingProgram: () => null,
  secretFile: () => "safe",
  isSet: () => false,
};
const told = (services: ServiceSpec[], around: Partial<Surroundings> = {}, line?: string) => {
  const names = [...(line ?? "").matchAll(/\$\{(\w+)(:-)?/g)].map(([, name = "", has]) => ({
    name,
    hasDefault: !!has,
  }));
  const lines = [
    { service: "aurora-backend", path: ["services", "aurora-backend", "command"], line: line ?? "", names },
  ];
  return warningsOf({ services }, lines, { ...fine, ...around }).map(({ where, text }) => `${where} ${text}`);
};
const { check, backoff } = backend();
const asked = (url: string, more: Partial<EndpointSpec> = {}): Partial<ServiceSpec> => ({
  // The rest is that of an HTTP endpoint.
  endpoint: { ...backend().endpoint!, ...more, url } as EndpointSpec,
});

it("a usual service is warned of nothing", () => {
  expect(told([backend()])).toEqual([]);
  expect(told([backend({ endpoint: null, ports: [] })])).toEqual([]);
});

it.each<[string, Partial<ServiceSpec>, Partial<Surroundings>, string]>([
  [
    "an endpoint on a port that is not the service's",
    asked("http://127.0.0.1:5002/"),
    {},
    "afloat.yaml:10 health is asked on port 5002, but its port is 5001",
  ],
  [
    "an endpoint, and no port at all",
    { ports: [] },
    {},
    "afloat.yaml:10 health is asked on port 5001, but no port is configured",
  ],
  [
    "a timeout that is as long as the interval",
    { check: { ...check, timeoutMs: 10_000 } },
    {},
    "afloat.yaml:10 timeout (10 s) is not shorter than interval (10 s)",
  ],
  [
    "an interval without a pause",
    { check: { ...check, intervalMs: 499, timeoutMs: 100 } },
    {},
    "afloat.yaml:10 interval of 0.4 s: it is asked without a pause",
  ],
  [
    "a health check of what is never restarted",
    { restart: "never", wheres: { restart: "afloat.yaml:12" } },
    {},
    "afloat.yaml:12 restart: never, so its health is shown, and restarts nothing",
  ],
  [
    "a check that may kill what listens",
    { check: { ...check, restartOn: "failing" } },
    {},
    "restart_on: failing lets 3 wrong answers kill a service",
  ],
  [
    "no start period",
    { check: { ...check, startPeriodMs: 0 }, wheres: { "health.start_period": "afloat.yaml:13" } },
    {},
    "afloat.yaml:13 start_period of 0 s",
  ],
  [
    "how far a check may go, without one",
    { endpoint: null, check: { ...check, restartOn: "hung" }, wheres: { "health.restart_on": "a:1" } },
    {},
    "a:1 restart_on: hung needs an endpoint",
  ],
  [
    "health of nothing",
    { endpoint: null, ports: [], wheres: { health: "a:1" } },
    {},
    "a:1 health has neither an endpoint nor a port",
  ],
  [
    "a backoff that ends before it begins",
    { backoff: { ...backoff, minMs: 2, maxMs: 1 } },
    {},
    "backoff.min is longer than backoff.max",
  ],
  ["a folder that is not there", {}, { hasFolder: () => false }, "cwd: there is no folder /srv"],
  ["a program that is not there", {}, { missingProgram: () => "nod" }, "command: there is no program nod"],
  [
    "what looks like a variable",
    { env: { A: "$HOME", B: "x$y", C: "$" } },
    {},
    'env: A is "$HOME" as it stands; for its value write ${HOME}',
  ],
  [
    "a secret that everybody can read",
    { secretFiles: { A: "/s" } },
    { secretFile: () => "open" },
    "env: A: everybody can read /s",
  ],
  [
    "a secret that is not there",
    { secretFiles: { A: "/s" } },
    { secretFile: () => "missing" },
    "env: A: /s is not there now",
  ],
])("warned of: %s", (_what, changes, around, expected) => {
  const warnings = told([backend(changes)], around);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain(expected);
});

it("not warned of: a port elsewhere, a socket, an endpoint that is a command, a timeout just below the interval", () => {
  for (const changes of [
    asked("http://10.0.0.1:9/"),
    asked("http://localhost:9/", { socket: "/run/x.sock" }),
    { endpoint: { kind: "command", command: { kind: "line", line: "true" }, where: "", written: "" } } as const,
    { check: { ...check, timeoutMs: 9999 } },
  ])
    expect(told([backend({ ...changes })])).toEqual([]);
});

it("two services on one port are told at the second, unless the listener may be anybody", () => {
  const two = (portOwner: "own" | "any") => told([backend({ name: "a" }), backend({ name: "b", portOwner })]);
  expect(two("own")).toEqual(["afloat.yaml:10 port 5001 is also a's; only one of them can listen there"]);
  expect(two("any")).toEqual([]);
});

it("a variable of a line is told where nobody sets it: not the service, its secrets, the environment, or the line", () => {
  const line = "for F in *; do X=1; read Y; echo ${F} ${X} ${Y} ${ENV} ${SECRET} ${HOME} ${DEFAULT:-1} ${NONE}; done";
  const service = backend({ env: { ENV: "1" }, secretFiles: { SECRET: "/s" } });
  expect(told([service], { isSet: (name) => name === "HOME" }, line)).toEqual([
    "afloat.yaml:10 ${NONE} in its command is not set; the shell takes it for empty",
  ]);
});
