import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Journal } from "../host.ts";
import { markOf } from "../process/mark.ts";
import { Members } from "../process/members.ts";
import { stopAll, type StopPlan } from "../process/stop.ts";

/** How a service is stopped whose own plan is no longer configured. */
const PLAN: StopPlan = { signal: "SIGTERM", timeoutMs: 10_000, command: null, failed: () => {} };

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
      const members = new Members(null, markOf(stateId, name));
      if ((await members.find()).length > 0) {
        say(`${name}: is not configured any more; it is stopped`);
        await stopAll(members, PLAN);
      }
      forgetService(name, { stateDir, journal });
    }),
  );
}

/** What was kept of a service goes, and whoever shows it is told. Its log stays. */
export function forgetService(name: string, { stateDir, journal }: Pick<Rooms, "stateDir" | "journal">): void {
  for (const file of [`${name}.json`, `${name}.json.spare`]) rmSync(join(stateDir, "services", file), { force: true });
  journal.append({ kind: "removed", service: name });
}

function savedNames(dir: string): string[] {
  try {
    return readdirSync(dir).flatMap((file) => /^(.+)\.json$/.exec(file)?.[1] ?? []);
  } catch {
    // The first start: nothing is saved.
    return [];
  }
}
