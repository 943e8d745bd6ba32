import { type Maintenance, maintainedUntilMs, type Subject } from "../../maintenance/core/maintenance.ts";
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

/** When it is to be told that an incident which was held is open still; null where it is not held, or never told. */
export function heldDueMs({ view, untold }: OpenIncident): number | null {
  return untold === true ? null : (view.heldUntilMs ?? null);
}
