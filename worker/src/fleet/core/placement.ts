import { partOf } from "../../tenancy/core/part-of.ts";

/** Which Fleet looks after which organization: one of its own, or a cell that several share. */

/** What is written down of an organization; nothing is of one that always had a Fleet of its own. */
export interface Placement {
  place: string;
  /** Where it is on its way to; `place` once it has left the old one, until the new one has taken it over. */
  nextPlace: string | null;
}

/** Cells there may be at most. */
const CELLS_LIMIT = 10_000;

/** The name of the Fleet that an organization is with; while it is moved, the one it leaves. */
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
