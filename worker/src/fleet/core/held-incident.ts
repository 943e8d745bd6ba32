import { type Maintenance, maintainedUntilMs, type Subject } from "../../maintenance/core/maintenance.ts";
import type { IncidentView } from "../../live.ts";
import type { OpenIncident } from "./fleet-types.ts";

/**
 * Before when nobody is told of an incident, since it began during maintenance; null where it is told as any other. What arrives when that is
 * over, and stands still, is told at once; what is known to be over by then (`untold`), never.
 */
export function decideHeldIncident(
  maintenance: readonly Maintenance[],
  subject: Subject,
  { atMs, nowMs, untold }: { atMs: number; nowMs: number; untold: boolean },
): number | null {
  const untilMs = maintainedUntilMs(maintenance, subject, nowMs);
  if (untilMs !== null) return untilMs;
  return untold ? maintainedUntilMs(maintenance, subject, atMs) : null;
}

/** The same for one that D1 holds and nobody was told of, from when it began: null for what is not of a service, and waits for other things. */
export function heldAgainUntilMs(
  announced: readonly Maintenance[],
  { hostId, service, openedMs }: Pick<IncidentView, "hostId" | "service" | "openedMs">,
  subjectId: string,
): number | null {
  return service === null ? null : maintainedUntilMs(announced, { hostId, serviceId: subjectId }, openedMs);
}

/** When it is to be told that an incident which was held is open still; null where it is not held, or never told. */
export function heldDueMs({ view, untold }: OpenIncident): number | null {
  return untold === true ? null : (view.heldUntilMs ?? null);
}
