import type { TimeSpan } from "@afloat/shared/core/uptime";
import type { MaintenanceScope } from "../../db/schema.ts";

/** Maintenance as it was announced. */
export interface Maintenance {
  startsMs: number;
  endsMs: number;
  scope: MaintenanceScope;
  /** From then on it does not count any more; null where it holds. */
  cancelledMs: number | null;
}

/** What may be under maintenance: a service of a host, or with null the host itself. */
interface Subject {
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
  return maintenanceOf(all, subject).some(({ fromMs, toMs }) => fromMs <= atMs && atMs < toMs);
}

function covers(scope: MaintenanceScope, { hostId, serviceId }: Subject): boolean {
  if (scope.kind === "all" || scope.hostIds.includes(hostId)) return true;
  return serviceId !== null && scope.serviceIds.includes(serviceId);
}

function spanOf({ startsMs, endsMs, cancelledMs }: Maintenance): TimeSpan {
  return { fromMs: startsMs, toMs: Math.min(endsMs, cancelledMs ?? endsMs) };
}
