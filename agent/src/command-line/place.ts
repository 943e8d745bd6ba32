import type { Command } from "commander";
import { dirname, resolve } from "node:path";
import type { Place } from "../cli/place.ts";

/** Which configuration and state folder are meant. */
export function placeOf(program: Command): Place {
  const { config, state } = program.opts<{ config: string; state?: string }>();
  const configFile = resolve(config);
  const stateDir = state ?? process.env["AFLOAT_STATE"];
  return { configFile, stateDir: stateDir === undefined ? resolve(dirname(configFile), ".afloat") : resolve(stateDir) };
}
