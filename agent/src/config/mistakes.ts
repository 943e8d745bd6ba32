import type * as v from "valibot";
import { ConfigError } from "./config-error.ts";
import { knownWords } from "./known-words.ts";
import { nearest } from "./nearest.ts";
import type { Source } from "./source.ts";

/** Collects what is wrong, to tell it all at once: file by file, and in each from top to bottom. */
export class Mistakes {
  readonly #found: { source: number; line: number; col: number; text: string }[] = [];
  readonly #sources: Source[] = [];

  /** `keys` is where it stands in the file. */
  add(source: Source, keys: readonly string[], text: string): void {
    const { line, col } = source.positionOf(keys);
    this.#push(source, line, col, `${source.file}:${line}:${col}: ${text}`);
  }

  /** The same without a column: what is wrong between services, and not with one value. */
  addLine(source: Source, keys: readonly string[], text: string): void {
    const { line, col } = source.positionOf(keys);
    this.#push(source, line, col, `${source.file}:${line}: ${text}`);
  }

  /** What the parser of an included file found: it has its places already. */
  addAll(source: Source, keys: readonly string[], error: ConfigError): void {
    const { line, col } = source.positionOf(keys);
    for (const text of error.mistakes) this.#push(source, line, col, text);
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** Throws ConfigError where there are any. */
  throwIfAny(): void {
    if (this.isEmpty) return;
    const sorted = this.#found.sort((a, b) => a.source - b.source || a.line - b.line || a.col - b.col);
    throw new ConfigError([...new Set(sorted.map(({ text }) => text))]);
  }

  #push(source: Source, line: number, col: number, text: string): void {
    if (!this.#sources.includes(source)) this.#sources.push(source);
    this.#found.push({ source: this.#sources.indexOf(source), line, col, text });
  }
}

/** A mistake that the schema found: by its path in the tree, in words. */
export interface SchemaMistake {
  keys: string[];
  text: string;
}

type Issue = v.BaseIssue<unknown>;

/** The deepest issues of a union tell more than the union itself: a service is nearly always meant in its long form. */
export function schemaMistakes(issue: Issue, outer: readonly string[] = []): SchemaMistake[] {
  const keys = [...outer, ...keysOf(issue)];
  const inner = issue.type === "union" ? innerIssues(issue) : [];
  if (inner.length > 0) return inner.flatMap((each) => schemaMistakes(each, keys));
  return [{ keys, text: expectationOf(issue, keys) }];
}

/** Every value that the schema refuses, also those that only one branch of a union refuses. */
export function refusedPaths(issue: Issue, outer: readonly string[] = []): string[][] {
  const keys = [...outer, ...keysOf(issue)];
  return [keys, ...(issue.issues ?? []).flatMap((each) => refusedPaths(each, keys))];
}

const keysOf = (issue: Issue) => (issue.path ?? []).map((item) => String(item.key));

function innerIssues(issue: Issue): Issue[] {
  if (typeof issue.input !== "object" || issue.input === null || Array.isArray(issue.input)) return [];
  return (issue.issues ?? []).filter((each) => each.path !== undefined && each.path.length > 0);
}

function expectationOf(issue: Issue, keys: string[]): string {
  const unknownKey = issue.type === "strict_object" && issue.expected === "never";
  if (unknownKey) {
    const word = keys.at(-1) ?? "";
    const near = nearest(word, knownWords());
    return `unknown word \`${word}\`${near === null ? "" : `; did you mean \`${near}\`?`}`;
  }
  if (issue.received === "undefined") return "is missing";
  const near = typeof issue.input === "string" ? nearest(issue.input, optionsOf(issue)) : null;
  const expected = issue.type === "picklist" ? `one of ${optionsOf(issue).join(", ")}` : issue.message;
  return `expected ${expected}, got \`${shown(issue.input)}\`${near === null ? "" : `; did you mean \`${near}\`?`}`;
}

/** In one line, and not longer than it needs to be known again. */
function shown(input: unknown): string {
  const text = JSON.stringify(input);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

const optionsOf = (issue: Issue) => [...(issue.expected ?? "").matchAll(/"([^"]+)"/g)].map(([, word]) => word ?? "");
