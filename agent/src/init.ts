import { existsSync } from "node:fs";

/**
 * As the first process of a container the agent would have to collect every process that lost its parent, which Node cannot:
 * they would stay as zombies. A shell can: it becomes the first process, with the agent as its child, passes signals on and
 * ends as the agent does.
 */
const INIT = `
"$@" & agent=$!
for signal in TERM INT HUP; do trap "kill -$signal $agent 2>/dev/null" $signal; done
while kill -0 $agent 2>/dev/null; do wait $agent; code=$?; done
exit $code`;

const SHELL = "/bin/sh";

/**
 * Where this process is the first of all, puts a shell in its place and does not return; where that cannot be done, answers
 * what to do instead. Answers null everywhere else.
 */
export function giveWayToInit(): string | null {
  if (process.pid !== 1) return null;
  const advice =
    "this is the first process of a container: processes that lose their parent will stay as zombies; give it an init, like docker run --init, or tini";
  // From Node 22.15 and 23.11 on.
  if (typeof process.execve !== "function" || !existsSync(SHELL)) return advice;
  const own = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.execve(SHELL, ["sh", "-c", INIT, "afloat", ...own], process.env);
  return advice;
}

/**
 * True where this is the main program of a container: nothing outlives it there, so its services are better stopped than
 * left. systemd is the first process, too, but says so (systemd.exec(5), INVOCATION_ID).
 */
export function isMainOfContainer(): boolean {
  return process.pid === 1 || (process.ppid === 1 && process.env["INVOCATION_ID"] === undefined);
}
