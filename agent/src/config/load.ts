import { basename, dirname, resolve } from "node:path";
import { afloatYaml } from "@afloat/shared/config";
import { dependencyFaults, healthFaults, limitFaults, toHostSpec, type WhereOf } from "@afloat/shared/host-spec";
import type { HostSpec } from "@afloat/shared/spec";
import * as v from "valibot";
import { isMap, isNode, LineCounter, parseDocument, type Document } from "yaml";
import { knownWords } from "./known-words.ts";
import { nearest } from "./nearest.ts";
import { readSource } from "./sources.ts";

/** A file that cannot be used: every mistake in it, each with its line and what to write instead. */
export class ConfigError extends Error {
  readonly mistakes: string[];
  constructor(mistakes: string[]) {
    super(mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}

/** Reads `afloat.yaml`. Throws ConfigError with all mistakes at once. */
export function loadConfig(path: string): HostSpec {
  const { text, source } = read(path);
  return { ...parseConfig(path, text), sources: [source] };
}

/** The same for a text that is, or would be, in the file. Throws ConfigError. */
export function parseConfig(path: string, text: string): HostSpec {
  const file = basename(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map((error) => {
        const at = lines.linePos(error.pos[0]);
        return `${file}:${at.line}:${at.col}: ${error.message.split("\n")[0]}`;
      }),
    );
  }
  const whereOf = (keys: string[]) => `${file}:${positionOf(document, lines, keys).line}`;
  const parsed = v.safeParse(afloatYaml, document.toJS() ?? {});
  if (!parsed.success) {
    const mistakes = parsed.issues.flatMap((issue) => mistakesOf(issue, document, lines, file));
    throw new ConfigError(
      mistakes.sort((a, b) => a.at.line - b.at.line || a.at.col - b.at.col).map(({ text }) => text),
    );
  }
  throwFaults(healthFaults(parsed.output), "health", whereOf);
  throwFaults(limitFaults(parsed.output), "limits", whereOf);
  const dir = dirname(resolve(path));
  const spec = toHostSpec(parsed.output, { absolute: (each) => resolve(dir, each), whereOf });
  throwFaults(dependencyFaults(spec), "depends_on", whereOf);
  return spec;
}

function throwFaults(faults: { service: string; fault: string }[], key: string, whereOf: WhereOf): void {
  if (faults.length === 0) return;
  throw new ConfigError(
    faults.map(({ service, fault }) => `${whereOf(["services", service, key])}: ${service} ${fault}`),
  );
}

/** The text of the file. Throws ConfigError where there is none. */
export function readConfig(path: string): string {
  return read(path).text;
}

function read(path: string): ReturnType<typeof readSource> {
  try {
    return readSource(path);
  } catch {
    throw new ConfigError([`${path}: there is no such file; write one with: afloat init`]);
  }
}

interface Mistake {
  at: { line: number; col: number };
  text: string;
}

/** The deepest issues of a union tell more than the union itself: a service is nearly always meant in its long form. */
function mistakesOf(issue: v.BaseIssue<unknown>, document: Document, lines: LineCounter, file: string): Mistake[] {
  const inner = issue.type === "union" ? innerIssues(issue) : [];
  if (inner.length > 0) return inner.flatMap((each) => mistakesOf(each, document, lines, file));
  const keys = (issue.path ?? []).map((item) => String(item.key));
  const at = positionOf(document, lines, keys);
  return [{ at, text: `${file}:${at.line}:${at.col}: ${keys.join(".")}: ${expectationOf(issue, keys)}` }];
}

function innerIssues(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown>[] {
  if (typeof issue.input !== "object" || issue.input === null || Array.isArray(issue.input)) return [];
  const outer = issue.path ?? [];
  const inner = (issue.issues ?? []).filter((each) => each.path !== undefined && each.path.length > 0);
  return inner.map((each) => withPath(each, outer));
}

function withPath(
  issue: v.BaseIssue<unknown>,
  outer: NonNullable<v.BaseIssue<unknown>["path"]> | [],
): v.BaseIssue<unknown> {
  const [first, ...rest] = [...outer, ...(issue.path ?? [])];
  return first === undefined ? issue : { ...issue, path: [first, ...rest] };
}

function expectationOf(issue: v.BaseIssue<unknown>, keys: string[]): string {
  const unknownKey = issue.type === "strict_object" && issue.expected === "never";
  if (unknownKey) {
    const word = keys.at(-1) ?? "";
    const near = nearest(word, knownWords());
    return `unknown word \`${word}\`${near === null ? "" : `; did you mean \`${near}\`?`}`;
  }
  if (issue.received === "undefined") return "is missing";
  const near = typeof issue.input === "string" ? nearest(issue.input, optionsOf(issue)) : null;
  const expected = issue.type === "picklist" ? `one of ${optionsOf(issue).join(", ")}` : issue.message;
  return `expected ${expected}, got \`${JSON.stringify(issue.input)}\`${near === null ? "" : `; did you mean \`${near}\`?`}`;
}

const optionsOf = (issue: v.BaseIssue<unknown>) =>
  [...(issue.expected ?? "").matchAll(/"([^"]+)"/g)].map(([, word]) => word ?? "");

/** The place of a key, or of the nearest thing around it that is there. */
function positionOf(document: Document, lines: LineCounter, keys: string[]): { line: number; col: number } {
  for (let depth = keys.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(keys.slice(0, depth - 1), true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isNode(item.key) && String(item.key) === keys[depth - 1])
      : undefined;
    const offset = pair !== undefined && isNode(pair.key) ? pair.key.range?.[0] : undefined;
    if (offset !== undefined) return lines.linePos(offset);
  }
  return { line: 1, col: 1 };
}
