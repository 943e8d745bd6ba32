import type { LogPlace } from "./ledger.ts";
import { type Line, LineCutter } from "./lines.ts";
import { extentOf, LogReader } from "./log-reader.ts";
import { offsetSince, readTimes, timeOf } from "./times.ts";

export interface ServiceLine {
  service: string;
  /** When it was written, to within a second; null where nobody watched. */
  atMs: number | null;
  text: string;
}

export interface Choice {
  /** The last so many. */
  count: number;
  sinceMs: number | null;
  grep: RegExp | null;
}

/** How far back the last lines are looked for at first, bytes; four times as far each time that was not enough. */
const FIRST_BYTES = 64 * 1024;

/** The chosen lines of what is there now, oldest first, and the offset from which to follow on. */
export function selectLines(service: string, place: LogPlace, choice: Choice): { lines: ServiceLine[]; end: number } {
  const { from, end } = extentOf(place);
  const times = readTimes(place);
  const since = choice.sinceMs === null ? null : offsetSince(times, choice.sinceMs);
  const first = Math.max(from, since ?? from);
  const quick = choice.sinceMs === null && choice.grep === null && Number.isFinite(choice.count);
  for (let bytes = quick ? FIRST_BYTES : Number.POSITIVE_INFINITY; ; bytes *= 4) {
    const start = Math.max(first, end - bytes);
    const read = readLines(place, start, end, choice);
    // Where it began in the middle of a line, that one does not count.
    if (start > first && read.lines.length <= choice.count) continue;
    const lines = read.lines.slice(choice.count === 0 ? read.lines.length : -choice.count);
    return { lines: lines.map((line) => ({ service, atMs: timeOf(times, line.end), text: line.text })), end: read.end };
  }
}

function readLines(place: LogPlace, start: number, end: number, choice: Choice): { lines: Line[]; end: number } {
  const reader = new LogReader(place, start);
  const cutter = new LineCutter();
  const lines: Line[] = [];
  let reached = reader.at;
  const keep = (line: Line) => {
    if (choice.grep !== null && !choice.grep.test(line.text)) return;
    lines.push(line);
    // What would be cut away at the end need not be held until then.
    if (lines.length > 2 * choice.count + 1000) lines.splice(0, lines.length - choice.count - 1);
  };
  for (let chunk = reader.next(); chunk !== null; chunk = reader.next()) {
    cutter.take(chunk, reader.at).forEach(keep);
    reached = reader.at;
    if (reached >= end) break;
  }
  const rest = cutter.rest(reached);
  // A line without its end is shown now, and what follows of it when it comes.
  if (rest !== null) keep(rest);
  return { lines, end: reached };
}
