import { Webhook } from "standardwebhooks";

/** How long a receiver may take, milliseconds. */
const TIMEOUT_MS = 10_000;
/** So much of an answer is kept for the person who looks why it failed. */
const ANSWER_LIMIT_BYTES = 500;

export interface Attempt {
  ok: boolean;
  /** Null where there was no answer. */
  status: number | null;
  answer: string;
  tookMs: number;
}

/** Sends one message as Standard Webhooks says (standardwebhooks.com). Redirects are not followed: a signature is for one receiver. */
export async function sendWebhook(to: { url: string; secret: string }, id: string, payload: object): Promise<Attempt> {
  const body = JSON.stringify(payload);
  const now = new Date();
  const startedMs = now.getTime();
  try {
    const answer = await fetch(to.url, {
      method: "POST",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        "content-type": "application/json",
        "user-agent": "Afloat",
        "webhook-id": id,
        "webhook-timestamp": String(Math.floor(startedMs / 1000)),
        "webhook-signature": new Webhook(to.secret).sign(id, now, body),
      },
      body,
    });
    const text = await headOf(answer);
    return { ok: answer.ok, status: answer.status, answer: text, tookMs: Date.now() - startedMs };
  } catch (error) {
    return { ok: false, status: null, answer: String(error).slice(0, 500), tookMs: Date.now() - startedMs };
  }
}

async function headOf(answer: Response): Promise<string> {
  if (answer.body === null) return "";
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (text.length < ANSWER_LIMIT_BYTES) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text.slice(0, ANSWER_LIMIT_BYTES);
}
