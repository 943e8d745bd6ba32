import { maintainedUntilMs, type NamedMaintenance } from "../../maintenance/core/maintenance.ts";
import type { LoadedHost } from "../store.ts";
import type { FleetHost } from "./fleet-types.ts";
import { heldAgainUntilMs } from "./held-incident.ts";
import { HOLD_MS, MANY } from "./many-silent.ts";
import { type Held, hostsToldOf } from "./silence.ts";

/**
 * Hosts as a Fleet takes them over that knows nothing yet: its disk is new, or was lost. Deadlines count from now. Those that are silent
 * though people were never told were held when the disk was lost: they are held anew, and told then. `elsewhere`: hosts of which another Fleet
 * told, with others.
 */
export function decideTakenOver(
  watched: readonly LoadedHost[],
  announced: readonly NamedMaintenance[],
  elsewhere: readonly string[],
  nowMs: number,
): LoadedHost[] {
  const told = new Set([...elsewhere, ...hostsToldOf(watched.flatMap(({ incidents }) => incidents))]);
  const untold = watched.filter(({ host }) => host.link === "silent" && !told.has(host.id));
  const of = watched.filter(({ host }) => host.link === "online").length + untold.length;
  const isMany = untold.length >= MANY && 2 * untold.length > of;
  return watched.map((loaded) => {
    const host = { ...loaded.host, countFromMs: nowMs };
    const held = untold.includes(loaded) ? heldAnew(host, announced, isMany ? of : null, nowMs) : undefined;
    return heldAgain({ ...loaded, host: held === undefined ? host : { ...host, held } }, announced);
  });
}

/** Of its open incidents, those that began during maintenance and that nobody was told of are held as before. */
export function heldAgain(loaded: LoadedHost, announced: readonly NamedMaintenance[]): LoadedHost {
  const incidents = loaded.incidents.map((incident) => {
    const { id, openedMs } = incident.view;
    if (!loaded.untold.has(id)) return incident;
    // What other Fleets miss had time to come by now.
    if (incident.many?.parts !== undefined) return { ...incident, view: { ...incident.view, heldUntilMs: openedMs } };
    const heldUntilMs = heldAgainUntilMs(announced, incident.view, incident.subjectId);
    return heldUntilMs === null ? incident : { ...incident, view: { ...incident.view, heldUntilMs } };
  });
  return { ...loaded, incidents };
}

function heldAnew(host: FleetHost, announced: readonly NamedMaintenance[], manyOf: number | null, nowMs: number): Held {
  const untilMs = maintainedUntilMs(announced, { hostId: host.id, serviceId: null }, nowMs);
  if (untilMs !== null) return { why: "maintenance", untilMs: untilMs + host.offlineAfterMs };
  if (manyOf !== null) return { why: "many", atMs: nowMs, untilMs: nowMs + HOLD_MS, of: manyOf };
  return { why: "return", untilMs: nowMs + host.offlineAfterMs };
}
