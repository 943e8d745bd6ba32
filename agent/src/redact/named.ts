import { isAuthorization, isCookie, isHarmless, isSecretFlag, isSecretName, isSecretParameter } from "./names.ts";
import { closingAt, quotedEnd } from "./quotes.ts";

export const REDACTED = "[redacted]";

/**
 * Hides what a name calls a secret: `password=…`, `"token": "…"`, `--api-key …`. The text is gone through once, name by name, so that the time it takes
 * grows with its length alone, whatever is in it.
 */
export function redactNamed(text: string): string {
  let shown = "";
  let from = 0;
  NAME.lastIndex = 0;
  for (let found = NAME.exec(text); found !== null; found = NAME.exec(text)) {
    const value = secretAfter(text, found.index, NAME.lastIndex);
    if (value === null) continue;
    shown += text.slice(from, value.start) + REDACTED;
    from = value.end;
    NAME.lastIndex = Math.max(value.end, NAME.lastIndex);
  }
  return shown + text.slice(from);
}

interface Span {
  start: number;
  end: number;
}

const NAME = /[\w-]+/g;
/** Between a name and its value; also after `config["password"]` and `user[password]`. */
const BETWEEN = /(\\*["'`])?(?:(?:\]|%5D)\s*(?==)|\s*)(=>|:=|=|:)\s*/iy;
const BLANKS = /[^\S\n]+/y;
/** Credentials that are one word after the word that says what they are. */
const SCHEME = /(?:bearer|basic|token|negotiate|ntlm|api-?key)\s+(?=\S)/iy;
const WORD = /\S+/y;
const IN_ADDRESS = /[^\s&#"'`<>\\]*/y;
const IN_JSON = /[^\s,}\]]+/y;
const REST_OF_LINE = /[^\n]+/y;
/** What goes on after a closed quote belongs to the same word of a shell. */
const GOES_ON = /[^\s,;)\]}&|<>]*/y;
/** `curl -u name:password`; a user and a group as numbers are none. */
const USER_FLAG = /^(?:-u|--user|--proxy-user)$/;
const USER_AND_PASSWORD = /(?!\d+:\d+(?!\S))[^\s:]*:\S+/y;

/** Where the value of the name from `start` to `end` is; null where it is no secret, or none is there. */
function secretAfter(text: string, start: number, end: number): Span | null {
  const name = text.slice(start, end);
  const between = matchAt(BETWEEN, text, end);
  if (between === null) return ofFlag(text, name, end);
  const [all, closed, sign = ""] = between;
  if (!(sign === "=" ? isSecretParameter(name) : isSecretName(name))) return null;
  const valueAt = end + all.length;
  const isQuotedName = closed !== undefined;
  const span = { start: valueAt, end: valueEnd(text, valueAt, { name, start, isQuotedName }) };
  if (span.end === span.start || isHarmless(name, text.slice(span.start, span.end))) return null;
  return span;
}

function ofFlag(text: string, name: string, end: number): Span | null {
  const isUser = USER_FLAG.test(name);
  if (!isUser && !isSecretFlag(name)) return null;
  const blanks = matchAt(BLANKS, text, end);
  if (blanks === null) return null;
  const start = end + blanks[0].length;
  if (text[start] === undefined || text[start] === "-" || (isUser && text.startsWith(REDACTED, start))) return null;
  if (isUser && text[start] !== '"' && text[start] !== "'") return spanOf(USER_AND_PASSWORD, text, start);
  if (isUser && matchAt(/["'][^\s:"']*:/y, text, start) === null) return null;
  return { start, end: wordEnd(text, start) };
}

interface Named {
  name: string;
  start: number;
  isQuotedName: boolean;
}

function valueEnd(text: string, at: number, { name, start, isQuotedName }: Named): number {
  if (isQuotedName) return closedEnd(text, at) ?? jsonEnd(text, at);
  const before = text[start - 1] ?? "";
  // 'name=two words' and "Header: two words": the quote before the name is closed after the value.
  const around = /["'`]/.test(before) ? closingAt(text, at, start - 1) : null;
  if (around !== null && around > at) return around;
  if (isCookie(name)) return endOf(REST_OF_LINE, text, at);
  if (before === "?" || before === "&") return endOf(IN_ADDRESS, text, closedEnd(text, at) ?? at);
  if (closedEnd(text, at) !== null) return wordEnd(text, at);
  const scheme = matchAt(SCHEME, text, at);
  if (scheme !== null) return endOf(WORD, text, at + scheme[0].length);
  return endOf(isAuthorization(name) ? REST_OF_LINE : WORD, text, at);
}

/** Of what is not quoted in JSON: a number, or a list. */
const jsonEnd = (text: string, at: number) => endOf(text[at] === "[" || text[at] === "{" ? WORD : IN_JSON, text, at);

/** The end of a word as a shell reads it: what is quoted, and what is joined to it. */
function wordEnd(text: string, at: number): number {
  const end = closedEnd(text, at);
  return end === null ? endOf(WORD, text, at) : endOf(GOES_ON, text, end);
}

/** The end of what is quoted, or hidden already. */
function closedEnd(text: string, at: number): number | null {
  if (text.startsWith(REDACTED, at)) return at + REDACTED.length;
  return isOpening(text, at) ? quotedEnd(text, at) : null;
}

const isOpening = (text: string, at: number) => matchAt(/\\*["'`]/y, text, at) !== null;

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function endOf(pattern: RegExp, text: string, at: number): number {
  return at + (matchAt(pattern, text, at)?.[0].length ?? 0);
}

function spanOf(pattern: RegExp, text: string, start: number): Span | null {
  const end = endOf(pattern, text, start);
  return end === start ? null : { start, end };
}
