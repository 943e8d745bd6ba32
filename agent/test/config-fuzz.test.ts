import { shownConfig } from "@afloat/shared/config/shown";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { ConfigError } from "../src/config/config-error.ts";
import { readHost } from "../src/config/load.ts";
import { knownWords } from "../src/config/known-words.ts";
import { originOf } from "../src/config/origins.ts";
import { warningLines, warningsIn } from "../src/config/surroundings.ts";
import { ConfigFiles } from "./config-files.ts";
import { configs } from "./config-texts.ts";

/**
 * Whatever is in the file: it is understood, or refused with at least one place in it, and nothing else ever comes of it. What is
 * understood can be shown, warned of, and told the origins of.
 */

const files = new ConfigFiles().with({
  "afloat.yaml": "",
  ".env": "A=1\nPORT=80\nB='x\ny'\n",
  "more.yaml": "include: [afloat.yaml]\nservices:\n  more: { command: x, instances: 2 }\n",
});
afterAll(() => files.remove());

const hiding = { text: (_name: string | null, value: string) => value, words: (words: string[]) => words };
/** Of one text; a text of a thousand characters that takes so long hangs, however slow the machine, milliseconds. */
const HANG_MS = 20_000;

function survives(text: string): void {
  const startedMs = performance.now();
  try {
    const loaded = readHost(files.main, {
      texts: new Map([[files.main, text]]),
      environment: { PATH: "/bin", B: "$X" },
    });
    warningLines(warningsIn(loaded, {}));
    const shown = shownConfig(loaded.spec, hiding);
    JSON.stringify(loaded.spec);
    for (const name of Object.keys(shown["services"] ?? {})) originOf(loaded, ["services", name, "command"]);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.mistakes.length).toBeGreaterThan(0);
    for (const mistake of error.mistakes) expect(mistake).toMatch(/^[\w./-]+(:\d+(:\d+)?)?: ./s);
  }
  expect(performance.now() - startedMs).toBeLessThan(HANG_MS);
  // Nobody's prototype was touched.
  expect(Object.keys(Object.prototype)).toEqual([]);
}

const odd = fc.constantFrom(
  "${A}",
  "${",
  "${A:-${B}}",
  "$${A}",
  "${PORT}",
  "5001-5003",
  "__proto__",
  "constructor",
  "more.yaml",
  "*.yaml",
  ".env",
  "/",
  "http://",
  "http://[",
  "grpc://%zz",
  "%",
  "\0",
  "&a [*a]",
  "*a",
  "!!binary x",
  "<<",
  "? [a]",
  "1e999",
  "0x10",
  ".inf",
  "-0",
  "null",
  "~",
  "2001-01-01",
  "\uFEFF",
  "\r",
  "@every 1s",
  "0 0 30 2 *",
  "(a+)+$",
  "[",
  "99999999999d",
  "1e9GB",
  "web",
  "web-1",
  "toString",
  "hasOwnProperty",
);

it("text of any kind", () => {
  const unit = fc.oneof(
    fc.string({ unit: "binary" }),
    odd,
    fc.constantFrom("\n", ": ", "- ", "  ", "{", "}", "[", "]", "services", '"', "'", "|", ">", "#"),
  );
  fc.assert(
    fc.property(
      fc.array(unit, { maxLength: 60 }).map((parts) => parts.join("")),
      survives,
    ),
    { numRuns: 1500 },
  );
});

it("valid files with a piece of them lost, doubled, moved, or changed", () => {
  const mutation = fc.record({
    at: fc.nat(),
    length: fc.nat({ max: 20 }),
    put: fc.oneof(odd, fc.string({ maxLength: 5 })),
  });
  const mutated = fc.tuple(configs, fc.array(mutation, { minLength: 1, maxLength: 4 })).map(([config, mutations]) =>
    mutations.reduce((text, { at, length, put }) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + put + text.slice(start + length);
    }, stringify(config)),
  );
  fc.assert(fc.property(mutated, survives), { numRuns: 1000 });
});

it("its own words, in places where they do not belong, with values of every kind", () => {
  const key = fc.oneof(fc.constantFrom(...knownWords(), "services", "web", "db", "__proto__", "constructor"), odd);
  const leaf = fc.oneof(odd, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.string({ maxLength: 8 }));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      leaf,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(key, tie("tree"), { maxKeys: 5 }),
    ),
  }));
  const service = fc.oneof(
    tree,
    fc.dictionary(key, tree, { maxKeys: 6 }).map((rest) => ({ command: "x", ...rest })),
  );
  const file = fc.oneof(
    fc.dictionary(key, tree, { maxKeys: 5 }),
    fc.record({ services: fc.dictionary(key, service, { maxKeys: 3 }) }),
    fc.record({ include: tree, env_file: tree, services: fc.dictionary(fc.constantFrom("web", "db"), service) }),
  );
  fc.assert(
    fc.property(file, (value) => survives(stringify(value))),
    { numRuns: 1500 },
  );
});

it.each<[string, string]>([
  ["nested without end", "[".repeat(100_000)],
  ["nested deep, and closed", `services: ${"{ a: ".repeat(3000)}x${" }".repeat(3000)}`],
  [
    "aliases of aliases",
    `a: &a [x, x, x, x, x, x, x, x, x]\n${Array.from("bcdefghi")
      .map((name, i) => `${name}: &${name} [${`*${"abcdefgh"[i]},`.repeat(9)}]`)
      .join("\n")}`,
  ],
  ["an alias of itself", "services: &a { web: *a }\n"],
  ["a very long line", `services: { web: "${"x".repeat(900_000)}" }`],
  ["more than is read", `services: { web: "${"x".repeat(1_100_000)}" }`],
  ["many variables", `services: { web: { command: [x], cwd: "${"${A}".repeat(20_000)}" } }`],
  ["variables within variables", `services: { web: { command: [x], cwd: "${"${NONE:-".repeat(20_000)}" } }`],
  [
    "many services that depend on each other",
    `services:\n${Array.from({ length: 300 }, (_, i) => `  s${i}: { command: x, depends_on: [${Array.from({ length: 40 }, (__, j) => `s${(i + j + 1) % 300}`).join(", ")}] }`).join("\n")}`,
  ],
  [
    "more instances than anybody has",
    "services: { web: { command: x, instances: 1e300 }, db: { command: x, instances: -1 } }",
  ],
  ["an include of itself", "include: [afloat.yaml, ./afloat.yaml, '*.yaml', more.yaml]"],
  ["an include of everything", "include: ['/*', '/dev/*', /dev/null, /proc/self/mem, '']"],
  [
    "a folder where a file should be",
    "include: /\nenv_file: /\nservices: { web: { command: x, env_file: [/, /dev/null] } }",
  ],
])("%s", (_what, text) => {
  survives(text);
});
