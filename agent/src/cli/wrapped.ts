import { widthOf } from "./core/text-width.ts";

/** As wide as a terminal is where nothing else is known, columns. */
export const USUAL_COLUMNS = 80;

/** Text in lines that fit a terminal of so many columns behind so many columns before each. A longer word stands alone. */
export function wrapped(text: string, indent: number, columns = USUAL_COLUMNS): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer) > columns - indent) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
