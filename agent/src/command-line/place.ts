import type { Command } from "commander";
import { dirname, resolve } from "node:path";
import type { Place } from "../cli/place.ts";

/** Where the configuration is if nothing else is said. */
export const usualConfig = (): string => process.env["AFLOAT_CONFIG"] ?? "afloat.yaml";

/** Which configuration and state folder are meant. */
export function placeOf(program: Command): Place {
  const { config, state, profile } = program.opts<{ config: string; state?: string; profile?: string[] }>();
  // Whoever reads the file goes by it, and so does an agent that is started from here.
  if (profile !== undefined) process.env["AFLOAT_PROFILES"] = profile.join(",");
  return placeAt(config, state);
}

/** The same without a parsed command line. */
export function placeAt(config: string, state: string | undefined): Place {
  const configFile = resolve(config);
  const stateDir = state ?? process.env["AFLOAT_STATE"];
  return { configFile, stateDir: stateDir === undefined ? resolve(dirname(configFile), ".afloat") : resolve(stateDir) };
}
