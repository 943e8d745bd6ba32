import { copyFileSync, existsSync, mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Fills assets/: the dashboard's script, and the agent that hosts fetch from here. `pnpm build` builds the agent first. */

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here("./client/dashboard.tsx")],
  outfile: here("./assets/dashboard.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  jsx: "automatic",
  jsxImportSource: "hono/jsx/dom",
  legalComments: "none",
  logLevel: "warning",
});
console.log(`assets/dashboard.js ${statSync(here("./assets/dashboard.js")).size} bytes`);

mkdirSync(here("./assets/agent"), { recursive: true });
for (const name of ["afloat.cjs", "release.json"]) {
  const built = here(`../agent/dist/${name}`);
  if (!existsSync(built)) throw new Error(`expected ${built}: build the agent first, with node agent/build.ts`);
  copyFileSync(built, here(`./assets/agent/${name}`));
}
