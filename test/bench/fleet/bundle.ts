import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Figure } from "../figure.ts";

const LIMIT_KB = 450;

/** What the platform is given: the Worker with everything in it, as it is deployed. */
export function bundleFigures(progress: (text: string) => void): Figure[] {
  progress("the bundle");
  const cwd = fileURLToPath(new URL("../../../worker", import.meta.url));
  const words = ["deploy", "--dry-run", "--outdir", "dist/deploy", "--minify"];
  const env = { ...process.env, WRANGLER_SEND_METRICS: "false" };
  const said = execFileSync(`${cwd}/node_modules/.bin/wrangler`, words, { cwd, env, encoding: "utf8" });
  const value = Number(/gzip: ([\d.]+) KiB/.exec(said)?.[1] ?? Number.NaN);
  const figure = { bench: "fleet", figure: "the Worker's bundle, gzip, sign-in included", value, unit: "KB" };
  return [{ ...figure, against: null, ratio: null, aim: `<= ${LIMIT_KB} KB`, met: value <= LIMIT_KB }];
}
