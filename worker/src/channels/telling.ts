import type { Message } from "../alerts/core/alert-types.ts";

/** What a channel is handed: the words are made (alerts/core), the addresses are whole. The same for every kind. */
export interface Telling {
  message: Message;
  /** Of what is sent to one channel: the same for every attempt, another where a person asks for it once more. */
  sendId: string;
  organization: { name: string; slug: string };
  /** What the person can do, most wanted first. */
  links: Link[];
  /** A person asked for it, to see whether the channel works. */
  isTest: boolean;
  /** Where whoever is told says that it is to stop; of channels that ask first. */
  stopUrl?: string;
}

export interface Link {
  kind: "acknowledge" | "open" | "restart" | "runbook";
  label: string;
  url: string;
}

/** The address of a link of this kind, or null. */
export function urlOf({ links }: Telling, kind: Link["kind"]): string | null {
  return links.find((link) => link.kind === kind)?.url ?? null;
}

/** What a terminal or a reader would act on instead of showing it: control characters, and turns of the writing direction. */
// oxlint-disable-next-line no-control-regex -- these are what is meant.
const UNSHOWN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** At most `limit` characters that can be shown, the cut shown; no character is cut in two, and half a one is replaced. */
export function cut(text: string, limit: number): string {
  const shown = text
    .slice(0, limit * 2)
    .replaceAll(UNSHOWN, "")
    .toWellFormed();
  return shown.length <= limit ? shown : `${shown.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** The last lines that fit into `limit` characters, each at most `lineLimit` before it is written `as` its reader wants it; oldest first. */
export function lastThatFit(
  lines: readonly string[],
  limit: number,
  lineLimit = 300,
  as = (line: string): string => line,
): string[] {
  const kept: string[] = [];
  let left = limit;
  for (const line of lines.toReversed()) {
    const short = as(cut(line, lineLimit));
    left -= short.length + 1;
    if (left < 0) break;
    kept.unshift(short);
  }
  return kept;
}
