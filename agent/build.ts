import { createHash } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
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

await build({
  entryPoints: [here("./src/afloat.ts")],
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  // Optional speed-ups of ws, which are not there.
  external: ["bufferutil", "utf-8-validate"],
  plugins: [withRunbook],
  legalComments: "none",
  logLevel: "warning",
});
chmodSync(bundle, 0o755);

const content = readFileSync(bundle);
const sha256 = createHash("sha256").update(content).digest("hex");
const release = { version: VERSION, sha256, bytes: content.byteLength };
writeFileSync(here("./dist/release.json"), `${JSON.stringify(release)}\n`);
console.log(`dist/afloat.cjs ${release.bytes} bytes, SHA-256 ${sha256}`);
