import type { CommandSpec, ServiceSpec } from "@afloat/shared/spec";
import { spawnCommand } from "./spawn.ts";

/**
 * Runs a service's own stop command, with the first process's pid in AFLOAT_PID, until it ends or its time is over. Answers
 * what went wrong, or null. It carries a mark of its own: it is not one of those it stops.
 */
export async function runStopCommand(
  command: CommandSpec,
  spec: ServiceSpec,
  place: { mark: string; logPath: string; pid: number; timeoutMs: number },
): Promise<string | null> {
  const started = await spawnCommand(
    command,
    spec,
    { mark: `stop-of:${place.mark}`, logPath: place.logPath, lifeline: null },
    { AFLOAT_PID: String(place.pid) },
  );
  if (started.kind === "failed") return started.error;
  const { child, pid } = started;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // It ended in this very moment.
      }
      resolve(`did not end within ${place.timeoutMs / 1000} s`);
    }, place.timeoutMs);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      resolve(code === 0 ? null : `ended with ${signal ?? `code ${code}`}`);
    });
  });
}
