import assert from "node:assert/strict";
import { shownConfig } from "@afloat/shared/config/shown";
import fc from "fast-check";
import { stringify } from "yaml";
import { ConfigError } from "../src/config/config-error.ts";
import { readHost } from "../src/config/load.ts";
import { knownWords } from "../src/config/known-words.ts";
import { originOf } from "../src/config/origins.ts";
import { warningLines, warningsIn } from "../src/config/surroundings.ts";
import { ConfigFiles } from "./config-files.ts";
import { configs } from "./config-texts.ts";

/** What may stand in an afloat.yaml, from nonsense to the nearly right, and what must come of it: for the tests and for the bench. */

const files = new ConfigFiles().with({
  "afloat.yaml": "",
  ".env": "A=1\nPORT=80\nB='x\ny'\n",
  "more.yaml": "include: [afloat.yaml]\nservices:\n  more: { command: x, instances: 2 }\n",
});

process.once("exit", () => files.remove());

const hiding = { text: (_name: string | null, value: string) => value, words: (words: string[]) => words };
/** Of one text; a text of a thousand characters that takes so long hangs, however slow the machine, milliseconds. */
const HANG_MS = 20_000;

/**
 * Whatever is in the file: it is understood, or refused with at least one place in it, and nothing else ever comes of it. What is
 * understood can be shown, warned of, and told the origins of. Throws where that does not hold.
 */
export function survives(text: string): void {
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
    assert.notEqual(error.mistakes.length, 0);
    for (const mistake of error.mistakes) assert.match(mistake, /^[\w./-]+(:\d+(:\d+)?)?: ./s);
  }
  assert(performance.now() - startedMs < HANG_MS, "it took longer than any file may");
  // Nobody's prototype was touched.
  assert.deepEqual(Object.keys(Object.prototype), []);
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

const unit = fc.oneof(
  fc.string({ unit: "binary" }),
  odd,
  fc.constantFrom("\n", ": ", "- ", "  ", "{", "}", "[", "]", "services", '"', "'", "|", ">", "#"),
);

/** Text of any kind. */
export const anyText = fc.array(unit, { maxLength: 60 }).map((parts) => parts.join(""));

const mutation = fc.record({
  at: fc.nat(),
  length: fc.nat({ max: 20 }),
  put: fc.oneof(odd, fc.string({ maxLength: 5 })),
});

/** Valid files with a piece of them lost, doubled, moved, or changed. */
export const mutatedText = fc
  .tuple(configs, fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([config, mutations]) =>
    mutations.reduce((text, { at, length, put }) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + put + text.slice(start + length);
    }, stringify(config)),
  );

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

/** Its own words, in places where they do not belong, with values of every kind. */
export const misplacedText = fc
  .oneof(
    fc.dictionary(key, tree, { maxKeys: 5 }),
    fc.record({ services: fc.dictionary(key, service, { maxKeys: 3 }) }),
    fc.record({ include: tree, env_file: tree, services: fc.dictionary(fc.constantFrom("web", "db"), service) }),
  )
  .map((value) => stringify(value));

/** Removes what the files were written to. */
export const forgetFiles = () => files.remove();
