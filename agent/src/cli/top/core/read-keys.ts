import type { Key } from "./keys.ts";

/** What terminals send for keys without a letter, both ways in which they do (xterm's control sequences). */
const NAMED: readonly (readonly [string, Key])[] = [
  ["\u001B[A", "up"],
  ["\u001BOA", "up"],
  ["\u001B[B", "down"],
  ["\u001BOB", "down"],
  ["\u001B[5~", "page-up"],
  ["\u001B[6~", "page-down"],
  ["\u001B[H", "home"],
  ["\u001BOH", "home"],
  ["\u001B[1~", "home"],
  ["\u001B[F", "end"],
  ["\u001BOF", "end"],
  ["\u001B[4~", "end"],
  ["\r", "enter"],
  ["\n", "enter"],
  ["\u007F", "backspace"],
  ["\b", "backspace"],
  ["\u0003", "interrupt"],
];

/** The keys in what a terminal sent at once; several where somebody types fast or pastes. What is none is left out. */
export function readKeys(text: string): Key[] {
  const keys: Key[] = [];
  for (let rest = text; rest !== "";) {
    const named = NAMED.find(([sequence]) => rest.startsWith(sequence));
    // Whatever else begins like one: a key that we do not know, or Esc alone.
    // eslint-disable-next-line no-control-regex
    const length = named?.[0].length ?? /^\u001B(?:[[O][\d;]*[ -~])?/.exec(rest)?.[0].length ?? 0;
    const [letter = ""] = rest;
    if (named !== undefined) keys.push(named[1]);
    else if (length === 1) keys.push("escape");
    else if (length === 0 && letter >= " ") keys.push({ letter });
    rest = rest.slice(Math.max(length, letter.length));
  }
  return keys;
}
