/** What a variable is worth, and where that comes from (`the environment`, `.env`). */
export interface Worth {
  value: string;
  from: string;
}

/** The variables that a file may name; null for one that is not set. */
export type Variables = (name: string) => Worth | null;

/** A variable that was put in, and where it came from; `its default` where it was not set. */
export interface Used {
  name: string;
  from: string;
}

export type Substituted = { text: string; used: Used[] } | { fault: string };

/** Defaults within defaults go so deep at most. */
const DEPTH_LIMIT = 10;

/** A text with variables in it becomes no longer than this, characters. */
const LENGTH_LIMIT = 65_536;

/**
 * A text with `${NAME}` replaced by what it is worth: the rules of docker compose's interpolation, which are POSIX's
 * (docs.docker.com/reference/compose-file/interpolation): `:-` and `-` give a default, `:?` and `?` refuse with a message, `:+` and
 * `+` replace what is set; with the colon, empty counts as not set. `$${` is a literal `${`. A `$` without a brace stays as it is.
 */
export function substitute(text: string, variables: Variables): Substituted {
  const reader: Reader = { text, at: 0, variables, used: [] };
  try {
    const result = readUntil(reader, null, 0, true);
    return { text: result, used: reader.used };
  } catch (error) {
    if (error instanceof Refused) return { fault: error.message };
    throw error;
  }
}

/** True where a text names a variable that would be replaced. */
export function hasVariables(text: string): boolean {
  // A blank in their place: what stood around them must not become one.
  return text.replaceAll("$${", " ").includes("${");
}

/** The names in the `${NAME}` of a line for the shell, each once, and whether the line itself says what to do where it is not set. */
export function namesInLine(line: string): { name: string; hasDefault: boolean }[] {
  const found = new Map<string, boolean>();
  for (const [, name = "", operator] of line.matchAll(/\$\{([A-Za-z_]\w*)(:?[-?+=])?/g))
    found.set(name, (found.get(name) ?? true) && operator !== undefined);
  return [...found].map(([name, hasDefault]) => ({ name, hasDefault }));
}

/** A text that reads as itself: every `${` in it escaped. */
export const escaped = (text: string) => text.replaceAll("${", "$$$${");

class Refused extends Error {}

interface Reader {
  text: string;
  at: number;
  variables: Variables;
  used: Used[];
}

/** Text up to `end`, or to the end of all; `live` is false in a branch that is not taken, where nothing need be set. */
function readUntil(reader: Reader, end: string | null, depth: number, live: boolean): string {
  const { text } = reader;
  let result = "";
  while (reader.at < text.length) {
    if (result.length > LENGTH_LIMIT) throw new Refused(`becomes longer than ${LENGTH_LIMIT} characters`);
    if (text[reader.at] === end) return result;
    if (text.startsWith("$${", reader.at)) {
      result += "${";
      reader.at += 3;
    } else if (text.startsWith("${", reader.at)) result += readVariable(reader, depth, live);
    else result += text[reader.at++];
  }
  if (end !== null) throw new Refused("has a ${ without its }; a literal ${ is written $${");
  return result;
}

function readVariable(reader: Reader, depth: number, live: boolean): string {
  if (depth >= DEPTH_LIMIT) throw new Refused(`has defaults within defaults more than ${DEPTH_LIMIT} deep`);
  const begin = reader.at;
  const pattern = /\$\{([A-Za-z_]\w*)(:?[-?+])?/y;
  pattern.lastIndex = begin;
  const match = pattern.exec(reader.text);
  const [whole = "", name = "", operator] = match ?? [];
  reader.at += whole.length;
  if (match === null || (operator === undefined && reader.text[reader.at] !== "}")) {
    const shown = reader.text.slice(begin, begin + 20);
    throw new Refused(
      `expected \${NAME}, \${NAME:-default} or \${NAME:?message}, got \`${shown}\`; a literal \${ is written $\${`,
    );
  }
  const known = reader.variables(name);
  const isSet = known !== null && (operator?.startsWith(":") !== true || known.value !== "");
  const takesWord = live && (operator?.endsWith("+") === true ? isSet : !isSet);
  const word = operator === undefined ? "" : readUntil(reader, "}", depth + 1, takesWord);
  reader.at++;
  return live ? valueOf({ name, operator, isSet, known, word }, reader) : "";
}

interface Named {
  name: string;
  operator: string | undefined;
  isSet: boolean;
  known: Worth | null;
  word: string;
}

function valueOf({ name, operator, isSet, known, word }: Named, reader: Reader): string {
  const kind = operator?.at(-1);
  if (kind === "+") {
    reader.used.push({ name, from: known?.from ?? "its default" });
    return isSet ? word : "";
  }
  if (isSet) {
    reader.used.push({ name, from: known?.from ?? "" });
    return known?.value ?? "";
  }
  if (kind === "-") {
    reader.used.push({ name, from: "its default" });
    return word;
  }
  if (kind === "?") throw new Refused(`${name} is ${known === null ? "not set" : "empty"}${word && `: ${word}`}`);
  throw new Refused(`${name} is not set; set it, or write what to take then: \${${name}:-…}`);
}

/** A substituted text as YAML would read it where a number or a boolean is wanted; else the text itself. (YAML 1.2, core schema) */
export function typedScalar(text: string): string | number | boolean {
  if (/^[-+]?\d+$/.test(text) || /^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i.test(text)) return Number(text);
  if (/^(true|True|TRUE)$/.test(text)) return true;
  return /^(false|False|FALSE)$/.test(text) ? false : text;
}
