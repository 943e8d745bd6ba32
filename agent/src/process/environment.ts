import type { ServiceSpec } from "@afloat/shared/spec";
import type { RunAs } from "./user.ts";

type Environment = Record<string, string | undefined>;

/** What a service finds in its environment, beside the mark of each start: the agent's own, its user's, and what is configured. */
export function environmentFor(spec: ServiceSpec, as: Pick<RunAs, "env">, agents: Environment): Environment {
  return { ...agents, ...as.env, ...spec.env, AFLOAT_SERVICE: spec.name };
}
