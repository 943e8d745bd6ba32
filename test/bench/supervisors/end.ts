import { setTimeout as wait } from "node:timers/promises";
import { processesCalled } from "../../behaviours/processes.ts";

/** Ends whatever runs these lines; each line is used by one supervisor alone. */
export async function endAll(lines: readonly string[]): Promise<void> {
  const pids = () => [...new Set(lines)].flatMap(processesCalled);
  for (let left = pids(); left.length > 0; left = pids()) {
    for (const pid of left) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended in this very moment.
      }
    }
    await wait(50);
  }
}
