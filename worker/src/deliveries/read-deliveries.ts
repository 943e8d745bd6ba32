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

/** When it was first heard, by whichever attempt: it may be on another page. */
const HEARD_MS = sql<number | null>`(
  select min(heard.at_ms) from delivery as heard
  where heard.notice_id = ${delivery.noticeId} and heard.channel_id = ${delivery.channelId} and heard.ok = 1
)`;

/** An organization's attempts to tell somebody, the newest first: by an index and up to a limit. */
export async function readDeliveries(
  d1: D1Database,
  organizationId: string,
  { channelId, beforeMs }: { channelId: string | null; beforeMs: number | null },
): Promise<AttemptRow[]> {
  return drizzle(d1)
    .select({
      ...{ noticeId: delivery.noticeId, channelId: delivery.channelId, channel: channel.name },
      ...{ attempt: delivery.attempt, atMs: delivery.atMs, ok: delivery.ok, status: delivery.status },
      outcome: delivery.outcome,
      ...{ answer: delivery.answer, tookMs: delivery.tookMs, incidentId: notice.incidentId },
      heardMs: HEARD_MS,
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
}
