import { existsSync } from "node:fs";
import { loadConfig } from "./load.ts";

/** The `cloud:` of the configuration, or null where there is none. Throws ConfigError where the file has mistakes. */
export function cloudOf(configFile: string): string | null {
  return existsSync(configFile) ? loadConfig(configFile).cloud : null;
}
