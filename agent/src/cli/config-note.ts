import { basename } from "node:path";
import { changedSources } from "../config/changed-sources.ts";
import type { Status } from "../control/protocol.ts";

/** True where a file that the agent goes by is not as it read it; null where it does not say which it read. */
export async function isConfigChanged({ agent }: Status): Promise<boolean | null> {
  if (agent.sources === undefined || agent.sources.length === 0) return null;
  return (await changedSources(agent.sources)).length > 0;
}

/** That, in a line; none where nothing changed. */
export async function configNote({ agent }: Status): Promise<string[]> {
  const names = (await changedSources(agent.sources ?? [])).map((path) => basename(path));
  return names.length === 0 ? [] : [`${names.join(", ")} changed since the agent read it; to go by it: afloat reload`];
}
