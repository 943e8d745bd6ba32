/** What a screen shows, in parts. */
export interface Sheet {
  head: string;
  /** A row's line; those that are well go first where there is no room for all. */
  rows: { line: string; isWell: boolean }[];
  trouble: string[];
  foot: string;
}

/** A sheet as lines, all of them. */
export function wholeSheet({ head, rows, trouble, foot }: Sheet): string[] {
  return [head, ...rows.map(({ line }) => line), ...(trouble.length > 0 ? ["", ...trouble] : []), "", foot];
}

/**
 * The same on a screen of so many lines, of which head and foot are always there. Trouble has half of it at most where the rows
 * need the other half; what is cut ends with how many more there are.
 */
export function fitSheet(sheet: Sheet, height: number): string[] {
  const whole = wholeSheet(sheet);
  if (whole.length <= height) return whole;
  const { head, rows, trouble, foot } = sheet;
  // Head, an empty line before the foot, the foot, and an empty line before the trouble.
  const room = Math.max(1, height - 3 - (trouble.length > 0 ? 1 : 0));
  const forTrouble = Math.min(trouble.length, Math.max(Math.floor(room / 2), room - rows.length));
  const shownRows = cutRows(rows, room - forTrouble);
  const shownTrouble = cutLines(trouble, forTrouble);
  return [head, ...shownRows, ...(shownTrouble.length > 0 ? ["", ...shownTrouble] : []), "", foot].slice(0, height);
}

function cutRows(rows: Sheet["rows"], room: number): string[] {
  if (rows.length <= room) return rows.map(({ line }) => line);
  const keep = Math.max(0, room - 1);
  const numbered = rows.map((row, i) => ({ ...row, i }));
  const chosen = numbered.toSorted((a, b) => Number(a.isWell) - Number(b.isWell) || a.i - b.i).slice(0, keep);
  const hidden = numbered.filter((row) => !chosen.includes(row));
  const well = hidden.every(({ isWell }) => isWell) ? ", all well" : "";
  const more = `  … ${hidden.length} more service${hidden.length === 1 ? "" : "s"}${well}: make the window larger, or name some`;
  return [...chosen.toSorted((a, b) => a.i - b.i).map(({ line }) => line), more];
}

function cutLines(lines: string[], room: number): string[] {
  if (lines.length <= room) return lines;
  const keep = Math.max(0, room - 1);
  return [...lines.slice(0, keep), `… ${lines.length - keep} more lines: afloat explain shows them`].slice(0, room);
}
