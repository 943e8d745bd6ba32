import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { against, type Figure, median } from "../figure.ts";
import { startupCpuMs } from "./start-up.ts";

const bench = "fleet";
const LIMIT_KB = 450;
/** The platform's own: of a Worker that takes longer it takes none. */
const LIMIT_MS = 1_000;
const ROUNDS = 5;
const WORKER = fileURLToPath(new URL("../../../worker", import.meta.url));

/** What the platform is given, the Worker with everything in it, beside one that answers `ok`; and what it takes to start. */
export async function bundleFigures(progress: (text: string) => void): Promise<Figure[]> {
  progress("the bundle, and an empty one");
  const empty = join(WORKER, "dist/empty-hono");
  try {
    const [ours, floor] = [bundled(join(WORKER, "wrangler.jsonc"), "dist/deploy"), bundleEmpty(empty)];
    const weight = { bench, figure: "the Worker's bundle, gzip, sign-in included", value: ours.kilobytes, unit: "KB" };
    const size = against({ name: "empty Hono", value: floor.kilobytes }, weight, null);
    const tookMs: { ours: number; floor: number }[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      progress(`it starts, ${round} of ${ROUNDS}`);
      tookMs.push({ ours: await startupCpuMs(ours.dir), floor: await startupCpuMs(floor.dir) });
    }
    const of = (which: "ours" | "floor") => median(tookMs.map((each) => each[which]));
    const start = { bench, figure: "processor time to start, and to answer once", value: of("ours"), unit: "ms" };
    return [
      { ...size, aim: `<= ${LIMIT_KB} KB`, met: ours.kilobytes <= LIMIT_KB },
      {
        ...against({ name: "empty Hono", value: of("floor") }, start, null),
        aim: `<= ${LIMIT_MS} ms`,
        met: start.value <= LIMIT_MS,
      },
    ];
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

interface Bundle {
  dir: string;
  kilobytes: number;
}

function bundleEmpty(dir: string): Bundle {
  mkdirSync(dir, { recursive: true });
  const program = `import { Hono } from "hono";\nexport default new Hono().get("/livez", (c) => c.text("ok"));\n`;
  writeFileSync(join(dir, "index.js"), program);
  const config = { name: "empty", main: "index.js", compatibility_date: "2026-11-01" };
  writeFileSync(join(dir, "wrangler.json"), JSON.stringify({ ...config, compatibility_flags: ["nodejs_compat"] }));
  return bundled(join(dir, "wrangler.json"), "dist/empty-hono/out");
}

/** As it would be deployed. */
function bundled(config: string, outdir: string): Bundle {
  const dir = join(WORKER, outdir);
  rmSync(dir, { recursive: true, force: true });
  const words = ["deploy", "--dry-run", "--config", config, "--outdir", dir, "--minify"];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
  const said = execFileSync(`${WORKER}/node_modules/.bin/wrangler`, words, { cwd: WORKER, env, encoding: "utf8" });
  return { dir, kilobytes: Number(/gzip: ([\d.]+) KiB/.exec(said)?.[1] ?? Number.NaN) };
}
