import { existsSync } from "node:fs";
import { loadConfig } from "./load.ts";

/** `cloud` and `cloud_ca` of the configuration, null where there is none. Throws ConfigError where the file has mistakes. */
export function cloudOf(configFile: string): { address: string | null; authority: string | null } {
  if (!existsSync(configFile)) return { address: null, authority: null };
  const { cloud, cloudCa } = loadConfig(configFile);
  return { address: cloud, authority: cloudCa ?? null };
}
