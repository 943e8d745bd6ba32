import type { Mail } from "./mail.ts";

/** Of each line of base64, and of a header's encoded word (RFC 2045, 6.8; RFC 2047, 2). */
const BASE64_LINE = 76;
const WORD_BYTES = 42;

/** The address alone of `Afloat <alerts@example.com>`. */
export function addressOf(from: string): string {
  return (/<([^<>]+)>\s*$/.exec(from)?.[1] ?? from).trim();
}

/**
 * The whole message as SMTP sends it, with lines that end in CR LF. Bodies are base64, so no line is too long and none begins with a dot;
 * nothing that is told can begin a header.
 */
export function mimeOf(mail: Mail, from: string, nowMs: number): string {
  const domain = addressOf(from).split("@").at(-1) ?? "afloat";
  const id = mail.id.replaceAll(/[^\w.-]/g, "-");
  const boundary = `afloat-${id.slice(0, 50)}`;
  const named = {
    From: from,
    To: mail.to,
    Subject: encodedWord(mail.subject),
    Date: new Date(nowMs).toUTCString().replace("GMT", "+0000"),
    "Message-ID": `<${id}@${domain}>`,
    ...mail.headers,
    "MIME-Version": "1.0",
  };
  const head = Object.entries(named).map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]+/g, " ")}`);
  const parts = [partOf("text/plain", mail.text), ...(mail.html === null ? [] : [partOf("text/html", mail.html)])];
  const body = [...parts.flatMap((part) => [`--${boundary}`, ...part]), `--${boundary}--`, ""];
  return [...head, `Content-Type: multipart/alternative; boundary="${boundary}"`, "", ...body].join("\r\n");
}

function partOf(type: string, text: string): string[] {
  const data = base64Of(new TextEncoder().encode(text.replaceAll(/\r?\n/g, "\r\n")));
  const lines = data.match(new RegExp(`.{1,${BASE64_LINE}}`, "g")) ?? [];
  return [`Content-Type: ${type}; charset=utf-8`, "Content-Transfer-Encoding: base64", "", ...lines];
}

/** As it is where it is plain ASCII; else in encoded words, none of which breaks a character. */
function encodedWord(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words: string[] = [];
  let word = "";
  const bytesOf = (part: string) => new TextEncoder().encode(part);
  for (const character of text) {
    if (bytesOf(word + character).length > WORD_BYTES) {
      words.push(word);
      word = "";
    }
    word += character;
  }
  return [...words, word].map((each) => `=?utf-8?B?${base64Of(bytesOf(each))}?=`).join("\r\n ");
}

function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
