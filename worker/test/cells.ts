import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { placement } from "../src/db/schema.ts";
import { fleetAt } from "../src/fleet/fleet-for.ts";
import { carryOutMove, type MoveStanding, wishMove } from "../src/fleet/move.ts";
import { db } from "./ground.ts";

/** An organization that was founded into this cell. */
export async function placeIn(cell: string, organizationId: string): Promise<void> {
  await db().insert(placement).values({ organizationId, place: cell });
}

export async function move(organizationId: string, place: string): Promise<MoveStanding> {
  await wishMove(env.DB, organizationId, place);
  return carryOutMove(env, organizationId);
}

export const placed = async (organizationId: string) =>
  (await db().select().from(placement).where(eq(placement.organizationId, organizationId)))[0];

export const ring = (place: string) => runDurableObjectAlarm(fleetAt(env, place));
