import { readdirSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { type AfloatYaml, afloatYaml, type EnvFileYaml } from "@afloat/shared/config";
import { keyOf, type Resolved, resolveTree, writtenPath } from "@afloat/shared/config/resolve";
import { typedScalar } from "@afloat/shared/config/variables";
import type { SourceFile } from "@afloat/shared/spec";
import * as v from "valibot";
import { ConfigError } from "./config-error.ts";
import { type EnvFile, type FileVariables, readEnvFile } from "./environment.ts";
import { Mistakes, refusedPaths, schemaMistakes } from "./mistakes.ts";
import { fitsPattern, isPattern } from "./pattern.ts";
import { readText } from "./read-text.ts";
import { Source } from "./source.ts";

/** One file of the configuration, read: its values fit the schema, where nothing is wrong. */
export interface ReadFile {
  source: Source;
  resolved: Resolved;
  variables: FileVariables;
  /** Its own env_file. */
  envFiles: EnvFile[];
  /** What of it was read from the disk: itself, and its own env_file. */
  disk: SourceFile[];
  /** Null where something in it is wrong, which the mistakes tell. */
  raw: AfloatYaml | null;
}

/** More files than anybody includes. */
const FILES_LIMIT = 200;

interface Reading {
  main: string;
  texts: ReadonlyMap<string, string> | undefined;
  mistakes: Mistakes;
  files: ReadFile[];
}

/** The main file and all that it includes, in the order in which they are named; `texts` are instead of those on the disk. Throws ConfigError where the main one is no YAML. */
export function readFiles(
  main: { path: string; text: string; disk: SourceFile[] },
  texts: ReadonlyMap<string, string> | undefined,
  variables: FileVariables,
  mistakes: Mistakes,
): ReadFile[] {
  const reading: Reading = { main: main.path, texts, mistakes, files: [] };
  readFile(new Source(main.path, main.text, main.path), main.disk, variables, [], reading);
  return reading.files;
}

function readFile(source: Source, own: SourceFile[], outer: FileVariables, above: Source[], reading: Reading): void {
  const { mistakes } = reading;
  const envFiles = fileLevelEnv(source, outer, mistakes);
  const variables = outer.with(envFiles);
  const resolved = resolveTree(source.tree, variables.lookup);
  for (const { path, text } of resolved.faults) mistakes.add(source, path, `${path.join(".")}: ${text}`);
  const disk = [...own, ...envFiles.map((file) => file.disk)];
  reading.files.push({ source, resolved, variables, envFiles, disk, raw: fitted(source, resolved, mistakes) });
  for (const { keys, pattern } of includesIn(resolved.tree)) {
    for (const path of pathsOf(pattern, source, keys, mistakes))
      include(path, { source, keys, variables, above: [...above, source] }, reading);
  }
}

interface From {
  source: Source;
  keys: string[];
  variables: FileVariables;
  above: Source[];
}

function include(path: string, { source, keys, variables, above }: From, reading: Reading): void {
  const { mistakes, files } = reading;
  const cycleAt = above.findIndex((each) => each.path === path);
  if (cycleAt >= 0) {
    const cycle = [...above.slice(cycleAt).map(({ file }) => file), above[cycleAt]?.file];
    return mistakes.add(source, keys, `include: includes itself: ${cycle.join(" → ")}`);
  }
  const there = files.find((each) => each.source.path === path);
  if (there !== undefined) return mistakes.add(source, keys, `include: ${there.source.file} is included twice`);
  if (files.length >= FILES_LIMIT) return mistakes.add(source, keys, `include: more than ${FILES_LIMIT} files`);
  const included = includedSource(path, { source, keys }, reading);
  if (included !== null) readFile(included.source, included.disk, variables, above, reading);
}

function includedSource(
  path: string,
  { source, keys }: Pick<From, "source" | "keys">,
  reading: Reading,
): { source: Source; disk: SourceFile[] } | null {
  const instead = reading.texts?.get(path);
  const read = instead === undefined ? readText(path) : { text: instead, disk: null };
  if (read === null || "fault" in read) {
    const fault = read === null ? `there is no file ${path}` : read.fault;
    reading.mistakes.add(source, keys, `include: ${fault}`);
    return null;
  }
  try {
    const disk = read.disk === null ? [] : [read.disk];
    return { source: new Source(path, read.text, reading.main), disk };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    reading.mistakes.addAll(source, keys, error);
    return null;
  }
}

/** What `include` names, where it is written as it should be; the schema tells of the rest. */
function includesIn(tree: unknown): { keys: string[]; pattern: string }[] {
  const written: unknown = typeof tree === "object" && tree !== null ? Reflect.get(tree, "include") : undefined;
  if (typeof written === "string") return [{ keys: ["include"], pattern: written }];
  if (!Array.isArray(written)) return [];
  return written.flatMap((pattern: unknown, i) =>
    typeof pattern === "string" ? [{ keys: ["include", String(i)], pattern }] : [],
  );
}

/** A pattern stands for what there is, in the order of the alphabet; a plain path for itself. */
function pathsOf(pattern: string, source: Source, keys: string[], mistakes: Mistakes): string[] {
  const path = resolve(dirname(source.path), pattern);
  const [folder, name] = [dirname(path), basename(path)];
  if (isPattern(folder)) {
    mistakes.add(source, keys, `include: ${pattern}: expected * and ? in the file's name only`);
    return [];
  }
  if (!isPattern(name)) return [path];
  try {
    const names = readdirSync(folder).filter((each) => !each.startsWith(".") && fitsPattern(name, each));
    return names.sort().map((each) => join(folder, each));
  } catch {
    mistakes.add(source, keys, `include: there is no folder ${folder}`);
    return [];
  }
}

/** The `env_file` at the top of a file, before anything else of it: its values are put in everywhere. */
function fileLevelEnv(source: Source, outer: FileVariables, mistakes: Mistakes): EnvFile[] {
  const written: unknown =
    typeof source.tree === "object" && source.tree !== null ? Reflect.get(source.tree, "env_file") : undefined;
  if (written === undefined) return [];
  const { tree } = resolveTree({ env_file: written }, outer.lookup);
  const parsed = v.safeParse(
    afloatYaml.entries.env_file,
    typeof tree === "object" && tree && Reflect.get(tree, "env_file"),
  );
  return parsed.success && parsed.output !== undefined ? envFilesOf(parsed.output, source, ["env_file"], mistakes) : [];
}

/** What the files of an `env_file` say, the first one first. */
export function envFilesOf(written: EnvFileYaml, source: Source, keys: string[], mistakes: Mistakes): EnvFile[] {
  return [written].flat().flatMap((each, i) => {
    const { path: shown, required = true } = typeof each === "string" ? { path: each } : each;
    const path = resolve(dirname(source.path), shown);
    const found = readEnvFile(path, isAbsolute(shown) ? shown : join(dirname(source.file), shown));
    const at = Array.isArray(written) ? [...keys, String(i)] : keys;
    if (found === null) {
      if (required)
        mistakes.add(
          source,
          at,
          `${keys.join(".")}: there is no file ${path}; if it need not be there: { path: ${shown}, required: false }`,
        );
      return [];
    }
    if ("fault" in found) {
      mistakes.add(source, at, `${keys.join(".")}: ${found.fault}`);
      return [];
    }
    return [found];
  });
}

/** The values as the schema has them; what was put in by a variable is a number where one is wanted. Null, with mistakes, where they do not fit. */
function fitted(source: Source, resolved: Resolved, mistakes: Mistakes): AfloatYaml | null {
  let parsed = v.safeParse(afloatYaml, resolved.tree);
  if (!parsed.success && typed(resolved, parsed.issues)) parsed = v.safeParse(afloatYaml, resolved.tree);
  if (parsed.success) return parsed.output;
  const faulty = new Set(resolved.faults.map(({ path }) => keyOf(path)));
  for (const { keys, text } of parsed.issues.flatMap((issue) => schemaMistakes(issue))) {
    const path = writtenPath(resolved, keys);
    // Its variable is not known: that is told already.
    if (!faulty.has(keyOf(path))) mistakes.add(source, path, `${path.join(".")}: ${text}`);
  }
  return null;
}

/** Makes numbers and booleans of what variables put in where the schema refuses a text. True where there was any. */
function typed({ tree, used }: Resolved, issues: v.BaseIssue<unknown>[]): boolean {
  let any = false;
  for (const keys of issues.flatMap((issue) => refusedPaths(issue))) {
    if (!used.has(keyOf(keys))) continue;
    const parent = keys
      .slice(0, -1)
      .reduce<unknown>((node, key) => (isObject(node) ? Reflect.get(node, key) : null), tree);
    const key = keys.at(-1) ?? "";
    const text: unknown = isObject(parent) ? Reflect.get(parent, key) : null;
    const value = typeof text === "string" ? typedScalar(text) : text;
    if (!isObject(parent) || typeof text !== "string" || typeof value === "string") continue;
    Reflect.set(parent, key, value);
    any = true;
  }
  return any;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
