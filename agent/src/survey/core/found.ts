/** A service that is proposed, and where it was found. */
export interface Proposal {
  /** As it is called where it was found; made a legal name when the file is written. */
  name: string;
  /** A line, or words that are run as they stand. */
  command: string | string[];
  from: string;
  /** Where it runs, absolute or from the folder of the configuration. */
  dir: string;
  env: Record<string, string>;
  /** Only where it is known: it is said outright, or something listens there now. */
  port: number | null;
  /** Only where it was called and answered. */
  health: string | null;
  stopSignal: string | null;
  /** Comments beside it. */
  notes: string[];
}

/** What was found and is no service by itself: a container, a script that is code. */
export interface Mention {
  from: string;
  text: string;
}

export interface Found {
  services: Proposal[];
  mentions: Mention[];
}

/** A proposal of which no more is known than its command. */
export function proposal(
  name: string,
  command: string | string[],
  from: string,
  more: Partial<Proposal> = {},
): Proposal {
  const nothing = { dir: ".", env: {}, port: null, health: null, stopSignal: null, notes: [] };
  return { ...nothing, name, command, from, ...more };
}

/** What is longer is not parsed as YAML, characters: text made of nothing but brackets or quotes costs the square of its length. */
export const YAML_LIMIT = 64 * 1024;

/** Only a mention. */
export const mention = (from: string, text: string): Found => ({ services: [], mentions: [{ from, text }] });

/** A record, or an empty one: what others wrote may be anything. */
export function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}

/** A text with something in it, or null. */
export const textOf = (value: unknown): string | null =>
  typeof value === "string" && value.trim() !== "" ? value : null;

/** Variables with legal names and plain values. */
export function envOf(value: unknown): Record<string, string> {
  const plain = Object.entries(recordOf(value)).filter(
    ([name, each]) => /^[A-Za-z_]\w*$/.test(name) && ["string", "number", "boolean"].includes(typeof each),
  );
  return Object.fromEntries(plain.map(([name, each]) => [name, String(each)]));
}

/** The port that a command or a variable says outright: `--port 3000`, `-p 3000`, `PORT=3000`, `0.0.0.0:8000`. Else null. */
export function portSaid(text: string, env: Record<string, string> = {}): number | null {
  const said = /(?:--port[= ]|-p[= ]?|\bPORT=|:)(\d{2,5})(?![\d.:])/.exec(text)?.[1] ?? env["PORT"] ?? "";
  const port = /^\d{1,5}$/.test(said) ? Number(said) : 0;
  return port >= 1 && port <= 65_535 ? port : null;
}

/** Words as a line where no shell could read them otherwise; else as words. */
export function commandOf(words: string[]): string | string[] {
  return words.length > 0 && words.every((word) => /^[\w./:=@%+,-]+$/.test(word)) ? words.join(" ") : words;
}

/** A command line as words, with quotes; null where a quote is left open. */
export function wordsOf(line: string): string[] | null {
  const words = [...line.matchAll(/(?:[^\s"']|"(?:\\.|[^"\\])*"|'[^']*')+|["']/g)].map(([word]) => word);
  if (words.some((word) => word === '"' || word === "'")) return null;
  return words.map((word) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_all, double, single) => unquoted(double, single)),
  );
}

function unquoted(double: unknown, single: unknown): string {
  return typeof double === "string" ? double.replaceAll(/\\(.)/g, "$1") : String(single);
}
