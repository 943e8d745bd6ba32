import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { channel, notice } from "../db/schema.ts";
import type { Env } from "../env.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";
import { alertsFor } from "./alerts-for.ts";

/** Has a message sent to a channel once more, under its own id. False where there is no such message, or no such channel that is on. */
export async function sendAgain(
  env: Env,
  organizationId: string,
  { noticeId, channelId }: { noticeId: string; channelId: string },
  actor: Actor,
): Promise<boolean> {
  const db = drizzle(env.DB);
  const [row] = await db
    .select({ lane: notice.incidentId })
    .from(notice)
    .innerJoin(channel, and(eq(channel.id, channelId), eq(channel.organizationId, organizationId)))
    .where(and(eq(notice.id, noticeId), eq(notice.organizationId, organizationId), isNull(channel.disabledMs)));
  if (row === undefined) return false;
  const done = { action: "notice.sent-again", target: noticeId, detail: { channel: channelId }, atMs: Date.now() };
  await auditLine(db, organizationId, actor, done);
  await alertsFor(env, organizationId).again(organizationId, { noticeId, channelId, lane: row.lane });
  return true;
}
