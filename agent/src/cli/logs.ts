import { join } from "node:path";
import type { Place } from "./place.ts";
import { loadConfig } from "../config/load.ts";
import { lastLines } from "../supervisor/last-lines.ts";
import { follow } from "./follow.ts";
import { unknownServices } from "./unknown-services.ts";

/** `afloat logs`: read from the files; the agent is not asked. */
export async function logs(
  place: Place,
  services: string[],
  options: { lines: string; follow?: boolean },
): Promise<number> {
  const known = loadConfig(place.configFile).services.map(({ name }) => name);
  const count = Number(options.lines);
  const fault =
    Number.isInteger(count) && count >= 1
      ? unknownServices(services, known)
      : `expected --lines 1 or more, got ${options.lines}`;
  if (fault !== null) {
    console.error(fault);
    return 2;
  }
  const shown = services.length > 0 ? services : known;
  const print = (name: string, line: string) => console.log(shown.length > 1 ? `${name} | ${line}` : line);
  const pathOf = (name: string) => join(place.stateDir, "logs", `${name}.log`);
  for (const name of shown) for (const line of lastLines(pathOf(name), count)) print(name, line);
  if (options.follow !== true) return 0;
  const stops = shown.map((name) => follow(pathOf(name), (line) => print(name, line)));
  await new Promise((resolve) => process.once("SIGINT", resolve));
  for (const stop of stops) stop();
  return 0;
}
