import type { Exit, Loop, ServiceSnapshot } from "../domain.ts";
import type { JournalEvent } from "../wire.ts";

/** Less than this is no clock that is wrong, milliseconds: roundings, the way of a message, slow slewing. */
export const CLOCK_NOISE_MS = 1_000;

/** The same event with every time in it moved, milliseconds. */
export function moveEvent<E extends JournalEvent>(event: E, byMs: number): E;
export function moveEvent(event: JournalEvent, byMs: number): JournalEvent {
  if (byMs === 0) return event;
  const atMs = moved(event.atMs, byMs);
  switch (event.kind) {
    case "flip":
      return { ...event, atMs, snapshot: moveSnapshot(event.snapshot, byMs) };
    case "exited":
      return { ...event, atMs, exit: moveExit(event.exit, byMs) };
    case "loop-opened":
      return {
        ...event,
        atMs,
        loop: moveLoop(event.loop, byMs),
        exit: event.exit === null ? null : moveExit(event.exit, byMs),
      };
    case "loop-closed":
      return { ...event, atMs, loop: moveLoop(event.loop, byMs) };
    case "omitted":
      return { ...event, atMs, fromMs: moved(event.fromMs, byMs) };
    case "agent-started":
    case "agent-stopped":
    case "restart":
    case "notice":
    case "command":
    case "removed":
      return { ...event, atMs };
  }
}

/** The same snapshot with every time in it moved, milliseconds. */
export function moveSnapshot(snapshot: ServiceSnapshot, byMs: number): ServiceSnapshot {
  if (byMs === 0) return snapshot;
  const { paused, loop, lastExit, endpoint } = snapshot;
  return {
    ...snapshot,
    paused: paused === null ? null : { ...paused, atMs: moved(paused.atMs, byMs) },
    sinceMs: moved(snapshot.sinceMs, byMs),
    upSinceMs: orNull(snapshot.upSinceMs, byMs),
    nextTryMs: orNull(snapshot.nextTryMs, byMs),
    loop: loop === null ? null : moveLoop(loop, byMs),
    lastExit: lastExit === null ? null : moveExit(lastExit, byMs),
    endpoint: endpoint === null ? null : { ...endpoint, lastOkMs: orNull(endpoint.lastOkMs, byMs) },
  };
}

const moved = (ms: number, byMs: number) => Math.max(0, ms + byMs);
const orNull = (ms: number | null, byMs: number) => (ms === null ? null : moved(ms, byMs));
const moveExit = (exit: Exit, byMs: number): Exit => ({ ...exit, atMs: moved(exit.atMs, byMs) });
const moveLoop = (loop: Loop, byMs: number): Loop => ({
  ...loop,
  openedMs: moved(loop.openedMs, byMs),
  closedMs: orNull(loop.closedMs, byMs),
});
