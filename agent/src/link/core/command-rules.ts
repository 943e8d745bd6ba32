import type { Verb } from "@afloat/shared/domain";
import type { CloudMessage } from "@afloat/shared/wire";

export type Command = Extract<CloudMessage, { type: "command" }>;

/** Commands from afar that this host takes in a minute at most, whatever the cloud says. */
export const COMMANDS_PER_MINUTE = 30;

/** Verbs that the supervisor can be asked. */
export type Doable = Exclude<Verb, "check" | "logs">;

export interface HostLimits {
  /** What afloat.yaml allows. */
  remote: readonly Verb[];
  services: readonly string[];
}

/** Whether this host does what it is asked: decided here, not by the cloud. `lately`: commands within the last minute. */
export function decideCommand(
  { verb, service, expiresInMs }: Command,
  { remote, services }: HostLimits,
  lately: number,
): { kind: "claim"; verb: Doable } | { kind: "refuse"; why: string } | { kind: "expired" } {
  if (!remote.includes(verb)) {
    const allows = remote.length === 0 ? "nothing" : remote.join(", ");
    return refuse(`this host allows ${allows} from afar, and not ${verb}: see remote: in its afloat.yaml`);
  }
  if (verb === "check" || verb === "logs") return refuse(`${verb} is not supported from afar yet`);
  if (!services.includes(service)) return refuse(`there is no service ${service} on this host`);
  if (lately >= COMMANDS_PER_MINUTE) {
    return refuse(`this host takes ${COMMANDS_PER_MINUTE} commands a minute at most; this was one more`);
  }
  return expiresInMs <= 0 ? { kind: "expired" } : { kind: "claim", verb };
}

const refuse = (why: string) => ({ kind: "refuse", why }) as const;
