import type { AgentMessage, CloudMessage } from "../../src/wire.ts";
import firstAgent from "./protocol-1-first/agent.json" with { type: "json" };
import firstCloud from "./protocol-1-first/cloud.json" with { type: "json" };
import agent from "./protocol-1/agent.json" with { type: "json" };
import cloud from "./protocol-1/cloud.json" with { type: "json" };

/** What one version really said, as JSON; recorded by test/samples/record.ts. */
export interface Samples {
  version: string;
  agent: AgentMessage[];
  cloud: CloudMessage[];
}

const of = (version: string, agents: object, clouds: object): Samples => ({
  version,
  // Read as it stands: whether it is what these types say is what the tests are about.
  agent: JSON.parse(JSON.stringify(Object.values(agents).flat())),
  cloud: JSON.parse(JSON.stringify(Object.values(clouds).flat())),
});

/** The oldest first. */
export const VERSIONS: Samples[] = [
  of("the first protocol 1", firstAgent, firstCloud),
  of("protocol 1 as it is now", agent, cloud),
];

/** The same message as a newer side might say it: with fields more, everywhere. */
export function grown<T>(message: T): T {
  return JSON.parse(
    JSON.stringify(message, (_key, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? { ...value, newer: "than you", and: [1, 2] }
        : value,
    ),
  );
}
