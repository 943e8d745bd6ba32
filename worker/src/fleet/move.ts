import { and, eq, isNotNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { freshId } from "../auth/ids.ts";
import { audit, placement } from "../db/schema.ts";
import type { Env } from "../env.ts";
import { fleetAt } from "./fleet-for.ts";

/** Organizations that are moved in one run. */
const LIMIT = 50;

/** How a move stands. `waits`: why it is not done yet; the cron tries again each minute. */
export interface MoveStanding {
  place: string;
  nextPlace: string | null;
  waits: string | null;
}

/**
 * Writes down that an organization is to be moved to the Fleet of this name. From now on no Fleet takes it over; the one that has it goes
 * on until it has let it go.
 */
export async function wishMove(d1: D1Database, organizationId: string, nextPlace: string): Promise<void> {
  await drizzle(d1)
    .insert(placement)
    .values({ organizationId, place: organizationId, nextPlace })
    .onConflictDoUpdate({ target: placement.organizationId, set: { nextPlace } });
}

/**
 * Carries out what is written down for an organization. It may end at any step, be run again, or run twice at once: the old Fleet lets go
 * before the new one is named, and each takes over only what D1 names it for.
 */
export async function carryOutMove(env: Env, organizationId: string): Promise<MoveStanding> {
  const db = drizzle(env.DB);
  const mine = eq(placement.organizationId, organizationId);
  const [row] = await db.select().from(placement).where(mine);
  if (row === undefined) return { place: organizationId, nextPlace: null, waits: null };
  const { place, nextPlace } = row;
  if (nextPlace === null) return { place, nextPlace, waits: null };
  if (nextPlace !== place) {
    const left = await fleetAt(env, place).letGo(organizationId);
    if (!left.gone) return { place, nextPlace, waits: left.waits };
  }
  await db.batch([
    db
      .update(placement)
      .set({ place: nextPlace, nextPlace: null })
      .where(and(mine, eq(placement.place, place), eq(placement.nextPlace, nextPlace))),
    db.insert(audit).values({
      ...{ id: freshId(), organizationId, atMs: Date.now(), action: "organization.moved", target: organizationId },
      ...{ actorKind: "operator", actorId: "operator", actorName: "operator", detail: { from: place, to: nextPlace } },
    }),
  ]);
  // Its hosts may never speak again: they are to be watched all the same. Should this fail, the hourly look does it.
  await fleetAt(env, nextPlace).wake(organizationId);
  return { place: nextPlace, nextPlace: null, waits: null };
}

/** Moves every organization that is to be moved, some in a run. Answers what it did, in words; null where there was nothing to do. */
export async function carryOutMoves(env: Env): Promise<string | null> {
  const rows = await drizzle(env.DB)
    .select({ id: placement.organizationId })
    .from(placement)
    .where(isNotNull(placement.nextPlace))
    .limit(LIMIT);
  const said: string[] = [];
  for (const { id } of rows) {
    try {
      const { place, waits } = await carryOutMove(env, id);
      said.push(waits === null ? `${id} is with ${place} now` : `${id} waits: ${waits}`);
    } catch (error) {
      console.error(`organization ${id} could not be moved, and is tried again in a minute`, error);
      said.push(`${id} failed`);
    }
  }
  return said.length === 0 ? null : said.join("; ");
}
