import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { organization } from "../db/auth-schema.ts";
import { channel, delivery, host, incident, notice } from "../db/schema.ts";
import type { Env, NoticeMessage } from "../env.ts";
import { informFleet } from "../fleet/fleet-for.ts";
import { readIncidents } from "../fleet/fleet-view.ts";
import type { LiveMessage } from "../live.ts";
import { reachOf } from "../outgoing/reach.ts";
import { payloadOf } from "./payload.ts";
import { unseal } from "./seal.ts";
import { type Attempt, sendWebhook } from "./webhook.ts";

const RETRY_MIN_SECONDS = 5;
const RETRY_MAX_SECONDS = 3600;

/** The queue's consumer: tells the outside, keeps a record of every attempt, and tries again until it was heard. */
export async function deliverNotices(batch: MessageBatch<NoticeMessage>, env: Env): Promise<void> {
  await Promise.all(batch.messages.map((message) => deliverOne(message, env)));
}

async function deliverOne(message: Message<NoticeMessage>, env: Env): Promise<void> {
  try {
    const attempt = await deliver(env, message.body, message.attempts);
    if (attempt === null || attempt.ok) return message.ack();
  } catch (error) {
    console.warn(`a notice could not be delivered: ${message.body.noticeId}`, error);
  }
  message.retry({ delaySeconds: retrySeconds(message.attempts) });
}

/** Doubles with every attempt, from 5 s to an hour: with 20 attempts a receiver may be away for half a day. */
export function retrySeconds(attempt: number): number {
  return Math.min(RETRY_MAX_SECONDS, RETRY_MIN_SECONDS * 2 ** (attempt - 1));
}

/** One attempt, recorded; null where there is nothing (any more) to send. */
async function deliver(env: Env, message: NoticeMessage, attempt: number): Promise<Attempt | null> {
  const found = await load(env, message);
  if (found === null) return null;
  const secret = await unseal(env.AFLOAT_SECRET, found.channel.sealedSecret);
  const { name, slug } = found.organization;
  const made =
    secret === null
      ? {
          ok: false,
          status: null,
          answer: "its secret was sealed under another AFLOAT_SECRET: make the channel anew",
          tookMs: 0,
        }
      : await sendWebhook(
          { url: found.channel.url, secret },
          message.noticeId,
          payloadOf(
            { incident: found.incident, notice: found.notice, hostName: found.host.name },
            { name, slug },
            env.PUBLIC_URL,
          ),
          reachOf(env),
        );
  await drizzle(env.DB)
    .insert(delivery)
    .values({ id: crypto.randomUUID(), ...message, attempt, atMs: Date.now(), ...made });
  await showTold(env, message.organizationId, found.incident);
  return made;
}

async function load(env: Env, { organizationId, noticeId, channelId }: NoticeMessage) {
  const db = drizzle(env.DB);
  // Not one batch: D1 answers a batch by column names, and the tables of this join share many.
  const [[row], [heard]] = await Promise.all([
    db
      .select()
      .from(notice)
      .innerJoin(incident, eq(incident.id, notice.incidentId))
      .innerJoin(host, eq(host.id, incident.hostId))
      .innerJoin(organization, eq(organization.id, notice.organizationId))
      .innerJoin(channel, and(eq(channel.id, channelId), eq(channel.organizationId, organizationId)))
      .where(and(eq(notice.id, noticeId), eq(notice.organizationId, organizationId))),
    // The queue may hand out a message twice: what was heard once is not said again.
    db
      .select({ id: delivery.id })
      .from(delivery)
      .where(and(eq(delivery.noticeId, noticeId), eq(delivery.channelId, channelId), eq(delivery.ok, true)))
      .limit(1),
  ]);
  return row === undefined || heard !== undefined || row.channel.disabledMs !== null ? null : row;
}

/** Those who are looking see at once who was told. */
async function showTold(
  env: Env,
  organizationId: string,
  { id: of, hostId }: { id: string; hostId: string },
): Promise<void> {
  await informFleet(env, organizationId, hostId, async (fleet) => {
    if ((await fleet.watchers(organizationId)) === 0) return;
    const incidents = await readIncidents(env.DB, organizationId);
    const shown = incidents.find(({ id }) => id === of);
    const told: LiveMessage[] = shown === undefined ? [] : [{ type: "incident", incident: shown }];
    await fleet.show(organizationId, told);
  });
}
