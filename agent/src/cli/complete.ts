import { loadConfig } from "../config/load.ts";
import type { Place } from "./place.ts";
import { runbookTopics } from "./runbook.ts";
import { fetchStatus } from "./fetch-status.ts";

/** The words for a completion script, one a line: never an error, since whoever pressed Tab asked for none. */
export async function complete(place: Place, what: string): Promise<number> {
  const words = what === "topics" ? runbookTopics() : what === "services" ? [...(await names(place)), "all"] : [];
  for (const word of words) console.log(word);
  return 0;
}

/** Of a running agent, else of the file: to read that takes longer. */
async function names(place: Place): Promise<string[]> {
  try {
    return (await fetchStatus(place.stateDir)).services.map(({ name }) => name);
  } catch {
    // No agent: the file says it.
  }
  try {
    return loadConfig(place.configFile).services.map(({ name }) => name);
  } catch {
    // No file, or a broken one.
    return [];
  }
}
