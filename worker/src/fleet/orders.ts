import type { CloudMessage } from "@afloat/shared/wire";
import { isDeliverable } from "./core/command-flight.ts";
import type { FlyingCommand } from "./core/fleet-types.ts";
import type { Nerve } from "./nerve.ts";

/** Commands that the host may still be handed. Handed twice, it knows them by their id. */
export function deliverable(nerve: Nerve, hostId: string, nowMs: number): CloudMessage[] {
  return [...nerve.store.commands.values()]
    .filter((command) => command.hostId === hostId && isDeliverable(command, nowMs))
    .map((command) => messageOf(command, nowMs));
}

/** A command as the host gets it; the time left is counted from now, its clock is not asked. */
export function messageOf(command: FlyingCommand, nowMs: number): CloudMessage {
  const { id, verb, service, by, expiresMs } = command;
  return { type: "command", id, verb, service, by, expiresInMs: Math.max(0, expiresMs - nowMs) };
}
