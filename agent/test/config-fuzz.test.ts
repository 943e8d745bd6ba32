import fc from "fast-check";
import { afterAll, it } from "vitest";
import { anyText, forgetFiles, misplacedText, mutatedText, survives } from "./config-fuzz.ts";

/** Whatever is in the file, nothing but an understanding or an explained refusal comes of it. A million of these are in `pnpm bench daily --long`. */

afterAll(forgetFiles);

it.each([
  ["text of any kind", anyText, 1500],
  ["valid files with a piece of them lost, doubled, moved, or changed", mutatedText, 1000],
  ["its own words, in places where they do not belong, with values of every kind", misplacedText, 1500],
])("%s", (_what, texts, numRuns) => fc.assert(fc.property(texts, survives), { numRuns }));

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
