import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { ServiceSpec } from "@afloat/shared/spec";

export type Spawned = { kind: "spawned"; child: ChildProcess; pid: number } | { kind: "failed"; error: string };

/**
 * Starts a service in a session of its own, its output appended to a file: it outlives the agent, and no pipe can block or
 * break it. `marker` is how its processes are found again. Never throws: what the system refuses is an answer.
 */
export async function spawnService(spec: ServiceSpec, marker: string, logPath: string): Promise<Spawned> {
  let log: number;
  try {
    mkdirSync(dirname(logPath), { recursive: true, mode: 0o700 });
    log = openSync(logPath, "a", 0o600);
  } catch (error) {
    return { kind: "failed", error: `cannot open its log ${logPath}: ${messageOf(error)}` };
  }
  try {
    const wrongFolder = folderFault(spec.cwd);
    if (wrongFolder !== null) return { kind: "failed", error: wrongFolder };
    return await start(spec, marker, log);
  } finally {
    closeSync(log);
  }
}

async function start(spec: ServiceSpec, marker: string, log: number): Promise<Spawned> {
  const [program, args] = programOf(spec.command);
  let child: ChildProcess;
  try {
    child = spawn(program, args, {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env, AFLOAT_SERVICE: spec.name, AFLOAT_SPAWN: marker },
      detached: true,
      stdio: ["ignore", log, log],
    });
  } catch (error) {
    return { kind: "failed", error: messageOf(error) };
  }
  if (child.pid !== undefined) {
    // A late error (a failed kill, say) must not end the agent; the exit event tells what matters.
    child.on("error", () => {});
    return { kind: "spawned", child, pid: child.pid };
  }
  const error = await new Promise<Error>((resolve) => child.once("error", resolve));
  return { kind: "failed", error: `${program}: ${error.message}` };
}

function programOf(command: ServiceSpec["command"]): [string, string[]] {
  // `exec` leaves no shell in between: signals and the pid are the service's own. A compound line keeps its shell.
  if (command.kind === "line")
    return ["/bin/sh", ["-c", isSimple(command.line) ? `exec ${command.line}` : command.line]];
  const [program, ...args] = command.words;
  return [program ?? "", args];
}

/** One plain program with arguments: nothing that needs the shell after it, no assignment before it. */
function isSimple(line: string): boolean {
  if (/[;&|<>()`$\n]/.test(line) || /^\S*=/.test(line)) return false;
  return !/^(exec|cd|export|set|if|for|while|until|case|trap|eval|\.|\{|!|:)(\s|$)/.test(line);
}

/** Node says ENOENT for a missing folder as for a missing program: tell them apart. */
function folderFault(cwd: string): string | null {
  try {
    return statSync(cwd).isDirectory() ? null : `cwd ${cwd} is not a folder`;
  } catch (error) {
    return `cwd ${cwd}: ${messageOf(error)}`;
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
