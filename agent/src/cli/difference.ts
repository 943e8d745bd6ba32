import { styleText } from "node:util";

/** Lines shown around a change, as diff -u has it. */
const AROUND = 3;

interface Line {
  sign: " " | "-" | "+";
  text: string;
}

/** What a text becomes, in the unified form (diff -u); empty where nothing changes. */
export function difference(name: string, before: string, after: string, coloured: boolean): string[] {
  if (before === after) return [];
  const paint = (colour: "red" | "green" | "cyan", text: string) => (coloured ? styleText(colour, text) : text);
  const hunks = hunksOf(compared(linesOf(before), linesOf(after)));
  const shown = hunks.flatMap(({ head, lines }) => [
    paint("cyan", head),
    ...lines.map(({ sign, text }) => {
      const line = `${sign}${text}`;
      return sign === " " ? line : paint(sign === "-" ? "red" : "green", line);
    }),
  ]);
  return [`--- ${name}`, `+++ ${name}`, ...shown];
}

/** A carriage return is no news, and would draw over the line. */
const linesOf = (text: string) => text.replace(/\r?\n$/, "").split(/\r?\n/);

/** The longest common subsequence decides what stays; a configuration is short enough to compare every line with every other. */
function compared(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) start++;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  const same = (texts: readonly string[]): Line[] => texts.map((text) => ({ sign: " ", text }));
  const middle = middleOf(before.slice(start, before.length - end), after.slice(start, after.length - end));
  return [...same(before.slice(0, start)), ...middle, ...same(before.slice(before.length - end))];
}

function middleOf(before: readonly string[], after: readonly string[]): Line[] {
  const common = before.map(() => new Uint32Array(after.length + 1));
  common.push(new Uint32Array(after.length + 1));
  const at = (i: number, j: number) => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const row = common[i];
      if (row !== undefined)
        row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ sign: " ", text: before[i++] ?? "" });
      j++;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1)))
      lines.push({ sign: "-", text: before[i++] ?? "" });
    else lines.push({ sign: "+", text: after[j++] ?? "" });
  }
  return lines;
}

/** Changes with the lines around them; those that are near each other in one. */
function hunksOf(lines: readonly Line[]): { head: string; lines: Line[] }[] {
  const shown = lines.map((_, i) =>
    lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(({ sign }) => sign !== " "),
  );
  const hunks: { head: string; lines: Line[] }[] = [];
  let [from, to] = [1, 1];
  for (let i = 0; i < lines.length;) {
    const hunk: Line[] = [];
    const [fromStart, toStart] = [from, to];
    for (; i < lines.length && shown[i] === true; i++) hunk.push(lines[i] ?? { sign: " ", text: "" });
    const removed = hunk.filter(({ sign }) => sign !== "+").length;
    const added = hunk.filter(({ sign }) => sign !== "-").length;
    if (hunk.length > 0) hunks.push({ head: `@@ -${fromStart},${removed} +${toStart},${added} @@`, lines: hunk });
    from += removed;
    to += added;
    for (; i < lines.length && shown[i] !== true; i++) [from, to] = [from + 1, to + 1];
  }
  return hunks;
}
