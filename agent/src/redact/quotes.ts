/** Where what is quoted from `at` on ends, with its closing quote: at the end of the line where it is not closed. */
export function quotedEnd(text: string, at: number): number {
  const depth = backslashes(text, at);
  const quoteAt = at + depth;
  const close = closing(text, quoteAt + 1, { quote: text[quoteAt] ?? "", depth });
  return close === null ? lineEnd(text, at) : close.end;
}

/** Where what the quote at `quoteAt` opened is closed, looked for from `from` on; null where it is not. */
export function closingAt(text: string, from: number, quoteAt: number): number | null {
  let depth = 0;
  while (text[quoteAt - 1 - depth] === "\\") depth++;
  return closing(text, from, { quote: text[quoteAt] ?? "", depth })?.start ?? null;
}

/**
 * A quote within `depth` backslashes is closed by one with as many, as JSON within JSON is written; one with fewer closes what is around it. In between,
 * backslashes stand for themselves in twice as many.
 */
function closing(
  text: string,
  from: number,
  { quote, depth }: { quote: string; depth: number },
): { start: number; end: number } | null {
  for (let at = from; at < text.length && text[at] !== "\n"; at++) {
    const count = backslashes(text, at);
    at += count;
    if (text[at] === "\n") return null;
    if (text[at] !== quote) continue;
    if (count < depth) return { start: at - count, end: at - count };
    if (count % (2 * (depth + 1)) === depth) return { start: at - depth, end: at + 1 };
  }
  return null;
}

function backslashes(text: string, at: number): number {
  let count = 0;
  while (text[at + count] === "\\") count++;
  return count;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}
