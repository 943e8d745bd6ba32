import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { type Surroundings, type Warning, warningsOf } from "@afloat/shared/config/warnings";
import type { ServiceSpec } from "@afloat/shared/spec";
import { isSimple } from "../process/spawn.ts";
import { skippedLines } from "./environment.ts";
import type { Loaded } from "./load.ts";

/** What is legal in a configuration, but surely not meant, as this host is now. */
export function warningsIn(loaded: Loaded, environment: NodeJS.ProcessEnv = process.env): Warning[] {
  const { spec, files } = loaded;
  const lines = files.flatMap(({ resolved }) => resolved.lines);
  return [...envFileWarnings(loaded), ...warningsOf(spec, lines, surroundings(environment))];
}

/** Lines of variables that say nothing: a variable that is missing is found out late, and elsewhere. */
function envFileWarnings({ files, envFiles }: Loaded): Warning[] {
  const all = [...files.flatMap((file) => file.envFiles), ...[...envFiles.values()].flat()];
  const each = new Map(all.map((file) => [file.disk.path, file]));
  return [...each.values()].flatMap(({ from, text }) =>
    skippedLines(text).map((line) => ({
      where: `${from}:${line}`,
      service: null,
      text: "this line is not NAME=value, and is passed over",
    })),
  );
}

/** Tells them on stderr, and stops nothing. */
export function tellWarnings(loaded: Loaded): void {
  for (const line of warningLines(warningsIn(loaded))) console.error(line);
}

/** What holds for several instances alike is said once. */
export function warningLines(warnings: readonly Warning[]): string[] {
  return [
    ...new Set(
      warnings.map(({ where, service, text }) => `${where}: warning: ${service === null ? "" : `${service}: `}${text}`),
    ),
  ];
}

function surroundings(environment: NodeJS.ProcessEnv): Surroundings {
  return {
    hasFolder: (path) => kindOf(path) === "folder",
    missingProgram: (service) => missingProgram(service, environment),
    secretFile,
    // What the agent itself gives to each.
    isSet: (name) => environment[name] !== undefined || OWN.has(name),
  };
}

const OWN = new Set([
  "AFLOAT_SERVICE",
  "AFLOAT_SPAWN",
  "AFLOAT_PID",
  "PWD",
  "OLDPWD",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "IFS",
  "PATH",
]);

function secretFile(path: string): "safe" | "open" | "missing" {
  try {
    return (statSync(path).mode & 0o004) === 0 ? "safe" : "open";
  } catch (error) {
    // In a folder that we may not look into it is safe enough.
    return error instanceof Error && "code" in error && error.code === "ENOENT" ? "missing" : "safe";
  }
}

function missingProgram({ command, cwd, env }: ServiceSpec, environment: NodeJS.ProcessEnv): string | null {
  const word = command.kind === "words" ? command.words[0] : firstWord(command.line);
  if (word === undefined || word === "") return null;
  if (word.includes("/")) return isProgram(resolve(cwd, word)) ? null : word;
  const folders = (env["PATH"] ?? environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(delimiter);
  const found = folders.some((folder) =>
    isProgram(isAbsolute(folder) ? join(folder, word) : resolve(cwd, folder, word)),
  );
  return found ? null : word;
}

/** Undefined where only a shell can tell what is run. */
function firstWord(line: string): string | undefined {
  const [word = ""] = line.trim().split(/\s/, 1);
  return isSimple(line) && /^[\w./+@:-]+$/.test(word) ? word : undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return kindOf(path) === "file";
  } catch {
    // It is not there, or may not be run.
    return false;
  }
}

function kindOf(path: string): "folder" | "file" | null {
  try {
    return statSync(path).isDirectory() ? "folder" : "file";
  } catch {
    // It is not there, or in a folder that we may not look into.
    return null;
  }
}
