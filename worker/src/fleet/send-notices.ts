import { and, eq, isNull } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { channel } from "../db/schema.ts";
import type { NoticeMessage } from "../env.ts";
import { type HostEntries, noticeIdOf } from "./statements.ts";

/** Puts what somebody is to be told on the queue, one message for each channel of the organization. */
export async function sendNotices(
  db: DrizzleD1Database,
  queue: Queue<NoticeMessage>,
  byHost: readonly HostEntries[],
): Promise<void> {
  for (const { host, entries } of byHost) {
    const notices = entries.flatMap(({ records }) => records.filter((record) => record.kind === "notice"));
    if (notices.length === 0) continue;
    const { organizationId } = host;
    const channels = await db
      .select({ id: channel.id })
      .from(channel)
      .where(and(eq(channel.organizationId, organizationId), isNull(channel.disabledMs)));
    const messages = notices.flatMap(({ incidentId, phase }) =>
      channels.map(({ id }): MessageSendRequest<NoticeMessage> => ({
        body: { organizationId, noticeId: noticeIdOf(incidentId, phase), channelId: id },
      })),
    );
    if (messages.length > 0) await queue.sendBatch(messages);
  }
}
