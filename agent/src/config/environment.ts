import * as util from "node:util";
import type { SourceFile } from "@afloat/shared/spec";
import type { Variables } from "@afloat/shared/config/variables";
import { readText } from "./read-text.ts";

/** What a file of variables says: each with where it stands. */
export interface EnvFile {
  values: Map<string, string>;
  /** As messages name it. */
  from: string;
  text: string;
  disk: SourceFile;
}

/** A file of `NAME=value` lines, by Node's own rules (`util.parseEnv`, as `node --env-file`); null where there is none; or what is wrong. */
export function readEnvFile(path: string, from: string): EnvFile | null | { fault: string } {
  const read = readText(path);
  if (read === null || "fault" in read) return read;
  const { text, disk } = read;
  if (text.includes("\0")) return { fault: `${path} is no text: it has NUL bytes in it` };
  if (typeof util.parseEnv !== "function") return { fault: "needs Node 20.12 or newer" };
  const parsed = util.parseEnv(text.replace(/^\uFEFF/, ""));
  const values = new Map(
    Object.entries(parsed).flatMap(([k, value]) => (value === undefined ? [] : [[k, value] as const])),
  );
  return { values, from, text, disk };
}

/** The lines, from 1 on, that Node's parser passes over without a word: no variable, no comment, and not within quotes. */
export function skippedLines(text: string): number[] {
  const lines = text.split("\n");
  const skipped: number[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]?.trim() ?? "";
    if (line === "" || line.startsWith("#")) continue;
    const [, quote, rest = ""] = /^[^=]*=\s*(["'`])(.*)$/.exec(line) ?? [];
    if (quote !== undefined && !rest.includes(quote)) {
      const end = lines.findIndex((each, at) => at > i && each.includes(quote));
      if (end !== -1) i = end;
    } else if (Object.keys(util.parseEnv(line)).length === 0) skipped.push(i + 1);
  }
  return skipped;
}

/** The line of an environment file on which a variable is set last, like `.env:3`. */
export function lineIn({ text, from }: EnvFile, name: string): string {
  const at = text.split("\n").findLastIndex((line) => {
    const [, word] = /^\s*(?:export\s+)?([^\s=#]+)\s*=/.exec(line) ?? [];
    return word === name;
  });
  return at === -1 ? from : `${from}:${at + 1}`;
}

/** What a file of the configuration may name: the environment first, then its own env_file, then those of the files that include it. */
export class FileVariables {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #files: readonly EnvFile[];

  constructor(environment: NodeJS.ProcessEnv, files: readonly EnvFile[] = []) {
    this.#environment = environment;
    this.#files = files;
  }

  /** With files more, of which the last wins, and each over those that were there. */
  with(files: readonly EnvFile[]): FileVariables {
    return new FileVariables(this.#environment, [...[...files].reverse(), ...this.#files]);
  }

  readonly lookup: Variables = (name) => {
    const value = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined;
    if (value !== undefined) return { value, from: "the environment" };
    return this.ofFiles(name);
  };

  /** Only what files say: the environment is the services' own anyway. */
  readonly ofFiles: Variables = (name) => {
    const file = this.#files.find(({ values }) => values.has(name));
    return file === undefined ? null : { value: file.values.get(name) ?? "", from: lineIn(file, name) };
  };
}
