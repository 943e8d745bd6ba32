import { basename, dirname, relative } from "node:path";
import { isMap, isNode, isSeq, LineCounter, parseDocument, type Document } from "yaml";
import { ConfigError } from "./config-error.ts";

/** Larger than any configuration that a person reads, characters. */
const TEXT_LIMIT = 1_048_576;

export interface Position {
  line: number;
  col: number;
}

/** One file of a configuration: its text, and where each value of it stands. */
export class Source {
  readonly path: string;
  /** As messages name it: `afloat.yaml`, `conf.d/db.yaml`. */
  readonly file: string;
  readonly text: string;
  /** The plain values. */
  readonly tree: unknown;
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** Throws ConfigError where it is no YAML. `main` is the file that all others are included by. */
  constructor(path: string, text: string, main: string) {
    this.path = path;
    this.file = path === main ? basename(path) : relative(dirname(main), path);
    this.text = text;
    if (text.length > TEXT_LIMIT)
      throw new ConfigError([`${this.file}: expected ${TEXT_LIMIT} characters at most, got ${text.length}`]);
    try {
      this.#document = parseDocument(text, {
        lineCounter: this.#lines,
        uniqueKeys: true,
        logLevel: "error",
        prettyErrors: false,
      });
      if (this.#document.errors.length > 0) throw new ConfigError(this.#faults(this.#document.errors));
      this.tree = this.#document.toJS() ?? {};
      if (!isFinite(this.tree))
        throw new ConfigError([
          `${this.file}: an alias stands within what it is an alias of, or it is nested too deep`,
        ]);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      // Nested too deep for the parser, or more aliases than anybody means.
      const why = error instanceof RangeError ? "it is nested too deep" : error instanceof Error ? error.message : "";
      throw new ConfigError([`${this.file}: cannot be read as YAML: ${why}`]);
    }
  }

  /** `afloat.yaml:14`. */
  whereOf(keys: readonly string[]): string {
    return `${this.file}:${this.positionOf(keys).line}`;
  }

  /** Whether this very value is written, and is no child of nothing. */
  has(keys: readonly string[]): boolean {
    return keys.length > 0 && this.#document.hasIn(keys);
  }

  /** The place of a key or an item, or of the nearest thing around it that is there. */
  positionOf(keys: readonly string[]): Position {
    for (let depth = keys.length; depth > 0; depth--) {
      const parent = depth === 1 ? this.#document.contents : this.#document.getIn(keys.slice(0, depth - 1), true);
      const offset = offsetIn(parent, keys[depth - 1] ?? "");
      if (offset !== undefined) return this.#lines.linePos(offset);
    }
    return { line: 1, col: 1 };
  }

  /** The first of each line: what follows in it is mostly its echo. */
  #faults(errors: readonly { pos: [number, number]; message: string }[]): string[] {
    const byLine = new Map<number, string>();
    const lines = this.text.split("\n");
    for (const { pos, message } of errors) {
      const { line, col } = this.#lines.linePos(pos[0]);
      if (byLine.has(line)) continue;
      const before = (lines[line - 1] ?? "").slice(0, 200);
      const hint = /[{[].*[^"'$]\$\{/.test(before) ? "; between brackets a ${VARIABLE} stands in quotes" : "";
      byLine.set(line, `${this.file}:${line}:${col}: ${message}${hint}`);
    }
    return [...byLine.values()];
  }
}

/** Deeper than the language goes. */
const DEPTH_LIMIT = 100;

/** False where a value is within itself. Each is looked at once, however many aliases it has. */
function isFinite(value: unknown, above: ReadonlySet<unknown> = new Set(), done = new Set<unknown>()): boolean {
  if (typeof value !== "object" || value === null || done.has(value)) return true;
  if (above.has(value) || above.size >= DEPTH_LIMIT) return false;
  const within = new Set([...above, value]);
  const fine = Object.values(value).every((each) => isFinite(each, within, done));
  done.add(value);
  return fine;
}

function offsetIn(parent: unknown, key: string): number | undefined {
  if (isSeq(parent)) {
    const item = parent.items[Number(key)];
    return isNode(item) ? item.range?.[0] : undefined;
  }
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isNode(item.key) && String(item.key) === key);
  return pair !== undefined && isNode(pair.key) ? pair.key.range?.[0] : undefined;
}
