import { partOf } from "../../tenancy/core/part-of.ts";

/**
 * Which Fleet looks after which organization: one of its own, a cell that several share, or several among which its hosts are spread,
 * *shards*. A place says all of it: an organization's id, `cell-3`, or `ID/4` for the shards `ID/4/0` to `ID/4/3`.
 */

/** What is written down of an organization; nothing is of one that always had a Fleet of its own. */
export interface Placement {
  place: string;
  /** Where it is on its way to; `place` once it has left the old one, until the new one has taken it over. */
  nextPlace: string | null;
}

/** One Fleet among those of an organization, counted from 0; `of` is 1 where it has the whole. */
export interface Shard {
  at: number;
  of: number;
}

/** Cells there may be at most. */
const CELLS_LIMIT = 10_000;
/** Shards of one organization at most: so far ids are spread evenly (part-of.ts); 60,000 hosts. */
export const SHARDS_LIMIT = 30;

export const WHOLE: Shard = { at: 0, of: 1 };

/** The place of an organization; while it is moved, the one it leaves. */
export function placeOf(organizationId: string, placement: Placement | null): string {
  return placement?.place ?? organizationId;
}

/** May the Fleet that it is with take an organization over from D1? None may while another is still to let it go. */
export function mayBegin(placement: Placement | null): boolean {
  return placement === null || placement.nextPlace === null || placement.nextPlace === placement.place;
}

/** The cell of an organization that is founded with so many cells: by its id, so that each gets about as many as any other. */
export function cellOf(organizationId: string, cells: number): string {
  return cellName(partOf(organizationId, cells));
}

/** The place of an organization that is spread over so many Fleets; of one it is the organization's own. */
export function shardsPlace(organizationId: string, shards: number): string {
  return shards === 1 ? organizationId : `${organizationId}/${shards}`;
}

/** How many Fleets a place has. */
export function shardsOf(place: string): number {
  const shards = Number(/^[^/]+\/([1-9]\d?)$/.exec(place)?.[1] ?? 1);
  return shards <= SHARDS_LIMIT ? shards : 1;
}

/** The names of all Fleets of a place. */
export function fleetsOf(place: string): string[] {
  const shards = shardsOf(place);
  return shards === 1 ? [place] : Array.from({ length: shards }, (_, at) => `${place}/${at}`);
}

/** The name of the Fleet that a host of this place is with: by its id, so that nobody has to look it up. */
export function fleetOf(place: string, hostId: string): string {
  const shards = shardsOf(place);
  return shards === 1 ? place : `${place}/${partOf(hostId, shards)}`;
}

/** Is a host with this shard? */
export function isWith({ at, of }: Shard, hostId: string): boolean {
  return of === 1 || partOf(hostId, of) === at;
}

/** Cells are counted from 0. No organization has such an id: those are 24 letters and digits. */
export function cellName(number: number): string {
  return `cell-${number}`;
}

/** The operator's setting `FLEET_CELLS`: so many cells, or null for none. Throws where it is no such number. */
export function readCells(setting: string | null | undefined): number | null {
  if (setting === null || setting === undefined || setting === "") return null;
  const cells = Number(setting);
  if (Number.isInteger(cells) && cells >= 1 && cells <= CELLS_LIMIT) return cells;
  throw new Error(
    `FLEET_CELLS: expected a whole number from 1 to ${CELLS_LIMIT}, got \`${setting}\`: correct it, or take it out`,
  );
}
