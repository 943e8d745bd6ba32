import { Webhook } from "standardwebhooks";
import type { Reach } from "../outgoing/core/destination.ts";
import { guardedPost } from "../outgoing/post.ts";

export interface Attempt {
  ok: boolean;
  /** Null where there was no answer. */
  status: number | null;
  answer: string;
  tookMs: number;
  /** So long it wants to be left alone, milliseconds. */
  retryAfterMs: number | null;
}

/** Sends one message as Standard Webhooks says (standardwebhooks.com). */
export async function sendWebhook(
  to: { url: string; secret: string },
  id: string,
  payload: object,
  reach: Reach,
): Promise<Attempt> {
  const body = JSON.stringify(payload);
  const now = new Date();
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(to.secret).sign(id, now, body),
  };
  const answer = await guardedPost({ url: to.url, headers, body }, reach);
  const { tookMs } = answer;
  if (answer.kind === "unanswered") {
    return { ok: false, status: null, answer: answer.why, tookMs, retryAfterMs: null };
  }
  const { status, head, location, retryAfterMs } = answer;
  const words =
    location === null ? head : `a redirect to ${location}, which is not followed: write that address instead`;
  return { ok: status >= 200 && status < 300, status, answer: words, tookMs, retryAfterMs };
}
