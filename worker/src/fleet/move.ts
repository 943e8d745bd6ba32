import { and, eq, isNotNull, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { freshId } from "../auth/ids.ts";
import { placement } from "../db/schema.ts";
import type { Env } from "../env.ts";
import { fleetOf, fleetsOf } from "./core/placement.ts";
import type { Fleet } from "./fleet.ts";
import { fleetAt } from "./fleet-for.ts";
import type { LetGo } from "./let-go.ts";

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
 * Writes down that an organization is to be moved to this place: a Fleet of its own, a cell, or several. From now on no Fleet takes it
 * over; those that have it go on until they have let it go. Asked for the place that it has, a move that is under way is called off.
 */
export async function wishMove(d1: D1Database, organizationId: string, nextPlace: string): Promise<void> {
  await drizzle(d1)
    .insert(placement)
    .values({ organizationId, place: organizationId, nextPlace })
    .onConflictDoUpdate({ target: placement.organizationId, set: { nextPlace, wish: sql`wish + 1` } });
}

/**
 * Carries out what is written down for an organization. It may end at any step, be run again, or run twice at once: all of the old Fleets
 * let go before the new ones are named, each takes over only what D1 names it for, and what was wished for anew meanwhile is not this
 * one's to do.
 */
export async function carryOutMove(env: Env, organizationId: string): Promise<MoveStanding> {
  const move = await readMove(env.DB, organizationId);
  if (!isUnderWay(move)) return { place: move?.place ?? organizationId, nextPlace: null, waits: null };
  const { place, nextPlace } = move;
  if (nextPlace !== place) {
    const waits = await letGoEverywhere(env, place, organizationId);
    if (waits !== null) return { place, nextPlace, waits };
    await copyAside(env, move);
    if (!(await handOn(env.DB, move))) return { place, nextPlace, waits: "another move was asked for meanwhile" };
    await eachAt(env, place, (fleet) => fleet.dropAside(organizationId));
  }
  // Its hosts may never speak again: they are to be watched all the same. Until that is done the move counts as under way.
  await eachAt(env, nextPlace, (fleet) => fleet.takeOver(organizationId));
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

/** Null once it is gone from each Fleet of its place; else why it is not. */
async function letGoEverywhere(env: Env, place: string, organizationId: string): Promise<string | null> {
  const left = await eachAt(env, place, async (fleet): Promise<LetGo> => fleet.letGo(organizationId));
  return left.flatMap((each) => (each.gone ? [] : each.waits))[0] ?? null;
}

/** What was set aside goes with the hosts that it is of. It stays at the old place until the new one is named; copied twice, it is there once. */
async function copyAside(env: Env, { organizationId, place, nextPlace }: Move): Promise<void> {
  for (const name of fleetsOf(place)) {
    for (let after = 0; ;) {
      const { rows, last } = await fleetAt(env, name).asideOf(organizationId, after);
      if (last === null) break;
      for (const [to, ours] of Map.groupBy(rows, ({ hostId }) => fleetOf(nextPlace, hostId))) {
        await fleetAt(env, to).keepAside(ours);
      }
      after = last;
    }
  }
}

/** Asks each Fleet of a place. All are asked, whatever one says; throws where any could not be. */
async function eachAt<T>(env: Env, place: string, ask: (fleet: DurableObjectStub<Fleet>) => Promise<T>): Promise<T[]> {
  const answers = await Promise.allSettled(fleetsOf(place).map((name) => ask(fleetAt(env, name))));
  return answers.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
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
