import type { Message } from "../alerts/core/alert-types.ts";

/** What a channel is handed: the words are made (alerts/core), the addresses are whole. The same for every kind. */
export interface Telling {
  message: Message;
  organization: { name: string; slug: string };
  /** What the person can do, most wanted first. */
  links: Link[];
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

/** At most `limit` characters, the cut shown. */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/** The last lines that fit into `limit` characters, each at most `lineLimit`; oldest first. */
export function lastThatFit(lines: readonly string[], limit: number, lineLimit = 300): string[] {
  const kept: string[] = [];
  let left = limit;
  for (const line of lines.toReversed()) {
    const short = cut(line, lineLimit);
    left -= short.length + 1;
    if (left < 0) break;
    kept.unshift(short);
  }
  return kept;
}
