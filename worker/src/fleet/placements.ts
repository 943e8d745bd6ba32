import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { placement } from "../db/schema.ts";
import type { Env } from "../env.ts";
import { cellOf, type Placement, placeOf, readCells } from "./core/placement.ts";

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

/**
 * Where each organization is, as this isolate of the Worker believes. A wrong belief does no harm: a Fleet takes over nothing without
 * asking D1, and says so. A right one costs nothing: thousands of hosts that connect at once ask D1 for none of it.
 */
export class Placements {
  readonly #learnt = new Map<string, string>();

  /** The place that it most likely has. */
  guess(env: Env, organizationId: string): string {
    const learnt = this.#learnt.get(organizationId);
    if (learnt !== undefined) return learnt;
    const cells = cellsOf(env);
    return cells === null ? organizationId : cellOf(organizationId, cells);
  }

  /** Its place by D1, which is believed from now on. */
  async learn(env: Env, organizationId: string): Promise<string> {
    const place = placeOf(organizationId, await readPlacement(env.DB, organizationId));
    this.#learnt.delete(organizationId);
    this.#learnt.set(organizationId, place);
    const [oldest] = this.#learnt.keys();
    if (this.#learnt.size > REMEMBERED && oldest !== undefined) this.#learnt.delete(oldest);
    return place;
  }
}

function cellsOf(env: Env): number | null {
  try {
    return readCells(env.FLEET_CELLS);
  } catch {
    // It is said to whoever founds an organization; those that are there go on.
    return null;
  }
}
