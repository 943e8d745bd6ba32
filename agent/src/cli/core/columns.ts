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

interface Measured {
  priority: number;
  right: boolean;
  texts: string[];
  width: number;
  natural: number;
}

/** A table's head and its rows, none of them wider than `width` columns. */
export function layOut<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string[] {
  const chosen = chooseColumns(columns, rows, width);
  const count = rows.length + 1;
  return Array.from({ length: count }, (_, i) => {
    const cells = chosen.map(({ texts, width: each, right }) => fillTo(texts[i] ?? "", each, right));
    return cutTo(cells.join(" ".repeat(GAP)).trimEnd(), width);
  });
}

/** Those for which there is room, in the order in which they are declared; what is left over goes to those that were cut. */
function chooseColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): Measured[] {
  const measured = columns.flatMap((column) => measure(column, rows) ?? []);
  const byPriority = measured.toSorted((a, b) => a.priority - b.priority);
  const chosen = new Set<Measured>();
  let left = width + GAP;
  for (const each of byPriority) {
    if (each.priority > 0 && each.width + GAP > left) continue;
    chosen.add(each);
    left -= each.width + GAP;
  }
  for (const each of byPriority.filter((one) => chosen.has(one))) {
    const more = Math.max(0, Math.min(each.natural - each.width, left));
    each.width += more;
    left -= more;
  }
  return measured.filter((each) => chosen.has(each));
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): Measured | null {
  const { head, priority, usual = 0, least, right = false, textOf } = column;
  const cells = rows.map((row) => oneLine(textOf(row)));
  if (priority > 0 && rows.length > 0 && cells.every((cell) => cell === "")) return null;
  const texts = [head, ...cells.map((cell) => (cell === "" ? "–" : cell))];
  const natural = Math.max(usual, ...texts.map(widthOf));
  return { priority, right, texts, natural, width: Math.max(head.length, Math.min(natural, least ?? natural)) };
}
