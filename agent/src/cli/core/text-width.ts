// Unicode's properties are asked for by name: an engine checks a literal wherever it reads one, and loads Unicode's tables for that.

/** What a terminal would act on instead of showing it: colours, cursor movements, line breaks, text that turns its direction. */
const CONTROL = new RegExp(
  [
    "\u001B\\[[0-9;:?]*[ -/]*[@-~]",
    "\u001B\\][^\u0007\u001B]*(?:\u0007|\u001B\\\\)",
    String.raw`[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]+`,
  ].join("|"),
  "gu",
);

/** Drawn two columns wide: the blocks of Unicode's East Asian Width W and F (UAX #11), and what is an emoji by itself. */
const WIDE = new RegExp(
  [
    String.raw`^[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3]`,
    String.raw`^[\uF900-\uFAFF\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{1B000}-\u{1B2FF}\u{20000}-\u{3FFFD}]`,
    String.raw`^\p{Emoji_Presentation}`,
  ].join("|"),
  "u",
);

/** Drawn over what is before it. */
const NOTHING = new RegExp(String.raw`^[\p{Mn}\p{Me}\p{Cf}]+$`, "u");

/** Text that needs no closer look: one column for each character (ASCII, Latin, dashes, quotes, arrows, our marks). */
const PLAIN = /^[ -~\u00A1-\u00AC\u00AE-\u024F\u2010-\u2027\u2190-\u21FF\u2500-\u25FC]*$/;

/** A text on one line, without anything that moves a terminal's cursor or colours what follows. */
export function oneLine(text: string): string {
  return PLAIN.test(text) ? text : text.replaceAll(CONTROL, " ").trimEnd();
}

/** How many columns a terminal needs for a text of one line. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  return lettersOf(text).reduce((sum, letter) => sum + letterWidth(letter), 0);
}

/** At most so many columns of it; what is cut ends in `…`. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  if (columns < 1) return "";
  if (PLAIN.test(text)) return `${text.slice(0, columns - 1).trimEnd()}…`;
  let cut = "";
  let used = 0;
  for (const letter of lettersOf(text)) {
    used += letterWidth(letter);
    if (used > columns - 1) break;
    cut += letter;
  }
  return `${cut.trimEnd()}…`;
}

/** Exactly so many columns: cut, or filled with spaces behind it, or before it (`right`). */
export function fillTo(text: string, columns: number, right = false): string {
  const cut = cutTo(text, columns);
  const spaces = " ".repeat(Math.max(0, columns - widthOf(cut)));
  return right ? spaces + cut : cut + spaces;
}

/** What a person sees as one letter: a flag and a family are one, whatever they are made of. */
function lettersOf(text: string): string[] {
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Made when the first text needs it: it takes longer than all the rest. */
let segmenter: Intl.Segmenter | null = null;

function letterWidth(letter: string): number {
  if (NOTHING.test(letter)) return 0;
  // Variation selector 16 asks for the emoji's own picture.
  return WIDE.test(letter) || letter.includes("\uFE0F") ? 2 : 1;
}
