import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/**
 * What these files of worker/figures/ count inside workerd, in moved time: each prints some of it. Throws with what was printed where a field was not
 * counted.
 */
export async function counted<T extends object>(
  files: readonly string[],
  fields: readonly (keyof T & string)[],
): Promise<T> {
  const cwd = fileURLToPath(new URL("../../worker", import.meta.url));
  const paths = files.map((name) => `figures/${name}.figures.ts`);
  const words = ["run", ...paths, "--config", "vitest.figures.config.ts", "--disable-console-intercept"];
  const { stdout } = await promisify(execFile)(`${cwd}/node_modules/.bin/vitest`, words, { cwd, maxBuffer: 2 ** 26 });
  const printed = [...stdout.matchAll(/^FIGURES (\{.*\})$/gm)].map(([, json = ""]): Partial<T> => JSON.parse(json));
  const found: T = Object.assign({}, ...printed);
  const missing = fields.filter((field) => found[field] === undefined);
  if (missing.length > 0) throw new Error(`expected figures of ${missing.join(", ")}, got:\n${stdout.slice(-2_000)}`);
  return found;
}
