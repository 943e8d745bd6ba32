import { spawn } from "node:child_process";
import { constants } from "node:os";
import { existsSync } from "node:fs";
import { runAs } from "../process/user.ts";
import { tellFault } from "./fault.ts";
import { environmentOf, oneService, statusIfAny } from "./one-service.ts";
import type { Place } from "./place.ts";

/** Nothing was run: as env(1), timeout(1) and docker(1) say it, since every smaller number may be the command's own. */
const NOT_RUN = 125;
/** As shells say it (POSIX, 2.8.2): it is there and must not be run; it is not there. */
const MUST_NOT = 126;
const NOT_FOUND = 127;

/** `afloat exec web -- command`: in its folder, as its user, in its environment. Answers the command's own exit code. */
export async function exec(place: Place, asked: string, words: string[]): Promise<number> {
  try {
    return await runIn(place, asked, words);
  } catch (error) {
    tellFault(error);
    return NOT_RUN;
  }
}

async function runIn(place: Place, asked: string, words: string[]): Promise<number> {
  const one = oneService(place, asked);
  if ("fault" in one) return refused(one.fault);
  const { spec } = one;
  const as = runAs(spec.user, spec.group);
  if ("fault" in as) return refused(as.fault);
  const found = environmentOf(spec, await statusIfAny(place));
  if ("fault" in found) return refused(found.fault);
  if (!existsSync(spec.cwd)) return refused(`cwd ${spec.cwd}: there is no such folder`);
  const command = words.length > 0 ? words : [found.variables["SHELL"] ?? "/bin/sh"];
  return run([...as.prefix, ...command], spec.cwd, found.variables);
}

function refused(fault: string): number {
  console.error(fault);
  return NOT_RUN;
}

function run(words: string[], cwd: string, env: Record<string, string>): Promise<number> {
  const [program = "", ...args] = words;
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: "inherit" });
    // The terminal sends these to both of us; what they do is the command's to say.
    for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, () => {});
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
    child.once("error", (error: NodeJS.ErrnoException) => {
      console.error(`${program}: ${error.code === "ENOENT" ? "there is no such program" : error.message}`);
      resolve(error.code === "ENOENT" ? NOT_FOUND : MUST_NOT);
    });
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
