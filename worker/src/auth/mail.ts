import type { Env } from "../env.ts";

/** True where people can be sent a sign-in code. */
export function canMail(env: Env): boolean {
  return env.EMAIL !== undefined && env.EMAIL_FROM !== undefined;
}

/** Sends the code with which a person signs in. Throws where the platform refuses the mail. */
export async function sendSignInCode(env: Env, email: string, code: string): Promise<void> {
  if (env.EMAIL === undefined || env.EMAIL_FROM === undefined) throw new Error("this Worker cannot send e-mail");
  await env.EMAIL.send({
    from: env.EMAIL_FROM,
    to: email,
    subject: `${code} is your Afloat sign-in code`,
    text: `${code}\n\nType it on the page where you asked for it, within five minutes. If you did not ask for it, leave it.\n`,
  });
}
