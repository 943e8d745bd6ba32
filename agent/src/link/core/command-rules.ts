import type { ServiceSnapshot, Verb } from "@afloat/shared/domain";
import type { CloudMessage } from "@afloat/shared/wire";

export type Command = Extract<CloudMessage, { type: "command" }>;

/** Commands from afar that this host takes in a minute at most, whatever the cloud says. */
export const COMMANDS_PER_MINUTE = 30;

/** A command is not done later than so long after it was first heard of, whatever the cloud says, milliseconds. */
export const COMMAND_LIFE_LIMIT_MS = 5 * 60_000;

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
): { kind: "claim" } | { kind: "refuse"; why: string } | { kind: "expired" } {
  if (!remote.includes(verb)) {
    const allows = remote.length === 0 ? "nothing" : remote.join(", ");
    return refuse(`this host allows ${allows} from afar, and not ${verb}: see remote: in its afloat.yaml`);
  }
  if (!services.includes(service)) return refuse(`there is no service ${service} on this host`);
  if (lately >= COMMANDS_PER_MINUTE) {
    return refuse(`this host takes ${COMMANDS_PER_MINUTE} commands a minute at most; this was one more`);
  }
  return expiresInMs <= 0 ? { kind: "expired" } : { kind: "claim" };
}

const refuse = (why: string) => ({ kind: "refuse", why }) as const;

/** How a command ended. */
export interface Outcome {
  kind: "done" | "refused" | "failed";
  detail: string;
}

/** Who asks from afar for a start is told *done* only where something is up: past starting, and well enough to be kept. */
export function decideOutcome(verb: Verb, outcome: Outcome, snapshot: ServiceSnapshot | undefined): Outcome {
  const starts = verb === "restart" || verb === "start" || verb === "resume";
  if (outcome.kind !== "done" || !starts || snapshot === undefined) return outcome;
  const { state, verdict, reason } = snapshot;
  if (state === "waiting") {
    return { kind: "failed", detail: `not started yet: it ${reason}; it starts by itself once that is there` };
  }
  if (verdict === "unhealthy" || verdict === "down")
    return { kind: "failed", detail: `started, and ${verdict}: ${reason}` };
  return outcome;
}
