import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { alertsFor } from "../alerts/alerts-for.ts";
import { channel, notice } from "../db/schema.ts";
import type { Env } from "../env.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";

/** Sends once more what was told, with the same id. False where there is no such message of this organization, or no such channel that is on. */
export async function repeatDelivery(
  env: Env,
  organizationId: string,
  { noticeId, channelId }: { noticeId: string; channelId: string },
  actor: Actor,
  nowMs: number,
): Promise<boolean> {
  const db = drizzle(env.DB);
  const [[told], [open]] = await db.batch([
    db
      .select({ lane: notice.incidentId })
      .from(notice)
      .where(and(eq(notice.id, noticeId), eq(notice.organizationId, organizationId))),
    db
      .select({ id: channel.id, name: channel.name })
      .from(channel)
      .where(and(eq(channel.id, channelId), eq(channel.organizationId, organizationId), isNull(channel.disabledMs))),
  ]);
  if (told === undefined || open === undefined) return false;
  await alertsFor(env, organizationId).repeat(organizationId, { noticeId, channelId, lane: told.lane });
  const detail = { channel: open.name };
  await auditLine(db, organizationId, actor, { action: "delivery.repeated", target: noticeId, detail, atMs: nowMs });
  return true;
}
