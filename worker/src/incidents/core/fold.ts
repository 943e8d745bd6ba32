import type { TimelineEntry } from "./timeline-types.ts";

/** What is shown of a timeline: an entry, or several alike under one line that opens. */
export type Shown = { kind: "one"; entry: TimelineEntry } | { kind: "folded"; words: string; entries: TimelineEntry[] };

/** Of so many alike in a row all are shown; of more, the first and the last. */
const ROW = 4;
const ENDS = 1;

/** Long rows of changes, and of attempts that nobody heard, are folded: none is left out, and the order stays. */
export function foldTimeline(entries: readonly TimelineEntry[]): Shown[] {
  return rowsOf(entries).flatMap((row): Shown[] => {
    if (row.length <= ROW) return row.map(one);
    const middle = row.slice(ENDS, -ENDS);
    const folded = { kind: "folded" as const, words: wordsOf(middle), entries: middle };
    return [...row.slice(0, ENDS).map(one), folded, ...row.slice(-ENDS).map(one)];
  });
}

const one = (entry: TimelineEntry): Shown => ({ kind: "one", entry });

/** Neighbours that may be folded into one another; all others stand alone. */
function rowsOf(entries: readonly TimelineEntry[]): TimelineEntry[][] {
  const rows: TimelineEntry[][] = [];
  for (const entry of entries) {
    const row = rows.at(-1);
    if (row !== undefined && mayFold(entry) && row[0]?.of === entry.of && mayFold(row[0])) row.push(entry);
    else rows.push([entry]);
  }
  return rows;
}

function mayFold({ of, tone }: TimelineEntry): boolean {
  return of === "flip" || (of === "delivery" && tone !== "up");
}

/** `14 more: ingest is down 7 times, ingest is starting 7 times` */
function wordsOf(entries: readonly TimelineEntry[]): string {
  const counts = new Map<string, number>();
  for (const { title } of entries) counts.set(title, (counts.get(title) ?? 0) + 1);
  const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
  const parts = most.map(([title, count]) => (count === 1 ? title : `${title}, ${count} times`));
  const others = counts.size > most.length ? "; and others" : "";
  return `${entries.length} more: ${parts.join("; ")}${others}`;
}
