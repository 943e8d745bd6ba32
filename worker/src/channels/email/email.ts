import * as v from "valibot";
import { canMail } from "../../outgoing/mail/send-mail.ts";
import type { Answered } from "../../outgoing/post.ts";
import { answeredWords, channelKind, type Judgement, judgeByStatus, type Request } from "../channel-kind.ts";
import { mailOf } from "./alert-mail.ts";

const settings = v.object({
  to: v.pipe(
    v.string("expected an e-mail address"),
    v.trim(),
    v.email("expected an e-mail address like you@example.com"),
    v.maxLength(254, "expected an e-mail address of at most 254 characters"),
  ),
});
type Settings = v.InferOutput<typeof settings>;

/** E-mail to one address, once whoever reads it there agreed. How this server sends mail is its operator's setting. */
export const email = channelKind<Settings>({
  name: "email",
  label: "E-mail",
  about: "One address, which is asked first: nothing goes there until somebody follows the link in the first mail.",
  settings,
  secrets: [],
  fields: [{ name: "to", label: "Address", type: "email", required: true, placeholder: "oncall@example.com" }],
  lacks: (env) =>
    canMail(env)
      ? null
      : "This server cannot send mail yet: who runs it sets MAIL_URL (or the binding EMAIL) and EMAIL_FROM.",
  asks: ({ to }) => to,
  whereOf: ({ to }) => to,
  requestOf: (telling, { to }): Request => ({ via: "mail", mail: mailOf(telling, to) }),
  judge,
});

/**
 * SMTP says itself what is for good (5yz). Of mail APIs, 422 and 400 are about this mail (resend.com/docs/api-reference/errors,
 * postmarkapp.com/developer/api/overview#error-codes); a key that is not taken is the operator's to mend, and the mail waits for it.
 */
function judge(answer: Answered): Judgement {
  const { protocol, status, head } = answer;
  if (protocol === "smtp") {
    if (status < 500) return judgeByStatus(answer);
    return { kind: "refused", why: `the mail server ${answeredWords(status, head)}` };
  }
  if (status === 401 || status === 403) {
    return {
      kind: "retry",
      afterMs: null,
      why: `the mail service ${answeredWords(status, head)}: look at MAIL_URL and EMAIL_FROM`,
    };
  }
  // Resend has this mail already, in other words: the first attempt arrived, its answer did not.
  if (status === 409 && head.includes("invalid_idempotent_request")) return { kind: "heard" };
  if (status !== 400 && status !== 422) return judgeByStatus(answer);
  if (isAboutSender(head)) return judgeByStatus(answer);
  return { kind: "refused", why: `the mail service ${answeredWords(status, head)}` };
}

/**
 * Of a 400 or 422, what is not about this mail. Postmark: nobody may send by this sender yet, or by this account (400, 401, 405, 412, 413), or the sender
 * is no address (300). Resend: no key at all, or no sender.
 */
function isAboutSender(head: string): boolean {
  return /"ErrorCode":\s*(?:400|401|405|412|413)\b|API key|invalid_from_address|['"`]from['"`]/i.test(head);
}
