import { and, eq } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import type { Telling } from "../channels/telling.ts";
import { organization } from "../db/auth-schema.ts";
import { channel, delivery, host, incident, notice } from "../db/schema.ts";
import type { Env } from "../env.ts";
import { tellingOf as tellingOfBefore } from "../notices/telling-of.ts";
import { tellingOf } from "./telling.ts";

/** What is to be sent, and where. */
export interface Loaded {
  channel: typeof channel.$inferSelect;
  telling: Telling;
  /** An attempt was heard already. */
  wasHeard: boolean;
  /** Incidents of which is shown that somebody was told. */
  about: { id: string; hostId: string }[];
}

/** Null where there is nothing (any more) to send, or nobody to send it to. `againMs`: when a person asked for it once more. */
export async function loadNotice(
  env: Env,
  organizationId: string,
  { noticeId, channelId }: { noticeId: string; channelId: string },
  againMs: number | null,
): Promise<Loaded | null> {
  const db = drizzle(env.DB);
  // Not one batch: D1 answers a batch by column names, and the tables of this join share many.
  const [[row], [heard]] = await Promise.all([
    db
      .select({ notice, organization: { name: organization.name, slug: organization.slug }, channel })
      .from(notice)
      .innerJoin(organization, eq(organization.id, notice.organizationId))
      .innerJoin(channel, and(eq(channel.id, channelId), eq(channel.organizationId, organizationId)))
      .where(and(eq(notice.id, noticeId), eq(notice.organizationId, organizationId))),
    db
      .select({ id: delivery.id })
      .from(delivery)
      .where(and(eq(delivery.noticeId, noticeId), eq(delivery.channelId, channelId), eq(delivery.ok, true)))
      .limit(1),
  ]);
  if (row === undefined || row.channel.disabledMs !== null) return null;
  const found = { channel: row.channel, wasHeard: heard !== undefined };
  const { message } = row.notice;
  const sendId = `${noticeId}.${channelId}${againMs === null ? "" : `.${againMs}`}`;
  if (message === null) return ofBefore(env, db, row, found, sendId);
  const to = { organizationId, channelId, organization: row.organization, sendId };
  return { ...found, telling: await tellingOf(env, message, to), about: message.incidents };
}

/** One that a Worker of before put on the queue has no words of its own. */
async function ofBefore(
  env: Env,
  db: DrizzleD1Database,
  row: { notice: typeof notice.$inferSelect; organization: { name: string; slug: string } },
  found: Pick<Loaded, "channel" | "wasHeard">,
  sendId: string,
): Promise<Loaded | null> {
  const [of] = await db
    .select()
    .from(incident)
    .innerJoin(host, eq(host.id, incident.hostId))
    .where(and(eq(incident.id, row.notice.incidentId), eq(incident.organizationId, row.notice.organizationId)));
  if (of === undefined) return null;
  const noticed = { incident: of.incident, notice: row.notice, hostName: of.host.name, sendId };
  return { ...found, telling: tellingOfBefore(noticed, row.organization, env.PUBLIC_URL), about: [of.incident] };
}
