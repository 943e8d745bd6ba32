import { maintainedUntilMs } from "../maintenance/core/maintenance.ts";
import { noChange } from "./core/change.ts";
import type { FleetHost, OpenIncident } from "./core/fleet-types.ts";
import { heldDueMs } from "./core/held-incident.ts";
import type { Nerve } from "./nerve.ts";

/** Maintenance that people announced, as far as hosts' silence and incidents of services go by it. */

/** The end of the maintenance that a host is in, plus its deadline: it counts from there. Null where it is in none. */
export function hostMaintainedUntilMs(nerve: Nerve, host: FleetHost, nowMs: number): number | null {
  const endsMs = nerve.store.announced.ofHost(host.organizationId, host.id, nowMs).untilMs;
  return endsMs === null ? null : endsMs + host.offlineAfterMs;
}

/** When its last maintenance was over: a deadline counts from there at least. */
export function hostMaintainedLastMs(nerve: Nerve, host: FleetHost, nowMs: number): number {
  return nerve.store.announced.ofHost(host.organizationId, host.id, nowMs).lastMs ?? 0;
}

/**
 * What people announced, moved or called off holds from now on, also for what is held already. Answers whether that was anything new; whoever
 * looks is shown.
 */
export async function takeMaintenance(nerve: Nerve, organizationId: string): Promise<boolean> {
  if (!(await nerve.tenants.learnMaintenance(organizationId))) return false;
  const nowMs = Date.now();
  for (const host of [...nerve.store.hosts.values()]) {
    if (host.organizationId === organizationId) holdAnew(nerve, host, nowMs);
  }
  for (const incident of heldIncidents(nerve)) {
    const host = nerve.store.hosts.get(incident.view.hostId);
    if (host?.organizationId === organizationId) holdIncident(nerve, host, incident, nowMs);
  }
  nerve.sockets.show(organizationId, [
    { type: "maintenance", maintenance: [...nerve.store.announced.of(organizationId)] },
  ]);
  return true;
}

/** Incidents that began during maintenance which is over by now: people are told of those that are open still. */
export function sweepHeldIncidents(nerve: Nerve, nowMs: number): void {
  for (const incident of heldIncidents(nerve)) {
    const host = nerve.store.hosts.get(incident.view.hostId);
    if (host === undefined || (heldDueMs(incident) ?? nowMs) > nowMs) continue;
    if (holdIncident(nerve, host, incident, nowMs)) continue;
    const { heldUntilMs: _heldUntilMs, ...view } = incident.view;
    const told = { ...incident, kind: "told" as const, view, atMs: nowMs, tell: true };
    nerve.commit(host.id, { ...noChange(), incidents: [told] }, null, nowMs);
  }
}

/** When these fall due. */
export function heldIncidentsDueMs(nerve: Nerve): number[] {
  return heldIncidents(nerve).flatMap((incident) => heldDueMs(incident) ?? []);
}

function heldIncidents(nerve: Nerve): OpenIncident[] {
  // One of many hosts waits for what other Fleets miss, and not for maintenance.
  return [...nerve.store.incidents.values()].filter(
    (incident) => incident.many === undefined && heldDueMs(incident) !== null,
  );
}

/** Its silence is held by maintenance: until when, as things are announced now? */
function holdAnew(nerve: Nerve, host: FleetHost, nowMs: number): void {
  if (host.link !== "silent" || host.held?.why !== "maintenance") return;
  const endedMs = hostMaintainedLastMs(nerve, host, nowMs);
  const from = endedMs === 0 ? nowMs : endedMs;
  const untilMs = hostMaintainedUntilMs(nerve, host, nowMs) ?? from + host.offlineAfterMs;
  if (untilMs === host.held.untilMs) return;
  nerve.commit(host.id, { ...noChange(), patch: { held: { why: "maintenance", untilMs } } }, null, nowMs);
}

/** Answers whether it is in maintenance still, and is held until that is over. */
function holdIncident(nerve: Nerve, host: FleetHost, incident: OpenIncident, nowMs: number): boolean {
  const subject = { hostId: host.id, serviceId: incident.subjectId };
  const endsMs = maintainedUntilMs(nerve.store.announced.of(host.organizationId), subject, nowMs);
  const heldUntilMs = endsMs ?? nowMs;
  if (heldUntilMs !== incident.view.heldUntilMs) {
    const held = { ...incident, view: { ...incident.view, heldUntilMs } };
    nerve.store.putIncident(held);
    nerve.sockets.show(host.organizationId, [{ type: "incident", incident: held.view }]);
  }
  return endsMs !== null;
}
