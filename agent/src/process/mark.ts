/**
 * What every process of a service carries in its environment and hands to its children: which state folder it belongs to,
 * which service it is of, and which start of that service made it. Written `state:service:spawn`.
 */
export const MARK = "AFLOAT_SPAWN";

/** The mark of one start of a service; of all its starts where `spawn` is left out. */
export function markOf(stateId: string, service: string, spawn?: number): string {
  return spawn === undefined ? `${stateId}:${service}` : `${stateId}:${service}:${spawn}`;
}

/** True where a mark is the wanted one, or one of the starts of the wanted service. */
export function isMarked(mark: string, wanted: string): boolean {
  return mark === wanted || mark.startsWith(`${wanted}:`);
}

/** Which start of its service made a process with this mark. */
export function spawnOf(mark: string): number {
  return Number(mark.slice(mark.lastIndexOf(":") + 1)) || 0;
}
