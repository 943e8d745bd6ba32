import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { utcTime } from "./utc-time.ts";

/** A larger log is put behind, as `agent.log.1`, bytes. A crash loop must not fill the disk with its own story. */
const LIMIT_BYTES = 5 * 1024 * 1024;

/** The agent's own log: each line with its time, in a file, and on stderr in the foreground. Never throws. */
export function openAgentLog(path: string, foreground: boolean): (text: string) => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let shown = foreground;
  // The terminal hung up, or whoever read us left: the file goes on.
  process.stderr.on("error", () => (shown = false));
  return (text) => {
    const line = `${utcTime(Date.now())} ${text}\n`;
    if (shown) process.stderr.write(line);
    try {
      if (bytes > LIMIT_BYTES) {
        renameSync(path, `${path}.1`);
        bytes = 0;
      }
      appendFileSync(path, line, { mode: 0o600 });
      bytes += Buffer.byteLength(line);
    } catch {
      // A full disk must not end the agent; in the foreground the line was seen.
    }
  };
}
