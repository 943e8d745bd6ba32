import { groupsOf } from "@afloat/shared/config/groups";
import type { ServiceSpec } from "@afloat/shared/spec";
import { loadConfig } from "../config/load.ts";
import { NotRunning } from "../control/client.ts";
import type { Status } from "../control/protocol.ts";
import { environmentFor } from "../process/environment.ts";
import { MARK } from "../process/mark.ts";
import { environOf } from "../process/proc.ts";
import { readSecrets } from "../process/secrets.ts";
import { runAs } from "../process/user.ts";
import { namedServices } from "./named-services.ts";
import type { Place } from "./place.ts";
import { fetchStatus } from "./fetch-status.ts";

/** The one configured service that is meant, or what is wrong. Throws ConfigError. */
export function oneService(place: Place, asked: string): { spec: ServiceSpec } | { fault: string } {
  const { services } = loadConfig(place.configFile);
  const named = namedServices(
    [asked],
    services.map(({ name }) => name),
    groupsOf(services),
  );
  if ("fault" in named) return named;
  if (named.names.length > 1) return { fault: `expected one service, got ${named.names.join(", ")}` };
  const spec = services.find(({ name }) => name === named.names[0]);
  return spec === undefined ? { fault: `there is no service ${asked}` } : { spec };
}

/** What the agent says; null where none runs. */
export async function statusIfAny(place: Place): Promise<Status | null> {
  try {
    return await fetchStatus(place.stateDir);
  } catch (error) {
    if (error instanceof NotRunning) return null;
    throw error;
  }
}

/** A service's environment. `pid`: of the process that has it; null where it is what the next start would get. */
export interface Found {
  pid: number | null;
  variables: Record<string, string>;
}

/** The environment that a service really has, or would get, without the mark of a start; or why it is not known. */
export function environmentOf(spec: ServiceSpec, status: Status | null): Found | { fault: string } {
  const pid = status?.services.find(({ name }) => name === spec.name)?.pid ?? null;
  const running = pid === null ? null : environOf(pid);
  if (pid !== null && running !== null) return { pid, variables: withoutMark(running) };
  const as = runAs(spec.user, spec.group);
  if ("fault" in as) return as;
  const secrets = readSecrets(spec);
  if ("fault" in secrets) return secrets;
  const agents = (status === null ? null : environOf(status.agent.pid)) ?? process.env;
  return { pid: null, variables: withoutMark({ ...environmentFor(spec, as, agents), ...secrets.env }) };
}

/** Whatever carries the mark is taken for the service itself, and ended with it. */
function withoutMark(variables: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) => (value === undefined || name === MARK ? [] : [[name, value]])),
  );
}
