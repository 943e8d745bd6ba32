import type { Post } from "../post.ts";
import type { Mail } from "./mail.ts";

type MailApi = { kind: "resend" | "postmark"; origin: string; key: string };

/** One mail as the service takes it. */
export function mailPost(api: MailApi, mail: Mail, from: string): Post {
  return api.kind === "resend" ? resendPost(api, mail, from) : postmarkPost(api, mail, from);
}

/** resend.com/docs/api-reference/emails/send-email; the same key, at most 256 characters, within 24 h is sent once (resend.com/docs/dashboard/emails/idempotency-keys). */
function resendPost({ origin, key }: MailApi, { id, to, subject, text, html, headers }: Mail, from: string): Post {
  const body = { from, to: [to], subject, text, ...(html === null ? {} : { html }), headers };
  return {
    url: `${origin}/emails`,
    headers: { authorization: `Bearer ${key}`, "idempotency-key": id.slice(0, 256) },
    body: JSON.stringify(body),
  };
}

/** postmarkapp.com/developer/api/email-api */
function postmarkPost({ origin, key }: MailApi, { to, subject, text, html, headers }: Mail, from: string): Post {
  const body = {
    ...{ From: from, To: to, Subject: subject, TextBody: text },
    ...(html === null ? {} : { HtmlBody: html }),
    Headers: Object.entries(headers).map(([Name, Value]) => ({ Name, Value })),
    MessageStream: "outbound",
  };
  return {
    url: `${origin}/email`,
    headers: { accept: "application/json", "x-postmark-server-token": key },
    body: JSON.stringify(body),
  };
}
