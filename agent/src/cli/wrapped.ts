/** As wide as a terminal is where nothing else is known, columns. */
const COLUMNS = 80;

/** Text in lines that fit a terminal of 80 columns behind so many columns before each. A longer word stands alone. */
export function wrapped(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && longer.length > COLUMNS - indent) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
