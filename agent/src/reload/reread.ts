import { execFile } from "node:child_process";
import { MARK } from "../process/mark.ts";
import { withoutSlim } from "../slim.ts";

let running = false;
let again = false;

/**
 * SIGHUP: the file is read again by a command of our own that lives for as long as that takes: a parser in here would cost memory
 * for as long as the agent lives. What it prints goes into the log. A signal that comes meanwhile is answered by one more.
 */
export function reread(place: { configFile: string; stateDir: string }, say: (text: string) => void): void {
  if (running) {
    again = true;
    return;
  }
  running = true;
  say("SIGHUP: the configuration is read again");
  const script = process.argv[1] ?? "";
  const words = ["--config", place.configFile, "--state", place.stateDir, "reload", "--yes", "--for-signal"];
  // It is nobody's process, also where the service of another agent started us.
  const { [MARK]: _, AFLOAT_SERVICE: __, ...env } = process.env;
  execFile(process.execPath, [...withoutSlim(process.execArgv), script, ...words], { env }, (error, out, err) => {
    for (const line of `${out}${err}`.split("\n")) if (line.trim() !== "") say(`SIGHUP: ${line.trim()}`);
    if (error !== null && out === "" && err === "") say(`SIGHUP: nothing was changed: ${error.message}`);
    running = false;
    if (!again) return;
    again = false;
    reread(place, say);
  });
}
