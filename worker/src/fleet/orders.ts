import type { CloudMessage } from "@afloat/shared/wire";
import type { CommandView } from "../live.ts";
import { isDeliverable, takeStep, viewOfCommand } from "./core/command-flight.ts";
import type { FlyingCommand } from "./core/fleet-types.ts";
import { Elsewhere } from "./elsewhere.ts";
import type { Nerve } from "./nerve.ts";

/** A command that a person ordered. Its D1 row and the audit line are written before the Fleet is told. */
export interface CommandOrder extends Omit<FlyingCommand, "grantedMs" | "steps"> {
  createdMs: number;
}

/** Sends a command to its host, and sees it to its end. Answers how it stands now. Ordered twice, it is one. */
export async function takeOrder(nerve: Nerve, order: CommandOrder): Promise<CommandView> {
  const { id, organizationId, hostId, service, verb, by, byUserId, expiresMs } = order;
  const known = nerve.store.commands.get(id);
  if (known !== undefined) return viewOfCommand(known);
  const queued: FlyingCommand = {
    ...{ id, organizationId, hostId, service, verb, by, expiresMs },
    ...(byUserId === undefined ? {} : { byUserId }),
    grantedMs: null,
    steps: [{ step: "queued", atMs: order.createdMs, detail: "" }],
  };
  const nowMs = Date.now();
  const host = await nerve.tenants.host(organizationId, hostId);
  if (!nerve.store.isBegun(organizationId)) throw new Elsewhere();
  if (host === null || host.version === null) {
    return viewOfCommand(takeStep(queued, "refused", nowMs, "this host is not enrolled any more") ?? queued);
  }
  nerve.store.putCommand(queued);
  nerve.sockets.show(organizationId, [{ type: "command", command: viewOfCommand(queued) }]);
  nerve.sockets.tell(hostId, messageOf(queued, nowMs));
  await nerve.alarm.want(expiresMs);
  return viewOfCommand(queued);
}

/** Commands that the host may still be handed. Handed twice, it knows them by their id. */
export function deliverable(nerve: Nerve, hostId: string, nowMs: number): CloudMessage[] {
  return [...nerve.store.commands.values()]
    .filter((command) => command.hostId === hostId && isDeliverable(command, nowMs))
    .map((command) => messageOf(command, nowMs));
}

/** A command as the host gets it; the time left is counted from now, its clock is not asked. */
function messageOf(command: FlyingCommand, nowMs: number): CloudMessage {
  const { id, verb, service, by, expiresMs } = command;
  return { type: "command", id, verb, service, by, expiresInMs: Math.max(0, expiresMs - nowMs) };
}
