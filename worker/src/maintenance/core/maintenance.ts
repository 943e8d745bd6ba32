import type { TimeSpan } from "@afloat/shared/core/uptime";
import type { MaintenanceScope } from "../../db/maintenance-schema.ts";

/** Maintenance as it was announced. Tags in its scope are hosts by now (read-maintenance.ts). */
export interface Maintenance {
  startsMs: number;
  endsMs: number;
  scope: MaintenanceScope;
  /** From then on it does not count any more; null where it holds. */
  cancelledMs: number | null;
}

/** The same with its name. */
export interface NamedMaintenance extends Maintenance {
  id: string;
  title: string;
}

/** What may be under maintenance: a service of a host, or with null the host itself. */
export interface Subject {
  hostId: string;
  serviceId: string | null;
}

/** When this service (or host) is under maintenance. Stretches may overlap. */
export function maintenanceOf(all: readonly Maintenance[], subject: Subject): TimeSpan[] {
  return all
    .filter(({ scope }) => covers(scope, subject))
    .map(spanOf)
    .filter(({ fromMs, toMs }) => fromMs < toMs);
}

/** Is this service (or host) under maintenance at this moment? Its start is in it, its end is not. */
export function isInMaintenance(all: readonly Maintenance[], subject: Subject, atMs: number): boolean {
  return maintainedUntilMs(all, subject, atMs) !== null;
}

/** The end of the maintenance that it is in at this moment, with what joins it without a gap; null where it is in none. */
export function maintainedUntilMs(all: readonly Maintenance[], subject: Subject, atMs: number): number | null {
  let untilMs: number | null = null;
  for (const { fromMs, toMs } of maintenanceOf(all, subject).sort((a, b) => a.fromMs - b.fromMs)) {
    if (fromMs <= (untilMs ?? atMs) && toMs > (untilMs ?? atMs)) untilMs = toMs;
  }
  return untilMs;
}

/** When the last maintenance of it was over that is over by now; null where none was. */
export function maintainedLastMs(all: readonly Maintenance[], subject: Subject, nowMs: number): number | null {
  const ends = maintenanceOf(all, subject).flatMap(({ toMs }) => (toMs <= nowMs ? toMs : []));
  return ends.length === 0 ? null : Math.max(...ends);
}

/** When it holds: none where it was called off before it began. */
export function spanOf({ startsMs, endsMs, cancelledMs }: Maintenance): TimeSpan {
  return { fromMs: startsMs, toMs: Math.min(endsMs, cancelledMs ?? endsMs) };
}

/** Does it stand before, in, or after its time? Called off before it began is `off`, and counts for nothing. */
export function standingOf(of: Maintenance, nowMs: number): "upcoming" | "running" | "over" | "off" {
  const { fromMs, toMs } = spanOf(of);
  if (toMs <= fromMs) return "off";
  if (nowMs < fromMs) return "upcoming";
  return nowMs < toMs ? "running" : "over";
}

export function covers(scope: MaintenanceScope, { hostId, serviceId }: Subject): boolean {
  if (scope.kind === "all" || scope.hostIds.includes(hostId)) return true;
  return serviceId !== null && scope.serviceIds.includes(serviceId);
}
