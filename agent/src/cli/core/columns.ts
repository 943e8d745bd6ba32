import { cutTo, fillTo, oneLine, widthOf } from "./text-width.ts";

/** One column of a table. To add one is to write one of these. */
export interface Column<Row> {
  head: string;
  /** 0 is always shown. Of the others the smaller number is shown first as the terminal gets wider. */
  priority: number;
  /** Never narrower than this, so that it stays in its place while its cells change, columns. */
  usual?: number;
  /** May be cut to so many columns where there is no room for more; without it nothing of it is cut. */
  least?: number;
  /** Numbers stand at its right edge. */
  right?: true;
  /** What stands in it; empty for nothing. A column without anything in it is left out. */
  textOf: (row: Row) => string;
}

/** Between two columns. */
const GAP = 2;

interface Cell {
  text: string;
  width: number;
}

interface Measured {
  right: boolean;
  cells: Cell[];
  width: number;
  natural: number;
}

/** A table's head and its rows, none of them wider than `width` columns. */
export function layOut<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  const chosen = chooseColumns(columns, rows, width);
  const gap = " ".repeat(GAP);
  const isTooWide = chosen.reduce((sum, each) => sum + each.width + GAP, -GAP) > width;
  return Array.from({ length: rows.length + 1 }, (_, i) => {
    const line = chosen.map(({ cells, width: each, right }) => filled(cells[i], each, right)).join(gap);
    return isTooWide ? cutTo(line.trimEnd(), width) : line.trimEnd();
  });
}

/**
 * Those for which there is room, in the order in which they are declared; what is left over goes to those that were cut. What cannot
 * have room is not looked at.
 */
function chooseColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Measured[] {
  const chosen = new Map<Column<Row>, Measured>();
  let left = width + GAP;
  for (const column of columns.toSorted((a, b) => a.priority - b.priority)) {
    const isAlways = column.priority === 0;
    if (!isAlways && column.head.length + GAP > left) continue;
    const measured = measure(column, rows);
    if (measured === null || (!isAlways && measured.width + GAP > left)) continue;
    chosen.set(column, measured);
    left -= measured.width + GAP;
  }
  for (const each of chosen.values()) {
    const more = Math.max(0, Math.min(each.natural - each.width, left));
    each.width += more;
    left -= more;
  }
  return columns.flatMap((column) => chosen.get(column) ?? []);
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): Measured | null {
  const { head, priority, usual = 0, least, right = false, textOf } = column;
  const texts = rows.map((row) => oneLine(textOf(row)));
  if (priority > 0 && rows.length > 0 && texts.every((text) => text === "")) return null;
  const cells = [head, ...texts].map((text) => (text === "" ? NOTHING : { text, width: widthOf(text) }));
  const natural = Math.max(usual, ...cells.map(({ width }) => width));
  return { right, cells, natural, width: Math.max(head.length, Math.min(natural, least ?? natural)) };
}

/** What stands where there is nothing to tell. */
const NOTHING: Cell = { text: "–", width: 1 };

function filled(cell = NOTHING, width: number, right: boolean): string {
  if (cell.width > width) return fillTo(cell.text, width, right);
  const spaces = " ".repeat(width - cell.width);
  return right ? spaces + cell.text : cell.text + spaces;
}
