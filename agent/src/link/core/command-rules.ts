import type { Verb } from "@afloat/shared/domain";
import type { CloudMessage } from "@afloat/shared/wire";

export type Command = Extract<CloudMessage, { type: "command" }>;

/** Commands from afar that this host carries out in a minute at most, whatever the cloud says. */
export const COMMANDS_PER_MINUTE = 30;

/** Verbs that the supervisor can be asked. */
export type Doable = Exclude<Verb, "check" | "logs">;

export interface HostLimits {
  /** What afloat.yaml allows. */
  remote: readonly Verb[];
  services: readonly string[];
  /** When commands were taken lately, milliseconds. */
  takenMs: readonly number[];
}

/** Whether this host does what it is asked: decided here, not by the cloud. */
export function decideCommand(
  command: Command,
  limits: HostLimits,
  nowMs: number,
): { kind: "claim"; verb: Doable } | { kind: "refuse"; why: string } {
  const { verb, service } = command;
  if (!limits.remote.includes(verb)) {
    return {
      kind: "refuse",
      why: `this host does not allow ${verb} from afar; its afloat.yaml says what it allows (remote:)`,
    };
  }
  if (verb === "check" || verb === "logs") return { kind: "refuse", why: `${verb} from afar is not there yet` };
  if (!limits.services.includes(service)) return { kind: "refuse", why: `there is no service ${service} on this host` };
  if (limits.takenMs.filter((atMs) => nowMs - atMs < 60_000).length >= COMMANDS_PER_MINUTE) {
    return {
      kind: "refuse",
      why: `more than ${COMMANDS_PER_MINUTE} commands in a minute; this host takes no more just now`,
    };
  }
  return { kind: "claim", verb };
}
