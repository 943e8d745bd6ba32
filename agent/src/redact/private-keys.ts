const BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const BLOCK = new RegExp(`${BEGIN.source}[^]*?(?:${END.source}|$)`, "g");
/** No key is longer, lines. */
const KEY_LINES = 300;
/** A line of a key, but for its last, which may be shorter. */
const FULL_LINE = /^[\w+/=]{40,}$/;

/** Hides private keys (PEM) within a text. */
export function redactKeys(text: string): string {
  return text.replaceAll(BLOCK, "[redacted]");
}

/** Lines in which each private key is one that says so, also where only its beginning or its end is among them. */
export function withoutKeys(lines: readonly string[]): string[] {
  const shown: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const begin = BEGIN.exec(line);
    const end = END.exec(line);
    if (begin !== null && end === null) {
      const last = lastOf(lines, at);
      shown.push(`${line.slice(0, begin.index)}[redacted]${afterEnd(lines[last] ?? "")}`);
      at = last;
    } else if (begin === null && end !== null) {
      takeKey(shown);
      shown.push(`[redacted]${afterEnd(line)}`);
    } else shown.push(line);
  }
  return shown;
}

/** The last line of a key that begins at `at`: where it ends, or where it goes on no more. */
function lastOf(lines: readonly string[], at: number): number {
  const after = lines.slice(at + 1, at + KEY_LINES);
  const stop = after.findIndex((line) => BEGIN.test(line) || END.test(line));
  if (stop !== -1 && END.test(after[stop] ?? "")) return at + 1 + stop;
  const length = after.findIndex((line) => !isOfKey(line));
  return at + (length === -1 ? after.length : length);
}

/** Takes the lines of a key from the end; the last one may be short. */
function takeKey(shown: string[]): void {
  if (/^[\w+/=]+$/.test(lastWord(shown.at(-1) ?? " "))) shown.pop();
  while (shown.length > 0 && isOfKey(shown.at(-1) ?? "")) shown.pop();
}

const isOfKey = (line: string) => /^(?:Proc-Type|DEK-Info): |^$/.test(line) || FULL_LINE.test(lastWord(line));

/** A logger may write the time before it. */
const lastWord = (line: string) => line.trimEnd().split(/\s/).at(-1) ?? "";

function afterEnd(line: string): string {
  const end = END.exec(line);
  return end === null ? "" : line.slice(end.index + end[0].length);
}
