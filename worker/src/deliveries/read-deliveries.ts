import { and, desc, eq, lt, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { channel, delivery, incident, notice } from "../db/schema.ts";
import type { AttemptRow } from "./core/tellings.ts";

/** Attempts that are read at once. */
export const ATTEMPTS = 200;

/**
 * When its message was decided: the end of some of an alert waits for the others. Its Fleet wrote the row when it happened, which is what counts where a
 * notice has no words of its own.
 */
export const TO_BE_TOLD_MS = sql<number>`coalesce(${notice.message} ->> 'atMs', ${notice.createdMs})`;

/** What was told of: an incident, or a channel that did not hear, of which only the message knows. */
export const TOLD_TITLE = sql<string>`coalesce(${incident.title}, ${notice.message} ->> 'title', '')`;

/** An organization's attempts to tell somebody, the newest first: by an index and up to a limit. */
export async function readDeliveries(
  d1: D1Database,
  organizationId: string,
  { channelId, beforeMs }: { channelId: string | null; beforeMs: number | null },
): Promise<AttemptRow[]> {
  const rows = await drizzle(d1)
    .select({
      ...{ noticeId: delivery.noticeId, channelId: delivery.channelId, channel: channel.name },
      ...{ attempt: delivery.attempt, atMs: delivery.atMs, ok: delivery.ok, status: delivery.status },
      outcome: delivery.outcome,
      ...{ answer: delivery.answer, tookMs: delivery.tookMs, incidentId: notice.incidentId },
      ...{ title: TOLD_TITLE, phase: notice.phase, createdMs: TO_BE_TOLD_MS },
    })
    .from(delivery)
    .innerJoin(notice, eq(notice.id, delivery.noticeId))
    .leftJoin(incident, eq(incident.id, notice.incidentId))
    .innerJoin(channel, eq(channel.id, delivery.channelId))
    .where(
      and(
        eq(delivery.organizationId, organizationId),
        beforeMs === null ? undefined : lt(delivery.atMs, beforeMs),
        channelId === null ? undefined : eq(delivery.channelId, channelId),
      ),
    )
    .orderBy(desc(delivery.atMs))
    .limit(ATTEMPTS);
  const heard = await readHeard(d1, [...new Set(rows.map(({ noticeId }) => noticeId))]);
  return rows.map((row) => ({ ...row, heardMs: heard.get(`${row.noticeId} ${row.channelId}`) ?? null }));
}

/** When each of these was first heard by each channel: the attempt may be on another page. The attempts of one are read once. */
async function readHeard(d1: D1Database, noticeIds: readonly string[]): Promise<Map<string, number>> {
  if (noticeIds.length === 0) return new Map();
  const { results } = await d1
    .prepare(
      `select notice_id as noticeId, channel_id as channelId, min(at_ms) as atMs from delivery
       where notice_id in (select value from json_each(?)) and ok = 1 group by notice_id, channel_id`,
    )
    .bind(JSON.stringify(noticeIds))
    .all<{ noticeId: string; channelId: string; atMs: number }>();
  return new Map(results.map(({ noticeId, channelId, atMs }) => [`${noticeId} ${channelId}`, atMs]));
}
