import { drizzle } from "drizzle-orm/d1";
import { withStatus } from "../deliveries/core/answer-words.ts";
import { delivery } from "../db/schema.ts";
import type { Env, NoticeMessage } from "../env.ts";
import { type Outcome as Attempt, sendThrough } from "../channels/send-through.ts";
import { alertsFor } from "./alerts-for.ts";
import type { Outcome } from "./core/lane.ts";
import type { Send } from "./lanes.ts";
import { loadNotice } from "./load-notice.ts";
import { showTold } from "./show-told.ts";

/** Alerts does not answer: the queue hands it out again after this, seconds. */
const AGAIN_SECONDS = 5;

/**
 * The queue's consumer: makes the attempts that Alerts asks for, keeps a record of each, and says what came of it. Whether and when there is another
 * one is not decided here.
 */
export async function deliverNotices(messages: readonly Message<NoticeMessage>[], env: Env): Promise<void> {
  await Promise.all(messages.map((message) => deliverOne(message, env)));
}

async function deliverOne(message: Message<NoticeMessage>, env: Env): Promise<void> {
  try {
    await carryOut(env, message.body);
    message.ack();
  } catch (error) {
    console.warn(`a notice could not be delivered: ${message.body.noticeId}`, error);
    message.retry({ delaySeconds: AGAIN_SECONDS });
  }
}

async function carryOut(env: Env, { organizationId, attempt, ...of }: NoticeMessage): Promise<void> {
  if (attempt === undefined) return alertsFor(env, organizationId).adopt(organizationId, of);
  const send: Send = { ...of, attempt };
  const claimed = await alertsFor(env, organizationId).claim(send);
  if (claimed === null) return;
  const outcome = await outcomeOf(env, organizationId, send, claimed);
  // Asked for anew: the object may have been restarted meanwhile.
  await alertsFor(env, organizationId).attempted(send, outcome);
}

/** Makes the attempt. Never rejects: what fails on our own side is no fault of the channel. */
async function outcomeOf(
  env: Env,
  organizationId: string,
  send: Send,
  { isAgain, putMs }: { isAgain: boolean; putMs: number },
): Promise<Outcome> {
  try {
    const found = await loadNotice(env, organizationId, send, isAgain ? putMs : null);
    if (found === null) return { kind: "gone" };
    // It may have been heard by an attempt that nobody lived to tell of.
    if (found.wasHeard && !isAgain) return { kind: "heard" };
    const made = await sendThrough(env, found.channel, found.telling);
    await keepRecord(env, organizationId, send, made);
    await showTold(env, organizationId, found.about);
    return laneOutcome(made);
  } catch (error) {
    console.error(`notice ${send.noticeId}: the attempt failed on our side`, error);
    return { kind: "failed" };
  }
}

function laneOutcome({ judgement, status, answer }: Attempt): Outcome {
  const said = withStatus(answer, status);
  switch (judgement.kind) {
    case "heard":
      return { kind: "heard" };
    case "retry":
      return { kind: "retry", afterMs: judgement.afterMs, answer: said };
    case "refused":
      return { kind: "refused", answer: said };
  }
}

/** An attempt that was made counts, also where its record cannot be written. */
async function keepRecord(env: Env, organizationId: string, send: Send, made: Attempt): Promise<void> {
  const { judgement, status, answer, tookMs } = made;
  const ended = { ok: judgement.kind === "heard", outcome: judgement.kind, status, answer, tookMs };
  const row = { id: crypto.randomUUID(), organizationId, ...send, atMs: Date.now(), ...ended };
  try {
    await drizzle(env.DB).insert(delivery).values(row);
  } catch (error) {
    console.error(`notice ${send.noticeId}: an attempt is not recorded`, error);
  }
}
