import { basename } from "node:path";
import { changedSources } from "../config/sources.ts";
import type { Status } from "../control/protocol.ts";

/** True where a file that the agent goes by is not as it read it; null where it does not say which it read. */
export function isConfigChanged({ agent }: Status): boolean | null {
  return agent.sources === undefined || agent.sources.length === 0 ? null : changedSources(agent.sources).length > 0;
}

/** That, in a line; none where nothing changed. */
export function configNote({ agent }: Status): string[] {
  const names = changedSources(agent.sources ?? []).map((path) => basename(path));
  return names.length === 0 ? [] : [`${names.join(", ")} changed since the agent read it; to go by it: afloat reload`];
}
