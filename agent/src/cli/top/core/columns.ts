import { durationWords } from "@afloat/shared/core/duration";
import { cpuWords, memoryWords } from "@afloat/shared/core/measure-words";
import type { MeasuredService } from "../../../control/protocol.ts";

export interface Column {
  head: string;
  width: number;
  /** Numbers stand at the right, so that their digits are under each other. */
  side: "left" | "right";
  cell: (service: MeasuredService, nowMs: number) => string;
}

/** A name longer than this is cut. */
const NAME = 24;
/** Between two columns. */
const GAP = 2;
/** The mark and the space behind it. */
const MARK = 2;

/** As many columns as there is room for, the most wanted first; the last one takes what is left. */
export function columnsFor(width: number, services: readonly MeasuredService[]): Column[] {
  const name = Math.max(7, ...services.map((service) => Math.min(NAME, service.name.length)));
  const wanted: (Column & { rank: number })[] = [
    { rank: 0, ...left("SERVICE", name, (service) => service.name) },
    { rank: 1, ...left("STATE", 12, ({ loop, verdict }) => (loop === null ? verdict : "restart loop")) },
    { rank: 2, ...right("CPU", 6, ({ measures }) => cpuWords(measures?.cpu ?? null)) },
    { rank: 3, ...right("MEMORY", 7, ({ measures }) => memoryWords(measures?.memoryBytes ?? null)) },
    { rank: 4, ...right("RESTARTS", 8, ({ restarts }) => String(restarts)) },
    { rank: 7, ...right("p50", 8, ({ endpoint }) => msWords(endpoint?.latency?.p50Ms)) },
    { rank: 5, ...right("p95", 8, ({ endpoint }) => msWords(endpoint?.latency?.p95Ms)) },
    { rank: 8, ...right("max", 8, ({ endpoint }) => msWords(endpoint?.latency?.maxMs)) },
    { rank: 9, ...right("PROCESSES", 9, ({ measures }) => countWords(measures?.processes)) },
    { rank: 10, ...right("THREADS", 7, ({ measures }) => countWords(measures?.threads)) },
    { rank: 11, ...right("FILES", 6, ({ measures }) => countWords(measures?.openFiles)) },
    { rank: 12, ...right("PID", 7, ({ pid }) => countWords(pid)) },
    { rank: 6, ...left("UP FOR", 11, upWords) },
    { rank: 13, ...left("WHY", 24, ({ reason }) => reason) },
  ];
  let room = width - MARK + GAP;
  const chosen = new Set<Column>();
  for (const column of wanted.toSorted((a, b) => a.rank - b.rank)) {
    const needed = column.width + GAP;
    // The most wanted is always there, however narrow the terminal is.
    if (needed > room && column.rank > 0) continue;
    room -= needed;
    chosen.add(column);
  }
  const columns = wanted.filter((column) => chosen.has(column));
  const last = columns.at(-1);
  const spare = width - MARK - columns.reduce((sum, column) => sum + column.width, (columns.length - 1) * GAP);
  return last?.head === "WHY" ? [...columns.slice(0, -1), { ...last, width: last.width + spare }] : columns;
}

/** A line of cells, as wide as their columns. */
export function rowText(columns: readonly Column[], cellOf: (column: Column) => string): string {
  return columns
    .map((column) => {
      const text = fitted(cellOf(column), column.width);
      return column.side === "left" ? text.padEnd(column.width) : text.padStart(column.width);
    })
    .join(" ".repeat(GAP))
    .trimEnd();
}

/** Cut to so many columns; that something is missing is shown. */
export function fitted(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

const msWords = (ms: number | undefined) => (ms === undefined ? "–" : `${ms} ms`);
const countWords = (count: number | null | undefined) => (count === undefined || count === null ? "–" : String(count));
const upWords = ({ upSinceMs }: MeasuredService, nowMs: number) =>
  upSinceMs === null ? "–" : durationWords(nowMs - upSinceMs);

type Cell = Column["cell"];
const left = (head: string, width: number, cell: Cell): Column => ({ head, width, side: "left", cell });
const right = (head: string, width: number, cell: Cell): Column => ({ head, width, side: "right", cell });
