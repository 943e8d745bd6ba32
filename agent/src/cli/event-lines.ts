import { EVENT_KINDS, type ToldEvent } from "./core/told-event.ts";
import { fillTo, oneLine, widthOf } from "./core/text-width.ts";
import { markedAs } from "./marks.ts";
import { shortTime } from "./when.ts";
import { wrapped } from "./wrapped.ts";

/** The widest a service's name is shown, columns. */
const NAME_COLUMNS = 24;
/** A text gets no fewer columns than this, however wide what stands before it. */
const TEXT_COLUMNS = 24;
/** On a narrower terminal the kind is left out: the text says it, too. */
const KIND_FROM_COLUMNS = 100;
const KIND_COLUMNS = Math.max(...EVENT_KINDS.map((kind) => kind.length));

/** What is the same for all lines of one list of events. */
export interface EventSheet {
  /** The longest name, columns; 0 to leave names out. */
  nameColumns: number;
  /** Of the terminal; null where there is none: then nothing is wrapped. */
  columns: number | null;
  nowMs: number;
}

/** As wide as these names need. */
export const nameColumnsOf = (names: readonly string[]): number =>
  Math.min(NAME_COLUMNS, Math.max(...names.map(widthOf), "(agent)".length));

/** One event: its mark, when, whose, of which kind, and what; more lines hang under the text. */
export function eventLines({ atMs, service, kind, text, output, verdict }: ToldEvent, sheet: EventSheet): string[] {
  const { nameColumns, columns, nowMs } = sheet;
  const name = nameColumns === 0 ? [] : [fillTo(service ?? "(agent)", nameColumns)];
  const kinds = columns !== null && columns < KIND_FROM_COLUMNS ? [] : [kind.padEnd(KIND_COLUMNS)];
  const before = [shortTime(atMs, nowMs), ...name, ...kinds, ""].join("  ");
  const indent = widthOf(before) + 2;
  const width = columns === null ? Number.POSITIVE_INFINITY : Math.max(columns, indent + TEXT_COLUMNS);
  const [first = "", ...rest] = wrapped(oneLine(text), indent, width);
  const under = [
    ...rest,
    ...output.map((line) => fillTo(`| ${oneLine(line)}`, Math.min(width - indent, 120)).trimEnd()),
  ];
  return [markedAs(verdict, `${before}${first}`), ...under.map((line) => `${" ".repeat(indent)}${line}`)];
}
