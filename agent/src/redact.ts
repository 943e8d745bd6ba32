import { redactAddresses } from "./redact/addresses.ts";
import { REDACTED, redactNamed } from "./redact/named.ts";
import { isHarmless, isSecretFlag, isSecretName } from "./redact/names.ts";
import { redactKeys, withoutKeys } from "./redact/private-keys.ts";
import { redactShapes } from "./redact/shapes.ts";

/**
 * Hides what looks like a secret: what follows a name like password, token or api_key, credentials in addresses and headers, and what is known by its
 * looks. What is hidden is hidden once: the same again changes nothing.
 */
export function redact(line: string): string {
  let shown = line;
  // What is hidden may join what was apart, rarely and in no sound line: then it is looked at again.
  for (let round = 0; round < ROUNDS; round++) {
    const before = shown;
    shown = redactNamed(redactAddresses(redactShapes(redactKeys(before))));
    if (shown === before) break;
  }
  return shown;
}

/** A bound for hostile lines. */
const ROUNDS = 5;

/** The same of lines that follow each other: a private key goes over several. */
export function redactLines(lines: readonly string[]): string[] {
  return withoutKeys(lines).map(redact);
}

/** The words of a command in one line; also what follows a flag like `--password` is hidden. */
export function redactWords(words: readonly string[]): string {
  return redact(redactedWords(words).join(" "));
}

/** The same, each word for itself. */
export function redactedWords(words: readonly string[]): string[] {
  return words.map((word, i) => (isSecretFlag(words[i - 1] ?? "") ? REDACTED : redactWord(word)));
}

/** A word may have blanks in it, all of which are its value's. */
function redactWord(word: string): string {
  const [all, name = "", sign = ""] = /^([\w-]{1,100})(=)/.exec(word) ?? [];
  const isSecret = all !== undefined && isSecretName(name) && !isHarmless(name, word.slice(all.length));
  return isSecret && word.length > all.length ? `${name}${sign}${REDACTED}` : redact(word);
}

/** A value as it may be shown: hidden whole where its name is that of a secret. */
export function hideText(name: string | null, value: string): string {
  return name !== null && isSecretName(name) && !isHarmless(name, value) ? REDACTED : redact(value);
}
