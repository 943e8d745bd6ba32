import type { ManySilent } from "../../db/schema.ts";
import type { IncidentTurn } from "./change.ts";
import type { FleetHost, OpenIncident } from "./fleet-types.ts";
import { APART_MS, GATHER_MS } from "./many-silent.ts";
import { type At, manyOpened, reworded, type Window } from "./silence.ts";

/**
 * Many silent hosts of an organization that is spread over several Fleets are one incident: each Fleet holds by its own hosts, and hands
 * those that are silent still to the first, which tells of all of them.
 */

/** What one Fleet hands over: said twice, it is the same. */
export interface SilentPart extends Window {
  /** Its number. */
  at: number;
  hosts: { id: string; name: string }[];
  /** So many of its hosts were online; 0 where that is known by now. */
  of: number;
}

/** What a Fleet hands over of these hosts; there is at least one. */
export function partFrom(at: number, hosts: readonly FleetHost[]): SilentPart {
  const sinces = hosts.map(({ linkSinceMs }) => linkSinceMs);
  return {
    at,
    hosts: hosts.map(({ id, name }) => ({ id, name })),
    of: Math.max(0, ...hosts.map(({ held }) => (held?.why === "many" ? held.of : 0))),
    ...{ fromMs: Math.min(...sinces), toMs: Math.max(...sinces) },
  };
}

/** Of the open incidents the one that these hosts went with. */
export function incidentOf(open: readonly OpenIncident[], part: Window): OpenIncident | null {
  const isNear = ({ many }: OpenIncident) =>
    many !== undefined && part.fromMs <= many.toMs + APART_MS && part.toMs >= many.fromMs - APART_MS;
  return open.find(isNear) ?? null;
}

/**
 * A part has come: the first opens the incident, and nobody is told of it before the others had time to come; each further one adds to
 * it. `host`: at which it is to stand.
 */
export function decideGathered(host: FleetHost, known: OpenIncident | null, part: SilentPart, at: At): IncidentTurn {
  if (known?.many !== undefined) return reworded(known, withPart(known.many, part), at.nowMs);
  const none: ManySilent = { hosts: [], fell: 0, of: 0, fromMs: part.fromMs, toMs: part.toMs };
  const turn = manyOpened(host, withPart(none, part), at);
  return { ...turn, view: { ...turn.view, heldUntilMs: at.nowMs + GATHER_MS } };
}

function withPart(many: ManySilent, part: SilentPart): ManySilent {
  const known = new Set(many.hosts.map(({ id }) => id));
  const fresh = part.hosts.filter(({ id }) => !known.has(id));
  const before = many.parts?.[part.at] ?? { fell: 0, of: 0 };
  const fell = before.fell + fresh.length;
  const after = { fell, of: Math.max(before.of, part.of, fell) };
  const parts = { ...many.parts, [part.at]: after };
  const sum = (which: "fell" | "of") => Object.values(parts).reduce((total, each) => total + each[which], 0);
  return {
    hosts: [...many.hosts, ...fresh],
    ...{ fell: sum("fell"), of: sum("of"), parts },
    ...{ fromMs: Math.min(many.fromMs, part.fromMs), toMs: Math.max(many.toMs, part.toMs) },
  };
}
