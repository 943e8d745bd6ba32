import type { Answer } from "./post.ts";

/** A part of an address that is shorter says nothing. */
const TELLING = 8;

/**
 * What came back, without what is secret of the address that was asked: a server may say it again, or lead on to another by the same path. Of where it
 * leads only the server is left.
 */
export function concealed(answer: Answer, url: string): Answer {
  if (answer.kind === "unanswered") return { ...answer, why: without(answer.why, url) };
  const { location } = answer;
  return { ...answer, head: without(answer.head, url), location: location === null ? null : serverOf(location, url) };
}

/** `https://example.com/…` */
function serverOf(location: string, url: string): string {
  return URL.canParse(location, url) ? `${new URL(location, url).origin}/…` : "…";
}

function without(text: string, url: string): string {
  if (!URL.canParse(url)) return text;
  const { href, pathname, search, searchParams } = new URL(url);
  const parts = [...pathname.split("/"), ...searchParams.values()].filter((part) => part.length >= TELLING);
  const all = [url, href, `${pathname}${search}`, pathname, ...parts].filter((part) => part.length > 1);
  // The longest first: a part may stand within another, of which the rest would be left.
  const longestFirst = all.sort((a, b) => b.length - a.length);
  return longestFirst.reduce((left, part) => left.replaceAll(part, "…"), text);
}
