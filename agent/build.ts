import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build, type Metafile, type Plugin, transform } from "esbuild";
import { VERSION } from "./src/version.ts";

/** The agent as one file that runs on Node 20 and newer with nothing beside it, and what a host checks it by. */

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const bundle = here("./dist/afloat.cjs");

/** The runbook travels along: a host has nothing beside this file. */
const withRunbook: Plugin = {
  name: "runbook",
  setup: (its) =>
    its.onLoad({ filter: /cli\/runbook-text\.ts$/ }, () => {
      const text = readFileSync(here("../docs/runbook.md"), "utf8");
      return { contents: `export const runbookText = () => ${JSON.stringify(text)};`, loader: "js" };
    }),
};

/** What commander can start is never asked for, and takes longer to load than commander itself. */
const withoutChildren: Plugin = {
  name: "no children of commander",
  setup: (its) => {
    its.onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: "none", namespace: "none" } : null,
    );
    its.onLoad({ filter: /.*/, namespace: "none" }, () => ({ contents: "module.exports = {};", loader: "js" }));
  },
};

const settings = {
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  // Node 20 has them. Not left to esbuild, which would build valibot's for emoji, never asked for, with Unicode's tables at each start.
  supported: { "regexp-unicode-property-escapes": true },
} as const;

/** A part of the program, as CommonJS: it takes the others by the `require` that it is given. */
interface Part {
  name: string;
  code: string;
  /** Wanted by whoever asks for the status: it lies open at the head of the file. */
  isHot: boolean;
}

/** What is needed in any case, and what `afloat status` needs: it is asked so often that it must not wait for the rest. */
const HOT = ["src/afloat.ts", "src/quick-status.ts", "src/cli/show-status.ts"];

/** The program in parts: what is imported lazily is a part of its own. */
async function parts(): Promise<Part[]> {
  const { outputFiles, metafile } = await build({
    ...settings,
    entryPoints: [here("./src/afloat.ts")],
    absWorkingDir: here("."),
    outdir: here("./dist"),
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    // Optional speed-ups of ws, which are not there.
    external: ["bufferutil", "utf-8-validate"],
    plugins: [withRunbook, withoutChildren],
    logLevel: "warning",
  });
  const hot = namesWithin(metafile, HOT);
  return Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const supported = { ...settings.supported, "dynamic-import": false };
      const { code } = await transform(text, { ...settings, format: "cjs", platform: "node", supported });
      const name = `./${basename(path)}`;
      return { name, code: code.replace(/^#!.*\n/, ""), isHot: hot.has(name) };
    }),
  );
}

/** The parts that hold these sources, and all that they import at once. */
function namesWithin({ outputs }: Metafile, sources: string[]): Set<string> {
  const found = new Set<string>();
  const take = (output: string): void => {
    if (found.has(`./${basename(output)}`)) return;
    found.add(`./${basename(output)}`);
    for (const { path, kind, external } of outputs[output]?.imports ?? [])
      if (kind === "import-statement" && external !== true) take(path);
  };
  for (const [output, { entryPoint }] of Object.entries(outputs)) if (sources.includes(entryPoint ?? "")) take(output);
  return found;
}

/**
 * One file: the hot parts as they are, and behind them in a comment the others, packed, each for itself, one a line. An engine looks
 * through all of a program before it runs any of it, which took longer than the whole of `afloat status` does now; and what is never
 * wanted is never unpacked, which keeps the daemon small. The comment is a function's, since an engine keeps the text of those and gives it
 * back: nothing is read or kept a second time, and a program goes by what it was, whatever is put in its file's place meanwhile.
 */
function oneFile(all: Part[]): string {
  const hot = all.filter(({ isHot }) => isHot);
  const cold = all.filter(({ isHot }) => !isHot);
  const packed = cold.map(({ name, code }) => `${name} ${brotliCompressSync(code).toString("base64")}`);
  return `#!/usr/bin/env node
"use strict";
const hot = {
${hot.map(({ name, code }) => `${JSON.stringify(name)}: (function (require, module, exports) {${code}\n})`).join(",\n")}
};
const loaded = {};
function load(name) {
  if (name in loaded) return loaded[name].exports;
  const run = hot[name] ?? unpacked(name);
  if (run === null) return require(name);
  const module = (loaded[name] = { exports: {} });
  run(load, module, module.exports);
  return module.exports;
}
function unpacked(name) {
  if (!name.startsWith("./")) return null;
  const all = String(cold);
  const at = all.indexOf("\\n" + name + " ");
  if (at === -1) return null;
  const end = all.indexOf("\\n", at + 1);
  const packed = Buffer.from(all.slice(at + name.length + 2, end), "base64");
  const code = require("node:zlib").brotliDecompressSync(packed).toString();
  return require("node:vm").compileFunction(code, ["require", "module", "exports"], { filename: __filename + name.slice(1) });
}
load("./afloat.js");
function cold() {/*
${packed.join("\n")}
*/}
`;
}

mkdirSync(here("./dist"), { recursive: true });
const program = oneFile(await parts());
// One letter beyond ASCII, and the engine keeps all of it in two bytes each: half a megabyte of the daemon's memory.
const [beyond] = /[^\0-\x7F]/.exec(program) ?? [];
if (beyond !== undefined) throw new Error(`the program has ${beyond} in it, which is to be written as an escape`);
writeFileSync(bundle, program);
chmodSync(bundle, 0o755);

const content = readFileSync(bundle);
const sha256 = createHash("sha256").update(content).digest("hex");
const release = { version: VERSION, sha256, bytes: content.byteLength };
writeFileSync(here("./dist/release.json"), `${JSON.stringify(release)}\n`);
console.log(`dist/afloat.cjs ${release.bytes} bytes, SHA-256 ${sha256}`);
