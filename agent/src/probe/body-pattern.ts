import { createContext, type Context, Script } from "node:vm";

/** How long one look may take, milliseconds: a regular expression can take for ever, and everything else would wait for it. */
const LIMIT_MS = 50;
/** How often it is looked at again where the machine was busy with others; everything else waits meanwhile. */
const LOOKS = 3;

/** Whether a text fits a regular expression of the configuration; null where that takes too long to know. */
export function fits(pattern: string, text: string): boolean | null {
  place ??= createContext({});
  Object.assign(place, { pattern, text });
  try {
    for (let looks = 0; looks < LOOKS; looks++) {
      const before = process.cpuUsage();
      try {
        return look.runInContext(place, { timeout: LIMIT_MS }) === true;
      } catch {
        // ERR_SCRIPT_EXECUTION_TIMEOUT: the pattern was looked at when the configuration was read. The limit is one of time of
        // day: on a machine that was busy with others nothing is known yet, and it is looked at again.
        const { user, system } = process.cpuUsage(before);
        if ((user + system) / 1000 >= LIMIT_MS / 2) return null;
      }
    }
    return null;
  } finally {
    Object.assign(place, { pattern: "", text: "" });
  }
}

/** One for all; made when the first is looked at, since few services need it. */
let place: Context | null = null;
const look = new Script("new RegExp(pattern).test(text)");
