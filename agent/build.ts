import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin, transform } from "esbuild";
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

const settings = { target: "node20", minifySyntax: true, minifyWhitespace: true, legalComments: "none" } as const;

/** The program in parts: what is imported lazily is a part of its own. */
async function parts(): Promise<[name: string, code: string][]> {
  const { outputFiles } = await build({
    ...settings,
    entryPoints: [here("./src/afloat.ts")],
    outdir: here("./dist"),
    write: false,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    // Optional speed-ups of ws, which are not there.
    external: ["bufferutil", "utf-8-validate"],
    plugins: [withRunbook, withoutChildren],
    logLevel: "warning",
  });
  return Promise.all(
    outputFiles.map(async ({ path, text }) => {
      // As CommonJS, each takes the others by the `require` that it is given.
      const supported = { "dynamic-import": false };
      const { code } = await transform(text, { ...settings, format: "cjs", platform: "node", supported });
      return [`./${basename(path)}`, code.replace(/^#!.*\n/, "")] satisfies [string, string];
    }),
  );
}

/**
 * One file that holds its parts as text, and compiles each when it is first wanted: an engine that must look through all of
 * the program before it runs any of it takes longer than `afloat status` itself.
 */
function oneFile(texts: [name: string, code: string][]): string {
  const table = texts.map(([name, code]) => `${JSON.stringify(name)}:${JSON.stringify(code)}`).join(",\n");
  return `#!/usr/bin/env node
"use strict";
const { compileFunction } = require("node:vm");
const parts = {
${table}
};
const loaded = {};
function load(name) {
  if (name in loaded) return loaded[name].exports;
  if (!(name in parts)) return require(name);
  const module = (loaded[name] = { exports: {} });
  const run = compileFunction(parts[name], ["require", "module", "exports"], { filename: __filename + name.slice(1) });
  run(load, module, module.exports);
  return module.exports;
}
load("./afloat.js");
`;
}

mkdirSync(here("./dist"), { recursive: true });
writeFileSync(bundle, oneFile(await parts()));
chmodSync(bundle, 0o755);

const content = readFileSync(bundle);
const sha256 = createHash("sha256").update(content).digest("hex");
const release = { version: VERSION, sha256, bytes: content.byteLength };
writeFileSync(here("./dist/release.json"), `${JSON.stringify(release)}\n`);
console.log(`dist/afloat.cjs ${release.bytes} bytes, SHA-256 ${sha256}`);
