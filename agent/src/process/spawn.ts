import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, fchownSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { CommandSpec, ProcessSpec, ServiceSpec } from "@afloat/shared/spec";
import type { Lifeline } from "./lifeline.ts";
import { environmentFor } from "./environment.ts";
import { MARK } from "./mark.ts";
import { noteShortage } from "./shortage.ts";
import { readSecrets } from "./secrets.ts";
import { runAs } from "./user.ts";
import { messageOf } from "../error-words.ts";

export type Spawned = { kind: "spawned"; child: ChildProcess; pid: number } | { kind: "failed"; error: string };

export interface SpawnPlace {
  /** How its processes are found again. */
  mark: string;
  /** Where its output is appended; null for pipes, which whoever started it must read. */
  logPath: string | null;
  lifeline: Lifeline | null;
}

/**
 * Starts a service in a session of its own, its output appended to a file: it outlives the agent, and no pipe can block or
 * break it. Never throws: what the system refuses is an answer.
 */
export async function spawnService(spec: ServiceSpec, place: SpawnPlace): Promise<Spawned> {
  return spawnCommand(spec.command, spec, place, {});
}

/** Runs a command as the service's own: its folder, user, environment and log. */
export async function spawnCommand(
  command: CommandSpec,
  spec: ServiceSpec,
  place: SpawnPlace,
  moreEnv: Record<string, string>,
): Promise<Spawned> {
  const as = runAs(spec.user, spec.group);
  if ("fault" in as) return failed(as.fault);
  const settled = spec.process === null ? { prefix: as.prefix } : await settle(spec.process, as.prefix);
  if ("fault" in settled) return failed(settled.fault);
  const secrets = readSecrets(spec);
  if ("fault" in secrets) return failed(secrets.fault);
  const log = place.logPath === null ? null : openLog(place.logPath, as.uid);
  if (typeof log === "string") return failed(`cannot open its log ${place.logPath}: ${log}`);
  const lifeline = place.lifeline?.openForChild() ?? null;
  try {
    const [program, args] = programOf(command, settled.prefix);
    const env = { ...environmentFor(spec, as, process.env), ...secrets.env, ...moreEnv, [MARK]: place.mark };
    const output = log ?? ("pipe" as const);
    const stdio = ["ignore" as const, output, output, ...(lifeline === null ? [] : [lifeline])];
    const started = await start(program, args, { cwd: spec.cwd, env, detached: true, stdio });
    // Node says ENOENT for a missing folder as for a missing program: tell them apart.
    return started.kind === "failed" ? failed(folderFault(spec.cwd) ?? started.error) : started;
  } finally {
    if (log !== null) closeSync(log);
    if (lifeline !== null) closeSync(lifeline);
  }
}

/** Seldom needed: not part of every agent's memory. */
async function settle(settings: ProcessSpec, then: readonly string[]) {
  return (await import("./settings.ts")).settingsPrefix(settings, then);
}

async function start(program: string, args: string[], options: Parameters<typeof spawn>[2]): Promise<Spawned> {
  let child: ChildProcess;
  try {
    child = spawn(program, args, options);
  } catch (error) {
    noteShortage(error);
    return failed(messageOf(error));
  }
  if (child.pid !== undefined) {
    // A late error (a failed kill, say) must not end the agent; the exit event tells what matters.
    child.on("error", () => {});
    return { kind: "spawned", child, pid: child.pid };
  }
  const error = await new Promise<Error>((resolve) => child.once("error", resolve));
  noteShortage(error);
  return failed(`${program}: ${error.message}`);
}

function programOf(command: CommandSpec, prefix: readonly string[]): [string, string[]] {
  // `exec` leaves no shell in between: signals and the pid are the service's own. A compound line keeps its shell.
  const words =
    command.kind === "line"
      ? ["/bin/sh", "-c", isSimple(command.line) ? `exec ${command.line}` : command.line]
      : command.words;
  const [program, ...args] = [...prefix, ...words];
  return [program ?? "", args];
}

/** One plain program with arguments: nothing that needs the shell after it, no assignment before it. */
export function isSimple(line: string): boolean {
  if (/[;&|<>()`$\n]/.test(line) || /^\S*=/.test(line)) return false;
  return !SHELL_WORDS.has(line.split(/\s/, 1)[0] ?? "");
}

/** What only a shell can do: there is no program by that name to become (POSIX, special built-ins and reserved words). */
const SHELL_WORDS = new Set(
  ". : ! { alias bg break case cd command continue eval exec exit export fg for getopts hash if jobs read readonly return set shift source times trap type ulimit umask unalias unset until wait while".split(
    " ",
  ),
);

/** The log's descriptor, or why there is none. */
function openLog(path: string, uid: number | null): number | string {
  try {
    const log = openForAppend(path);
    if (uid !== null) fchownSync(log, uid, process.getgid?.() ?? 0);
    return log;
  } catch (error) {
    return messageOf(error);
  }
}

function openForAppend(path: string): number {
  try {
    return openSync(path, "a", 0o600);
  } catch (error) {
    if (existsSync(dirname(path))) throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, "a", 0o600);
  }
}

/** What is wrong with a folder to work in, or null. */
function folderFault(cwd: string): string | null {
  try {
    return statSync(cwd).isDirectory() ? null : `cwd ${cwd} is not a folder`;
  } catch (error) {
    return `cwd ${cwd}: ${messageOf(error)}`;
  }
}

const failed = (error: string): Spawned => ({ kind: "failed", error });
