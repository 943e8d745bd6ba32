import type { Env } from "../../env.ts";
import { type Answer, guardedPost } from "../post.ts";
import { reachOf } from "../reach.ts";
import type { Mail } from "./mail.ts";
import { mailPost } from "./mail-api.ts";
import { parseMailUrl } from "./mail-server.ts";
import { sendSmtp } from "./smtp.ts";

/** True where this server can send mail: by the platform's binding, or by what MAIL_URL names. */
export function canMail(env: Env): boolean {
  return (env.EMAIL !== undefined || isSet(env.MAIL_URL)) && isSet(env.EMAIL_FROM);
}

/** Sends one mail, by MAIL_URL where it is set and else by the platform's binding. Never throws. */
export async function sendMail(env: Env, mail: Mail): Promise<Answer> {
  const from = env.EMAIL_FROM;
  if (!canMail(env) || from === undefined) {
    return unanswered("this server cannot send mail: who runs it sets MAIL_URL (or the binding EMAIL) and EMAIL_FROM");
  }
  if (!isSet(env.MAIL_URL)) return sendByBinding(env.EMAIL, mail, from);
  const server = parseMailUrl(env.MAIL_URL);
  if ("fault" in server) return unanswered(server.fault);
  const reach = reachOf(env);
  if (server.kind === "smtp" && server.tls === "off" && !reach.allowPrivate) {
    return unanswered(
      "MAIL_URL says tls=off, which is for a relay in a network of your own: leave it out, or set ALLOW_PRIVATE",
    );
  }
  if (server.kind === "smtp") return sendSmtp(mail, from, server, reach);
  const answer = await guardedPost(mailPost(server, mail, from), reach);
  // Whatever is wrong with its address, the operator mends it: the recipient is not refused.
  return answer.kind === "unanswered" ? { ...answer, forbidden: false, why: `the mail service ${answer.why}` } : answer;
}

/** Codes of the platform that are about this recipient, and stay (developers.cloudflare.com/email-service, "Error codes"). */
const RECIPIENT_CODES = ["E_RECIPIENT_NOT_ALLOWED", "E_RECIPIENT_SUPPRESSED"];

async function sendByBinding(binding: SendEmail | undefined, mail: Mail, from: string): Promise<Answer> {
  const startedMs = Date.now();
  const { to, subject, text, html, headers } = mail;
  try {
    await binding?.send({ from, to, subject, text, ...(html === null ? {} : { html }), headers });
    const tookMs = Date.now() - startedMs;
    return { kind: "answered", protocol: "smtp", status: 250, head: "", retryAfterMs: null, location: null, tookMs };
  } catch (error) {
    const code = error instanceof Error ? String(Reflect.get(error, "code") ?? "") : "";
    const forbidden = RECIPIENT_CODES.includes(code);
    const why = `the platform refuses the mail: ${code} ${error instanceof Error ? error.message : String(error)}`;
    return { kind: "unanswered", forbidden, why: why.slice(0, 300), tookMs: Date.now() - startedMs };
  }
}

function unanswered(why: string): Answer {
  return { kind: "unanswered", forbidden: false, why, tookMs: 0 };
}

/** The embedded server binds what is not in its environment as nothing at all. */
function isSet(value: string | null | undefined): value is string {
  return value !== undefined && value !== null && value !== "";
}
