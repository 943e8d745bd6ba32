import { join } from "node:path";
import type { Place } from "../main.ts";
import { loadConfig } from "../config/load.ts";
import { lastLines } from "../supervisor/last-lines.ts";

/** `afloat logs`: read from the files; the agent is not asked. */
export async function logs(place: Place, services: string[], count: number): Promise<number> {
  const known = loadConfig(place.configFile).services.map(({ name }) => name);
  const unknown = services.filter((name) => !known.includes(name));
  if (unknown.length > 0 || !Number.isInteger(count) || count < 1) {
    console.error(
      unknown.length > 0
        ? `there is no service ${unknown.join(", ")}; there are ${known.join(", ")}`
        : "expected --lines 1 or more",
    );
    return 2;
  }
  const shown = services.length > 0 ? services : known;
  for (const name of shown) {
    for (const line of lastLines(join(place.stateDir, "logs", `${name}.log`), count)) {
      console.log(shown.length > 1 ? `${name} | ${line}` : line);
    }
  }
  return 0;
}
