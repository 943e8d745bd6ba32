/** Hides what follows a word like password, token, secret or key, and credentials in addresses. */
export function redact(line: string): string {
  return line
    .replaceAll(
      /\b([\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization)[\w-]*["']?\s*[:=]\s*)(?:bearer\s+)?("[^"]*"|'[^']*'|\S+)/gi,
      "$1[redacted]",
    )
    .replaceAll(/(\w+:\/\/)[^\s/:@]+:[^\s/@]+@/g, "$1[redacted]@");
}

/** The words of a command in one line; also what follows a flag like `--password` is hidden. */
export function redactWords(words: readonly string[]): string {
  const shown = words.map((word, i) => (SECRET_FLAG.test(words[i - 1] ?? "") ? "[redacted]" : word));
  return redact(shown.join(" "));
}

const SECRET_FLAG = /^--?[\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization)$/i;
