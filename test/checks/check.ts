import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { checkDocPaths } from "./doc-paths.ts";
import { checkMigrations } from "./migrations.ts";
import { runCommand } from "./run-command.ts";

/** `pnpm check`: everything that can be judged without running the product. Each check is quick and says what to mend. */

const root = fileURLToPath(new URL("../..", import.meta.url));

interface Check {
  name: string;
  run: () => Promise<{ ok: boolean; output: string }>;
}

const command =
  (words: string[], cwd = root) =>
  () =>
    runCommand(words, { cwd, echo: false });

const CHECKS: Check[] = [
  { name: "types", run: command(["tsc", "-b"]) },
  { name: "lint", run: command(["oxlint", "--type-aware", "--deny-warnings"]) },
  { name: "format", run: command(["oxfmt", "--check", "."]) },
  { name: "unused code", run: command(["knip", "--no-progress"]) },
  { name: "document paths", run: () => checkDocPaths(root) },
  { name: "migrations", run: () => checkMigrations(`${root}/worker/drizzle`) },
  { name: "deploy, dry", run: dryDeploy },
];

/** Runs every check, as many at once as there are cores, and returns how many passed and failed. */
export async function check(): Promise<{ passed: number; failed: number }> {
  const waiting = [...CHECKS];
  let passed = 0;
  let failed = 0;
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const startedMs = performance.now();
      const { ok, output } = await next.run();
      const took = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
      const shown = ok && next.run !== dryDeploy ? "" : `\n${output.trimEnd()}`;
      console.log(`${ok ? "ok  " : "FAIL"} ${next.name} (${took})${shown}`);
      if (ok) passed++;
      else failed++;
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return { passed, failed };
}

/** The Worker as the platform would take it, without an account; says how large it is. */
async function dryDeploy() {
  for (const script of ["agent/build.ts", "worker/build.ts"]) {
    const built = await runCommand(["node", script], { cwd: root, echo: false });
    if (!built.ok) return built;
  }
  const result = await runCommand(
    ["node_modules/.bin/wrangler", "deploy", "--dry-run", "--outdir", "dist/deploy", "--minify"],
    {
      cwd: `${root}/worker`,
      echo: false,
    },
  );
  const size = /Total Upload: .*/.exec(result.output);
  return { ok: result.ok, output: result.ok ? `     ${size?.[0] ?? "size not said"}` : result.output };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { failed } = await check();
  process.exitCode = failed === 0 ? 0 : 1;
}
