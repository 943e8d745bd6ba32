import type { ServiceSnapshot } from "@afloat/shared/domain";
import type { Journal, NewEvent } from "../src/host.ts";
import { openJournal } from "../src/journal/journal.ts";
import type { Kept } from "../src/journal/core/line.ts";

/** A journal as an agent opens it, at a time that stands still. */
export function openGround(dir: string, say: (text: string) => void = () => {}, nowMs = 1_000): Journal {
  return openJournal(dir, { nowMs: () => nowMs, upMs: () => 500, boot: "boot1", run: "run1", say });
}

/** Everything that a journal tells, read as the link does. */
export function readAll(journal: Journal): Kept[] {
  const seen: Kept[] = [];
  for (let batch = journal.since(0, 200); batch.length > 0; batch = journal.since(seen.at(-1)?.seq ?? 0, 200)) {
    seen.push(...batch);
  }
  return seen;
}

export function snapshot(said: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  return {
    ...{ name: "web", desired: "run", paused: null, state: "up", verdict: "healthy", reasonCode: "process-only" },
    ...{ reason: "it runs; no port, no endpoint to ask", sinceMs: 1_000, pid: 4711, port: null, restarts: 0 },
    ...{ upSinceMs: 1_000, nextTryMs: null, loop: null, lastExit: null, endpoint: null, diagnosis: null },
    ...said,
  };
}

/** One crash of a service in a restart loop: its end, the restart, and how it stands before and after. */
export function crash(service: string, restarts: number, atMs: number): NewEvent[] {
  const exit = { code: 1, signal: null, atMs, ranMs: 40 };
  const cause = { code: "exit-code" as const, text: "exits with code 1 within 0.1 s of every start" };
  const loop = {
    ...{ openedMs: 1_000, closedMs: null, restarts: 4, spanMs: 900, withinMs: 300_000, longestGapMs: 400, cause },
  };
  const standing = { name: service, loop, restarts, lastExit: exit, sinceMs: atMs };
  const down = { verdict: "down" as const, reasonCode: "exited" as const, state: "backoff" as const, pid: null };
  const starting = { verdict: "starting" as const, reasonCode: "start-period" as const, state: "up" as const };
  return [
    { kind: "exited", service, exit, atMs },
    { kind: "restart", service, planned: false, why: "exited with code 1 after 0.1 s", atMs },
    { kind: "flip", snapshot: snapshot({ ...standing, ...down }), atMs },
    { kind: "flip", snapshot: snapshot({ ...standing, ...starting, pid: 5_000 + restarts }), atMs: atMs + 10 },
  ];
}
