import { faultOfHost, type Reach } from "../core/destination.ts";
import type { Answer } from "../post.ts";
import type { Mail } from "./mail.ts";
import type { MailServer } from "./mail-server.ts";
import { addressOf, mimeOf } from "./mime.ts";
import { type Reply, SmtpLine } from "./smtp-line.ts";

type SmtpServer = Extract<MailServer, { kind: "smtp" }>;

/** How long a server may take for the whole dialogue, milliseconds. */
const TIMEOUT_MS = 20_000;

/** What the operator has to mend: the recipient has no part in it. */
class ServerFault extends Error {}

/** Hands one mail to an SMTP server (RFC 5321, 3207, 4954). Its reply to the recipient or to the message is the answer. Never throws. */
export async function sendSmtp(mail: Mail, from: string, server: SmtpServer, reach: Reach): Promise<Answer> {
  const fault = faultOfHost(server.hostname, reach);
  if (fault !== null) return { kind: "unanswered", forbidden: false, why: `MAIL_URL: ${fault}`, tookMs: 0 };
  const startedMs = Date.now();
  const line = new SmtpLine(server);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void line.close();
  }, TIMEOUT_MS);
  try {
    const { code, text } = await dialogue(line, mail, from, server);
    const tookMs = Date.now() - startedMs;
    return {
      kind: "answered",
      protocol: "smtp",
      status: code,
      head: text.slice(0, 500),
      retryAfterMs: null,
      location: null,
      tookMs,
    };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const why = late ? `the mail server did not finish within ${TIMEOUT_MS / 1000} s` : said;
    return { kind: "unanswered", forbidden: false, why: why.slice(0, 300), tookMs: Date.now() - startedMs };
  } finally {
    clearTimeout(timer);
    await line.close();
  }
}

async function dialogue(line: SmtpLine, mail: Mail, from: string, server: SmtpServer): Promise<Reply> {
  agreed("greets with", await line.hear());
  let offers = agreed("answers EHLO with", await line.say("EHLO afloat"));
  if (server.tls === "starttls") {
    if (!/^STARTTLS\b/im.test(offers)) {
      throw new ServerFault(
        "the mail server offers no STARTTLS, and nothing is sent in clear: write smtps://, or ?tls=off for one in your own network",
      );
    }
    agreed("answers STARTTLS with", await line.say("STARTTLS"));
    line.encrypt();
    offers = agreed("answers EHLO with", await line.say("EHLO afloat"));
  }
  if (server.login !== null) await logIn(line, server.login, offers);
  agreed("does not take EMAIL_FROM:", await line.say(`MAIL FROM:<${addressOf(from)}>`));
  const taken = await line.say(`RCPT TO:<${mail.to}>`);
  if (taken.code >= 300) return taken;
  const ready = await line.say("DATA");
  if (ready.code !== 354) return ready;
  const answer = await line.say(`${mimeOf(mail, from, Date.now())}\r\n.`);
  // It has the mail: how it takes the farewell changes nothing.
  await line.say("QUIT").catch(() => undefined);
  return answer;
}

async function logIn(
  line: SmtpLine,
  { name, password }: { name: string; password: string },
  offers: string,
): Promise<void> {
  const ways = /^AUTH[ =](.*)$/im.exec(offers)?.[1]?.toUpperCase() ?? "";
  const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
  const refused = "does not take name and password of MAIL_URL:";
  if (/\bPLAIN\b/.test(ways)) {
    agreed(refused, await line.say(`AUTH PLAIN ${base64(`\0${name}\0${password}`)}`));
    return;
  }
  if (!/\bLOGIN\b/.test(ways))
    throw new ServerFault(`expected the mail server to offer AUTH PLAIN or LOGIN, got "${ways.slice(0, 100)}"`);
  await line.say("AUTH LOGIN");
  await line.say(base64(name));
  agreed(refused, await line.say(base64(password)));
}

/** What it said, where it agrees; else its operator, or ours, must look. */
function agreed(doing: string, { code, text }: Reply): string {
  if (code >= 200 && code < 300) return text;
  throw new ServerFault(`the mail server ${doing} ${code} ${text.slice(0, 200)}`);
}
