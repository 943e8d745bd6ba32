import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { placement } from "../db/schema.ts";
import type { Env } from "../env.ts";
import { cellOf, type Placement, placeOf, readCells } from "./core/placement.ts";

/** So long it is believed where an organization is, milliseconds; where that is wrong by then, the Fleet says so. */
const BELIEVED_MS = 60_000;
/** Organizations of which it is remembered. */
const REMEMBERED = 10_000;

/** What D1 holds of where an organization is; null where nothing is written. */
export async function readPlacement(d1: D1Database, organizationId: string): Promise<Placement | null> {
  const [row] = await drizzle(d1).select().from(placement).where(eq(placement.organizationId, organizationId));
  return row ?? null;
}

/** Writes down where a new organization is, once and for all: `FLEET_CELLS` counts at this moment, and never again. */
export async function placeNewOrganization(env: Env, organizationId: string): Promise<void> {
  const cells = readCells(env.FLEET_CELLS);
  if (cells === null) return;
  const place = cellOf(organizationId, cells);
  await drizzle(env.DB).insert(placement).values({ organizationId, place }).onConflictDoNothing();
}

/** Where each organization is, as this isolate of the Worker knows it. */
export class Placements {
  readonly #known = new Map<string, { place: string; readMs: number }>();

  /** The name of the organization's Fleet: D1 is asked once a minute, where nothing else is said. */
  async find(env: Env, organizationId: string, nowMs: number): Promise<string> {
    const known = this.#known.get(organizationId);
    if (known !== undefined && nowMs - known.readMs < BELIEVED_MS) return known.place;
    try {
      const place = placeOf(organizationId, await readPlacement(env.DB, organizationId));
      this.#remember(organizationId, place, nowMs);
      return place;
    } catch (error) {
      console.warn("it could not be looked up which Fleet an organization is with", error);
      // A wrong guess does no harm: no Fleet takes over an organization without asking D1.
      return known?.place ?? guess(env, organizationId);
    }
  }

  forget(organizationId: string): void {
    this.#known.delete(organizationId);
  }

  #remember(organizationId: string, place: string, readMs: number): void {
    this.#known.delete(organizationId);
    this.#known.set(organizationId, { place, readMs });
    const [oldest] = this.#known.keys();
    if (this.#known.size > REMEMBERED && oldest !== undefined) this.#known.delete(oldest);
  }
}

function guess(env: Env, organizationId: string): string {
  const cells = readCells(env.FLEET_CELLS);
  return cells === null ? organizationId : cellOf(organizationId, cells);
}
