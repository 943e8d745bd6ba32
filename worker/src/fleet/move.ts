import { and, eq, isNotNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { freshId } from "../auth/ids.ts";
import { placement } from "../db/schema.ts";
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

/** A row of `placement` on its way. */
type Move = typeof placement.$inferSelect & { nextPlace: string };

/**
 * Writes down that an organization is to be moved to the Fleet of this name. From now on no Fleet takes it over; the one that has it goes
 * on until it has let it go. Asked for the Fleet that it is with, a move that is under way is called off.
 */
export async function wishMove(d1: D1Database, organizationId: string, nextPlace: string): Promise<void> {
  await drizzle(d1)
    .insert(placement)
    .values({ organizationId, place: organizationId, nextPlace })
    .onConflictDoUpdate({ target: placement.organizationId, set: { nextPlace, wish: sql`wish + 1` } });
}

/**
 * Carries out what is written down for an organization. It may end at any step, be run again, or run twice at once: the old Fleet lets go
 * before the new one is named, each takes over only what D1 names it for, and what was wished for anew meanwhile is not this one's to do.
 */
export async function carryOutMove(env: Env, organizationId: string): Promise<MoveStanding> {
  const move = await readMove(env.DB, organizationId);
  if (!isUnderWay(move)) return { place: move?.place ?? organizationId, nextPlace: null, waits: null };
  const { place, nextPlace } = move;
  if (nextPlace !== place) {
    const left = await fleetAt(env, place).letGo(organizationId);
    if (!left.gone) return { place, nextPlace, waits: left.waits };
    if (!(await handOn(env.DB, move))) return { place, nextPlace, waits: "another move was asked for meanwhile" };
  }
  // Its hosts may never speak again: they are to be watched all the same. Until that is done the move counts as under way.
  await fleetAt(env, nextPlace).takeOver(organizationId);
  await drizzle(env.DB)
    .update(placement)
    .set({ nextPlace: null })
    .where(and(isOf({ ...move, place: nextPlace }), eq(placement.nextPlace, placement.place)));
  return { place: nextPlace, nextPlace: null, waits: null };
}

/** Moves every organization that is to be moved, some in a run. Answers what it did, in words; null where there was nothing to do. */
export async function carryOutMoves(env: Env): Promise<string | null> {
  const rows = await drizzle(env.DB)
    .select({ id: placement.organizationId })
    .from(placement)
    .where(isNotNull(placement.nextPlace))
    // Those that wait for long must not stand before the others for ever.
    .orderBy(sql`random()`)
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

async function readMove(d1: D1Database, organizationId: string) {
  const [row] = await drizzle(d1).select().from(placement).where(eq(placement.organizationId, organizationId));
  return row;
}

function isUnderWay(row: typeof placement.$inferSelect | undefined): row is Move {
  return row !== undefined && row.nextPlace !== null;
}

/** Names the new Fleet, with a line in the audit log, at once or not at all. False where this move is not what is wished for any more. */
async function handOn(d1: D1Database, move: Move): Promise<boolean> {
  const { organizationId, place, nextPlace, wish } = move;
  const by = [freshId(), Date.now(), JSON.stringify({ from: place, to: nextPlace })];
  const [, handed] = await d1.batch([
    d1.prepare(AUDIT_MOVE).bind(...by, organizationId, place, nextPlace, wish),
    d1.prepare(HAND_ON).bind(organizationId, place, nextPlace, wish),
  ]);
  // Whoever carries out the same move beside this one may have been quicker.
  return (handed?.meta.changes ?? 0) > 0 || (await readMove(d1, organizationId))?.wish === wish;
}

function isOf({ organizationId, place, wish }: Move) {
  return and(eq(placement.organizationId, organizationId), eq(placement.place, place), eq(placement.wish, wish));
}

const AUDIT_MOVE = `insert into audit (id, organization_id, at_ms, actor_kind, actor_id, actor_name, action, target, detail)
  select ?1, organization_id, ?2, 'operator', 'operator', 'operator', 'organization.moved', organization_id, ?3 from placement
  where organization_id = ?4 and place = ?5 and next_place = ?6 and wish = ?7`;

const HAND_ON = `update placement set place = next_place
  where organization_id = ?1 and place = ?2 and next_place = ?3 and wish = ?4`;
