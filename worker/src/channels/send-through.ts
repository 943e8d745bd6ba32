import type { Env } from "../env.ts";
import { concealed } from "../outgoing/conceal.ts";
import { sendMail } from "../outgoing/mail/send-mail.ts";
import { type Answer, guardedPost } from "../outgoing/post.ts";
import { reachOf } from "../outgoing/reach.ts";
import type { AnyKind, Judgement, OpenSettings, Request } from "./channel-kind.ts";
import { type ChannelRow, openChannel } from "./channel-store.ts";
import { makeConsent } from "./consent.ts";
import type { Telling } from "./telling.ts";

/** The year 2100: whoever does not want alerts any more may say so by the oldest of them. */
const STOP_WORKS_UNTIL_MS = Date.UTC(2100, 0, 1);

/** How one attempt to tell a channel ended. */
export interface Outcome {
  judgement: Judgement;
  /** Of HTTP or SMTP; null where there was no answer. */
  status: number | null;
  /** The first bytes of the answer, or why there was none or it is no good: for the person who looks. */
  answer: string;
  tookMs: number;
}

/**
 * Tells one channel, once: what its kind makes of the message goes out by the one guarded way, and what came back is judged. Never throws:
 * whatever is wrong is an outcome. Recording it, and trying again, is the caller's.
 */
export async function sendThrough(env: Env, channel: ChannelRow, telling: Telling): Promise<Outcome> {
  const opened = await openChannel(env.AFLOAT_SECRET, channel);
  if (opened.kind === "fault") return refusal(opened.why);
  const { of, settings } = opened;
  if (settings.asks === null) return tell(env, of, settings, telling);
  const consent = { organizationId: channel.organizationId, channelId: channel.id, address: settings.asks };
  const token = await makeConsent(env.AFLOAT_SECRET, "stop", consent, STOP_WORKS_UNTIL_MS);
  return tell(env, of, settings, { ...telling, stopUrl: `${env.PUBLIC_URL}/alerts-by-mail/${token}` });
}

async function tell(env: Env, kind: AnyKind, settings: OpenSettings, telling: Telling): Promise<Outcome> {
  const request = settings.requestOf(telling, Date.now());
  const answer = await send(env, kind, request);
  const judgement = judged(kind, answer);
  return {
    judgement,
    status: answer.kind === "answered" ? answer.status : null,
    answer: wordsOf(answer, judgement),
    tookMs: answer.tookMs,
  };
}

async function send(env: Env, kind: AnyKind, request: Request): Promise<Answer> {
  if (request.via === "mail") return sendMail(env, request.mail);
  const answer = await guardedPost(request.post, reachOf(env));
  return kind.secrets.includes("url") ? concealed(answer, request.post.url) : answer;
}

function judged(kind: AnyKind, answer: Answer): Judgement {
  if (answer.kind === "answered") {
    const { status, location } = answer;
    if (answer.protocol === "smtp" || status < 300 || status >= 400) return kind.judge(answer);
    const where = location === null ? "elsewhere" : `to ${location}`;
    return {
      kind: "retry",
      afterMs: null,
      why: `answered ${status}, a redirect ${where}, which is not followed: write that address instead`,
    };
  }
  return answer.forbidden ? { kind: "refused", why: answer.why } : { kind: "retry", afterMs: null, why: answer.why };
}

function wordsOf(answer: Answer, judgement: Judgement): string {
  if (judgement.kind !== "heard") return judgement.why.slice(0, 700);
  return answer.kind === "answered" ? answer.head : "";
}

function refusal(why: string): Outcome {
  return { judgement: { kind: "refused", why }, status: null, answer: why, tookMs: 0 };
}
