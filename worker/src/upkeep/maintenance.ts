import { drizzle } from "drizzle-orm/d1";
import { and, isNull, lt } from "drizzle-orm";
import { maintenanceSeries } from "../db/maintenance-schema.ts";
import type { Env } from "../env.ts";
import { AHEAD_MS, timesOf } from "../maintenance/series-times.ts";
import { tellOfMaintenance } from "../maintenance/tell-of-maintenance.ts";

/** Series continued in one run, and organizations whose Fleet is told. */
const LIMIT = 200;
/** A series is continued when so little of what is ahead is missing, milliseconds: a week's times are written together. */
const BEHIND_MS = 7 * 86_400_000;

/**
 * Continues the times of maintenance that comes again, some weeks ahead, and tells Fleets what they could not be told when it was announced.
 * Answers what it did, in words; null where there was nothing to do.
 */
export async function continueMaintenance(env: Env, nowMs: number): Promise<string | null> {
  const short = lt(maintenanceSeries.writtenUntilMs, nowMs + AHEAD_MS - BEHIND_MS);
  const due = await drizzle(env.DB)
    .select()
    .from(maintenanceSeries)
    .where(and(isNull(maintenanceSeries.endedMs), short))
    .limit(LIMIT);
  const statements = due.flatMap((series) => timesOf(env.DB, series, Math.max(nowMs, series.writtenUntilMs), nowMs));
  if (statements.length > 0) await env.DB.batch(statements);
  const { results } = await env.DB.prepare(UNTOLD).bind(LIMIT).all<{ id: string }>();
  let failed = 0;
  for (const { id } of results) if (!(await tellOfMaintenance(env, id, nowMs))) failed++;
  if (due.length + results.length === 0) return null;
  return `continued ${due.length} series; told ${results.length - failed} Fleets, and ${failed} did not answer`;
}

const UNTOLD = "select distinct organization_id as id from maintenance where told_ms is null limit ?";
