import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Journal } from "../host.ts";
import { processesWithEntry } from "../process/proc.ts";
import { stopAll } from "../process/stop.ts";

/** How a service is stopped whose own plan is no longer configured. */
const PLAN = { signal: "SIGTERM", timeoutMs: 10_000 };

interface Rooms {
  stateDir: string;
  stateId: string;
  journal: Journal;
  say: (text: string) => void;
}

/**
 * Ends what was configured once and is no more: it would run on with nobody to watch it, and hold the port of what replaced
 * it. Only processes that carry our mark are touched. Resolves when the last is gone.
 */
export async function stopRetired(configured: readonly string[], rooms: Rooms): Promise<void> {
  const { stateDir, stateId, journal, say } = rooms;
  const retired = savedNames(join(stateDir, "services")).filter((name) => !configured.includes(name));
  await Promise.all(
    retired.map(async (name) => {
      const marker = `${stateId}:${name}`;
      const [first] = processesWithEntry(`AFLOAT_SPAWN=${marker}`);
      if (first !== undefined) {
        say(`${name}: is not configured any more; it is stopped`);
        await stopAll(first.group, marker, PLAN);
      }
      rmSync(join(stateDir, "services", `${name}.json`), { force: true });
      journal.append({ kind: "removed", service: name });
    }),
  );
}

function savedNames(dir: string): string[] {
  try {
    return readdirSync(dir).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []);
  } catch {
    // The first start: nothing is saved.
    return [];
  }
}
