import type { Env } from "../env.ts";
import { sendMail } from "../outgoing/mail/send-mail.ts";

/** Sends the code with which a person signs in. Throws where the mail is not taken. */
export async function sendSignInCode(env: Env, email: string, code: string): Promise<void> {
  const answer = await sendMail(env, {
    id: crypto.randomUUID(),
    to: email,
    subject: `${code} is your Afloat sign-in code`,
    text: `${code}\n\nType it on the page where you asked for it, within five minutes. If you did not ask for it, leave it.\n`,
    html: null,
    headers: { "Auto-Submitted": "auto-generated" },
  });
  if (answer.kind === "unanswered") throw new Error(answer.why);
  if (answer.status >= 300) throw new Error(`the mail was not taken: ${answer.status} ${answer.head}`);
}
