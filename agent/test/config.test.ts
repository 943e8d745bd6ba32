import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../src/config/load.ts";

const dir = mkdtempSync(join(tmpdir(), "afloat-config-"));
afterAll(() => rmSync(dir, { recursive: true }));

function load(text: string) {
  const file = join(dir, "afloat.yaml");
  writeFileSync(file, text);
  return loadConfig(file);
}

function mistakesIn(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

it("a service may be just its command; everything else has a default", () => {
  const [web] = load("services:\n  web: npm start\n").services;
  expect(web).toMatchObject({
    name: "web",
    command: { kind: "line", line: "npm start" },
    cwd: dir,
    restart: "always",
    endpoint: null,
    check: { intervalMs: 10_000, timeoutMs: 2000, failureThreshold: 3, restartOn: "closed" },
    where: "afloat.yaml:2",
  });
});

it("a health restart has as much time to stop as any other, or its own", () => {
  const services = load(`services:
  usual: npm start
  slow: { command: npm start, stop: { timeout: 1m } }
  own: { command: npm start, stop: { timeout: 1m }, health: { http: "http://localhost:1/", stop_timeout: 3s } }
`).services;
  expect(services.map(({ check }) => check.stopTimeoutMs)).toEqual([10_000, 60_000, 3000]);
});

it("a path is asked on the service's port, and knows the line it stands on", () => {
  const [api] = load("services:\n  api:\n    command: node a.js\n    port: 5001\n    health: /health\n").services;
  expect(api?.endpoint).toMatchObject({
    url: "http://localhost:5001/health",
    where: "afloat.yaml:5",
    written: "health: /health",
  });
});

it("all mistakes are told at once, each with its place and the nearest right word", () => {
  const mistakes = mistakesIn(
    "services:\n  api:\n    command: node a.js\n    prot: 5001\n    restart: allways\n    health: { intervall: 5s, timeout: soon }\n",
  );
  expect(mistakes).toEqual([
    "afloat.yaml:4:5: services.api.prot: unknown word `prot`; did you mean `port`?",
    expect.stringContaining(
      'afloat.yaml:5:5: services.api.restart: expected one of always, on-failure, never, got `"allways"`; did you mean `always`?',
    ),
    expect.stringContaining("afloat.yaml:6"),
    expect.stringContaining("afloat.yaml:6"),
  ]);
});

it("a cycle of dependencies is refused with the cycle shown", () => {
  const text =
    "services:\n  a: { command: x, depends_on: [b] }\n  b: { command: x, depends_on: [c] }\n  c: { command: x, depends_on: [a] }\n";
  expect(mistakesIn(text)).toEqual(["afloat.yaml:2: a depends on itself: a → b → c → a"]);
});

it("a dependency that is not there is named", () => {
  expect(mistakesIn("services:\n  a: { command: x, depends_on: [bb] }\n")[0]).toContain(
    "a depends on bb, which is not a service",
  );
});

it("a missing file says how to make one; broken YAML says where", () => {
  expect(() => loadConfig(join(dir, "none.yaml"))).toThrow("afloat init");
  expect(mistakesIn("services:\n  a: [x\n")[0]).toMatch(/^afloat\.yaml:\d+:\d+: /);
});

it("times that never come, or are none, are refused with their line", () => {
  const found = mistakesIn(`services:
  a: { command: sleep 1, restart_at: "61 * * * *" }
  b: { command: sleep 1, restart_at: "0 0 30 2 *" }
  c: { command: sleep 1, restart_at: "* * * * * *" }
  d: { command: sleep 1, restart_at: { cron: "@daily", timezone: Mars/Olympus } }
`);
  expect(found).toHaveLength(4);
  for (const line of [2, 3, 4]) expect(found[line - 2]).toMatch(new RegExp(`^afloat.yaml:${line}:.*a time`));
  expect(found[3]).toMatch(/^afloat.yaml:5:.*a time zone like Europe\/Vienna, got `"Mars\/Olympus"`/);
});
