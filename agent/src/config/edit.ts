import { isDeepStrictEqual } from "node:util";
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { type Edit, type Value, yamlOf } from "../check/remedy.ts";

/**
 * A text of YAML with one value changed or added, and every other byte as it was: comments, order, quotes, line ends. A short
 * form (`health: /x`) becomes a long one where a setting is added. What would change anything else is refused, in words.
 */
export function editYaml(text: string, edit: Edit): { text: string } | { refused: string } {
  const document = parseDocument(text);
  if (document.errors.length > 0) return { refused: "it is no YAML that can be read" };
  const wanted = withValue(document.toJS(), edit);
  const changes = changesFor(document, text, edit);
  if ("refused" in changes) return changes;
  for (const { from, to, by } of changes.tries) {
    const edited = text.slice(0, from) + by + text.slice(to);
    const now = parseDocument(edited);
    if (now.errors.length === 0 && isDeepStrictEqual(now.toJS(), wanted)) return { text: edited };
  }
  return { refused: "it is written in a way that a change would touch more than this value" };
}

/** Ways to write it, the nicest first. Each is checked by what it comes to. */
type Tries = { from: number; to: number; by: string }[];

function changesFor(document: Document, text: string, { path, value }: Edit): { tries: Tries } | { refused: string } {
  const parent = document.getIn(path.slice(0, -1), true);
  const key = path.at(-1) ?? "";
  const there = document.getIn(path, true);
  if (isAlias(there) || isAlias(parent)) return { refused: "it is an alias of what stands elsewhere in the file" };
  const range = rangeOf(there);
  const touched = range ?? (isScalar(parent) ? rangeOf(parent) : null);
  if (touched !== null && text.slice(...touched).includes("${")) return { refused: "its value comes from a variable" };
  if (JSON.stringify(value).includes("${")) return { refused: "it would be read as a variable" };
  if (range !== null) return { tries: replaced(text, range, value) };
  if (isMap(parent)) return { tries: added(text, parent, key, value) };
  if (isScalar(parent)) return { tries: lengthened(text, parent, key, value) };
  return { refused: `there is no ${path.join(".")} in it` };
}

/** From where to where the value itself stands; null where it is not there, or not in one piece. */
function rangeOf(node: unknown): [number, number] | null {
  if (isScalar(node) && (node.type === "PLAIN" || node.type === "QUOTE_SINGLE" || node.type === "QUOTE_DOUBLE"))
    return pieceOf(node);
  return (isMap(node) || isSeq(node)) && node.flow === true ? pieceOf(node) : null;
}

function pieceOf({ range }: { range?: [number, number, number] | null }): [number, number] | null {
  return range === undefined || range === null || range[0] === range[1] ? null : [range[0], range[1]];
}

/** In the quotes that it had; else bare, else in double quotes, which take anything. */
function replaced(text: string, [from, to]: [number, number], value: Value): Tries {
  const styles = [yamlOf(value), JSON.stringify(value)];
  const quote = text[from];
  if (typeof value === "string" && quote === "'") styles.unshift(`'${value.replaceAll("'", "''")}'`);
  if (typeof value === "string" && quote === '"') styles.unshift(JSON.stringify(value));
  return styles.map((by) => ({ from, to, by }));
}

/** `health: /x` becomes `health: { http: /x, timeout: 3s }`. */
function lengthened(text: string, scalar: Scalar, key: string, value: Value): Tries {
  const range = rangeOf(scalar);
  if (range === null) return [];
  const [from, to] = range;
  const short = [text.slice(from, to), JSON.stringify(scalar.value)];
  return short.map((before) => ({ from, to, by: `{ http: ${before}, ${key}: ${yamlOf(value)} }` }));
}

/** Behind the address: in the same line between brackets, else in a line of its own. */
function added(text: string, map: YAMLMap, key: string, value: Value): Tries {
  const pair = map.items.find((each) => ["http", "grpc", "command"].includes(String(each.key))) ?? map.items.at(-1);
  if (pair === undefined || !isPair(pair)) return [];
  const end = endOf(pair);
  const start = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
  if (end === null || start === undefined) return [];
  const line = `${key}: ${yamlOf(value)}`;
  if (map.flow === true) return [{ from: end, to: end, by: `, ${line}` }];
  const indent = text.slice(text.lastIndexOf("\n", start - 1) + 1, start).replaceAll(/[^\t ]/g, " ");
  const newline = text.indexOf("\n", end);
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  if (newline === -1) return [{ from: text.length, to: text.length, by: `${eol}${indent}${line}` }];
  return [{ from: newline + 1, to: newline + 1, by: `${indent}${line}${eol}` }];
}

/** Where the value of a pair ends. */
function endOf({ value }: Pair): number | null {
  if (isScalar(value) || isMap(value) || isSeq(value)) return value.range?.[1] ?? null;
  return null;
}

/** What the file comes to when the value is changed and nothing else is. */
function withValue(root: unknown, { path, value }: Edit): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const inner = { path: rest, value };
  if (Array.isArray(root)) return root.map((each: unknown, i) => (String(i) === key ? withValue(each, inner) : each));
  if (typeof root === "string") return { http: root, [key]: withValue(undefined, inner) };
  const before = typeof root === "object" && root !== null ? root : {};
  return { ...before, [key]: withValue(Reflect.get(before, key), inner) };
}
