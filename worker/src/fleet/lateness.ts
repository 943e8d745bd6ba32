import type { FleetLateness } from "../heartbeats/core/chain.ts";
import { isRepeated } from "./core/fleet-types.ts";
import type { Nerve } from "./nerve.ts";

/** How far this Fleet is behind with an organization. Whoever calls this has seen that the alarm is set. */
export function latenessOf(
  nerve: Nerve,
  organizationId: string,
  { alarmMs, nowMs }: { alarmMs: number | null; nowMs: number },
): FleetLateness {
  const oldest = nerve.store.journal.pending.find(
    (entry) => !isRepeated(entry) && nerve.store.hosts.get(entry.hostId)?.organizationId === organizationId,
  );
  return {
    alarmMs: Math.max(0, nowMs - (alarmMs ?? nowMs)),
    // A position is the time of its entry.
    unrecordedMs: Math.max(0, nowMs - (oldest?.position ?? nowMs)),
  };
}
