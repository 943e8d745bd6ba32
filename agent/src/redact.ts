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

/** The same, each word for itself. */
export function redactedWords(words: readonly string[]): string[] {
  return words.map((word, i) => (SECRET_FLAG.test(words[i - 1] ?? "") ? "[redacted]" : redact(word)));
}

/** A value as it may be shown: hidden whole where its name is that of a secret. */
export function hideText(name: string | null, value: string): string {
  return name !== null && SECRET_NAME.test(name) ? "[redacted]" : redact(value);
}

/** Of variables and of headers. */
const SECRET_NAME = /pass(?:word|wd|phrase)|secret|token|api[_-]?key|private[_-]?key|authorization|credential|cookie/i;

const SECRET_FLAG = /^--?[\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization)$/i;
