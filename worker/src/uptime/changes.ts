import { PUBLIC_STATUSES } from "@afloat/shared/domain";
import { sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import * as v from "valibot";
import type { RecordedChange } from "./core/history.ts";

/** A service or host whose changes are asked for, and of what time. */
export interface ChangesOf {
  id: string;
  organizationId: string;
  fromMs: number;
  /** Exclusive. */
  toMs: number;
}

const told = v.array(v.tuple([v.number(), v.string(), v.picklist(PUBLIC_STATUSES)]));

/**
 * The changes of each subject from `fromMs` to `toMs`, oldest first, and ahead of them the last one before `fromMs`: what held
 * when the window began. Each subject has an equal share of `limit`, the changes read in all; what some leave of theirs goes to
 * those with more changes. Of one with more still, the oldest are left out: what held before those read is unknown.
 */
export async function readChanges(
  db: DrizzleD1Database,
  subjects: readonly ChangesOf[],
  limit: number,
): Promise<Map<string, RecordedChange[]>> {
  if (subjects.length === 0) return new Map();
  const share = Math.max(1, Math.floor(limit / subjects.length));
  const found = await latestChanges(db, subjects, share);
  const full = subjects.filter(({ id }) => (found.get(id)?.length ?? 0) >= share);
  const unused = limit - [...found.values()].reduce((sum, { length }) => sum + length, 0);
  const more = Math.floor(unused / full.length);
  if (full.length === 0 || more < 1) return found;
  const further = await latestChanges(db, full, share + more);
  return new Map([...found, ...further]);
}

/** Which of these ever changed, at whatever time. */
export async function readChanged(db: DrizzleD1Database, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await db.all<{ id: string }>(sql`
    select subject.value as id from json_each(${JSON.stringify(ids)}) as subject
    where exists (select 1 from flip where subject_id = subject.value)`);
  return new Set(rows.map(({ id }) => id));
}

/**
 * At most `limit` for each subject, the latest. All by the flips' primary key, newest first, and it stops at the limit: D1
 * reads no row that is not answered. One bound value names all subjects.
 */
async function latestChanges(db: DrizzleD1Database, subjects: readonly ChangesOf[], limit: number) {
  const rows = await db.all<{ subjectId: string; changes: string; earlier: string | null }>(sql`
    select subject.value ->> 'id' as subjectId, (
      select json_group_array(json_array(at_ms, verdict, public_status)) from (
        select at_ms, verdict, public_status from flip
        where subject_id = subject.value ->> 'id' and organization_id = subject.value ->> 'organizationId'
          and at_ms < subject.value ->> 'toMs' and at_ms >= subject.value ->> 'fromMs'
        order by at_ms desc, journal_id desc, seq desc limit ${limit}
      )
    ) as changes, (
      select json_array(at_ms, verdict, public_status) from flip
      where subject_id = subject.value ->> 'id' and organization_id = subject.value ->> 'organizationId'
        and at_ms < subject.value ->> 'fromMs'
      order by at_ms desc, journal_id desc, seq desc limit 1
    ) as earlier
    from json_each(${JSON.stringify(subjects)}) as subject`);
  return new Map(
    rows.map(({ subjectId, changes, earlier }) => {
      const later = changesOf(changes);
      // Between the earlier one and the first of those read there may be others, where there are as many as may be.
      const isWhole = later.length < limit;
      return [subjectId, isWhole && earlier !== null ? [...changesOf(`[${earlier}]`), ...later] : later];
    }),
  );
}

/** Oldest first. */
function changesOf(json: string): RecordedChange[] {
  const newestFirst = v.parse(told, JSON.parse(json));
  return newestFirst.map(([atMs, verdict, publicStatus]) => ({ atMs, verdict, publicStatus })).toReversed();
}
