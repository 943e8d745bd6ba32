import { PUBLIC_STATUSES, type PublicStatus } from "@afloat/shared/domain";
import { sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import * as v from "valibot";

/** A change of a service or of a host's link (subject), as it was recorded. */
export interface RecordedChange {
  atMs: number;
  /** A verdict, or for a host its link word. */
  verdict: string;
  publicStatus: PublicStatus;
}

/** Whose changes, and since when. */
interface Asked {
  organizationId: string;
  subjectIds: readonly string[];
  fromMs: number;
}

/** Changes read for one page. */
const CHANGE_LIMIT = 5000;

const told = v.array(v.tuple([v.number(), v.string(), v.picklist(PUBLIC_STATUSES)]));

/**
 * The changes of each subject since `fromMs`, oldest first, and ahead of them the last one before `fromMs`: what held when
 * the window began. Each subject has an equal share of what is read for one page; what some leave of theirs goes to those
 * with more changes. Of one with more still, the oldest are left out: what held before those read is unknown.
 */
export async function readChanges(db: DrizzleD1Database, asked: Asked): Promise<Map<string, RecordedChange[]>> {
  const { subjectIds } = asked;
  if (subjectIds.length === 0) return new Map();
  const share = Math.max(1, Math.floor(CHANGE_LIMIT / subjectIds.length));
  const found = await latestChanges(db, asked, share);
  const full = subjectIds.filter((id) => found.get(id)?.length === share);
  const unused = CHANGE_LIMIT - [...found.values()].reduce((sum, { length }) => sum + length, 0);
  const more = Math.floor(unused / full.length);
  if (full.length === 0 || more < 1) return found;
  const further = await latestChanges(db, { ...asked, subjectIds: full }, share + more);
  return new Map([...found, ...further]);
}

/**
 * At most `limit` for each subject, the latest. All by the flips' primary key, newest first, and it stops at the limit: D1
 * reads no row that is not answered, but one for each subject to find where its window begins. One bound value names all subjects.
 */
async function latestChanges(db: DrizzleD1Database, asked: Asked, limit: number) {
  const { organizationId, subjectIds, fromMs } = asked;
  const rows = await db.all<{ subjectId: string; changes: string }>(sql`
    select subject.value as subjectId, (
      select json_group_array(json_array(at_ms, verdict, public_status)) from (
        select at_ms, verdict, public_status from flip
        where subject_id = subject.value and organization_id = ${organizationId} and at_ms >= coalesce((
          select at_ms from flip as earlier
          where earlier.subject_id = subject.value and earlier.at_ms < ${fromMs}
          order by earlier.at_ms desc limit 1
        ), ${fromMs})
        order by at_ms desc, journal_id desc, seq desc limit ${limit}
      )
    ) as changes
    from json_each(${JSON.stringify(subjectIds)}) as subject`);
  return new Map(rows.map(({ subjectId, changes }) => [subjectId, changesOf(changes)]));
}

/** Oldest first. */
function changesOf(json: string): RecordedChange[] {
  const newestFirst = v.parse(told, JSON.parse(json));
  return newestFirst.map(([atMs, verdict, publicStatus]) => ({ atMs, verdict, publicStatus })).toReversed();
}
