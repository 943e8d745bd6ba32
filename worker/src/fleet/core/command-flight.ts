import type { CommandStep } from "@afloat/shared/domain";
import type { CommandView } from "../../live.ts";
import type { FlyingCommand } from "./fleet-types.ts";

/** A granted command of which the host never says how it ended is called interrupted after this long. */
export const GRANTED_LIMIT_MS = 15 * 60_000;

/** How far apart the clocks of the Worker, who orders, and of the Fleet may be, milliseconds. */
const SKEW_MS = 5_000;

const ENDS: readonly CommandStep[] = ["done", "refused", "failed", "expired", "interrupted"];
const ORDER: readonly CommandStep[] = ["queued", "delivered", "running"];

export type Claim = { kind: "granted"; command: FlyingCommand } | { kind: "denied"; why: string };

/** May the host do it now? Only while the command is open by the cloud's clock. Asked twice, the answer is the same. */
export function decideClaim(command: FlyingCommand | undefined, nowMs: number): Claim {
  if (command === undefined) return { kind: "denied", why: "this command is over, or was never given to this host" };
  if (hasEnded(command)) return { kind: "denied", why: `this command is already ${lastStep(command)}` };
  if (!isInTime(command, nowMs)) return { kind: "denied", why: "this command expired before it was claimed" };
  const delivered = takeStep(command, "delivered", nowMs, "") ?? command;
  return { kind: "granted", command: { ...delivered, grantedMs: command.grantedMs ?? nowMs } };
}

/**
 * Is it open by the cloud's clock? A clock that was set back to before the order does not tell how old the command is: then it is
 * over, too.
 */
function isInTime({ steps, expiresMs }: FlyingCommand, nowMs: number): boolean {
  const orderedMs = steps[0]?.atMs ?? expiresMs;
  return nowMs < expiresMs && nowMs >= orderedMs - SKEW_MS;
}

/** The command one step further, or null where that step was passed before: nothing goes back, nothing follows an end. */
export function takeStep(
  command: FlyingCommand,
  step: CommandStep,
  atMs: number,
  detail: string,
): FlyingCommand | null {
  if (hasEnded(command)) return null;
  const last = lastStep(command);
  if (!ENDS.includes(step) && ORDER.indexOf(step) <= ORDER.indexOf(last)) return null;
  return { ...command, steps: [...command.steps, { step, atMs, detail }] };
}

/** When somebody must look at it again if nothing happens: its expiry, or, once granted, the host's last word. */
export function commandDueMs(command: FlyingCommand): number {
  return command.grantedMs === null ? command.expiresMs : command.grantedMs + GRANTED_LIMIT_MS;
}

/** How a command ends of which nothing was heard in time; null while there is time. */
export function decideOverdue(command: FlyingCommand, nowMs: number): FlyingCommand | null {
  const isDue = command.grantedMs === null ? !isInTime(command, nowMs) : nowMs >= commandDueMs(command);
  if (!isDue) return null;
  return command.grantedMs === null
    ? takeStep(command, "expired", nowMs, "the host did not take it within its time; nothing was done")
    : takeStep(command, "interrupted", nowMs, "the host took it and never said how it ended");
}

/** True while the host may still be handed the command. */
export function isDeliverable(command: FlyingCommand, nowMs: number): boolean {
  return isInTime(command, nowMs) && ORDER.indexOf(lastStep(command)) < ORDER.indexOf("running") && !hasEnded(command);
}

export function hasEnded(command: FlyingCommand): boolean {
  return ENDS.includes(lastStep(command));
}

/** May this host bring what was asked of it by a look: lines of output? Only while it does just that. */
export function isTailAwaited(command: FlyingCommand | undefined, hostId: string): command is FlyingCommand {
  if (command === undefined || command.hostId !== hostId || command.verb !== "logs") return false;
  return command.grantedMs !== null && !hasEnded(command);
}

/** The command as the dashboard shows it. */
export function viewOfCommand(command: FlyingCommand): CommandView {
  const { id, hostId, service, verb, by, steps } = command;
  return { id, hostId, service, verb, by, steps };
}

export function lastStep(command: { steps: { step: CommandStep }[] }): CommandStep {
  return command.steps.at(-1)?.step ?? "queued";
}
