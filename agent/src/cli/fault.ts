import type { ConfigError } from "../config/load.ts";
import { NotAnswering, NotRunning } from "../control/client.ts";
import { messageOf } from "../error-words.ts";

/** Says what went wrong and how to mend it; answers the exit code. */
export function tellFault(error: unknown): number {
  if (isConfigError(error)) {
    for (const mistake of error.mistakes) console.error(mistake);
    return 2;
  }
  if (error instanceof NotAnswering) {
    console.error(error.message);
    return 3;
  }
  if (error instanceof NotRunning) {
    console.error("no agent runs here; start it with: afloat up --daemon");
    return 3;
  }
  console.error(messageOf(error));
  return 1;
}

/** Known by its shape: its class would bring the parser of YAML with it, for every command that fails. */
const isConfigError = (error: unknown): error is ConfigError =>
  error instanceof Error && "mistakes" in error && Array.isArray(error.mistakes);
