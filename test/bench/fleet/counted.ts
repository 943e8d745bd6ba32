import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { CountedDay } from "./month.ts";

/** What worker/figures/ counts inside workerd, in moved time. */
export interface Counted {
  day: CountedDay;
  status: { services: number; rowsRead: number };
}

/** Throws with what was printed where nothing was counted. */
export async function countedFigures(): Promise<Counted> {
  const cwd = fileURLToPath(new URL("../../../worker", import.meta.url));
  const words = ["run", "--config", "vitest.figures.config.ts", "--disable-console-intercept"];
  const { stdout } = await promisify(execFile)(`${cwd}/node_modules/.bin/vitest`, words, { cwd });
  const found = [...stdout.matchAll(/^FIGURES (\{.*\})$/gm)].map(([, json = ""]): Partial<Counted> => JSON.parse(json));
  const { day, status } = Object.assign({}, ...found);
  if (day === undefined || status === undefined) {
    throw new Error(`expected the figures of a day and of a status page, got:\n${stdout.slice(-2_000)}`);
  }
  return { day, status };
}
