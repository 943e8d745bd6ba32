import { join } from "node:path";
import { shiftSince, shiftTimes } from "@afloat/shared/core/clock-shift";
import { initialState } from "@afloat/shared/core/lifecycle";
import type { ServiceState } from "@afloat/shared/core/lifecycle-types";
import type { ServiceSpec } from "@afloat/shared/spec";
import type { Counted } from "../process/census.ts";
import { spawnOf } from "../process/mark.ts";
import { bootId, isAlive } from "../process/proc.ts";
import { readJson, writeJson } from "../state/files.ts";

/** What one agent leaves the next about a service. */
export interface SavedService {
  state: ServiceState;
  /** Start time of its first process, clock ticks since boot; null where it is not known. */
  startTicks: number | null;
  /** When this was so; null in what an older agent left. */
  seenMs: number | null;
}

/** What is written also says in which version and boot it was, so that a foreign file is not taken for ours. */
const VERSION = 1;

/** Writes it whole; a disk that refuses is said, and the service goes on. `spare`: also as the copy for a torn file. */
export function saveState(
  stateDir: string,
  name: string,
  saved: SavedService,
  spare: boolean,
  say: (text: string) => void,
): void {
  try {
    const written = { version: VERSION, bootId: bootId(), ...saved };
    writeJson(fileOf(stateDir, name), written);
    if (spare) writeJson(spareOf(fileOf(stateDir, name)), written);
  } catch (error) {
    say(`${name}: its state could not be written: ${String(error)}`);
  }
}

/** What an earlier agent left, or null. A file of another version is not understood, and not used. */
export function readState(
  stateDir: string,
  spec: ServiceSpec,
  nowMs: number,
  say: (text: string) => void,
): (SavedService & { bootId: string }) | null {
  const path = fileOf(stateDir, spec.name);
  const newest = readJson(path, say);
  const read = isSaved(newest) ? newest : readJson(spareOf(path), say);
  if (!isSaved(read)) {
    if (newest !== undefined) say(`${spec.name}: its state file is not one of ours; the service begins anew`);
    return null;
  }
  if (read !== newest) say(`${spec.name}: its state file could not be used; its spare is`);
  // Fields that a newer agent added get their first values.
  const first = initialState(spec);
  const endpoint = { ...first.endpoint, ...read.state.endpoint };
  const state = { ...first, ...read.state, endpoint };
  const seenMs = read.seenMs ?? null;
  const shift = shiftSince(seenMs, nowMs);
  return shift === null ? { ...read, seenMs, state } : { ...read, seenMs: nowMs, state: shiftTimes(state, shift) };
}

/** What an earlier agent left running. */
export interface Found {
  pid: number;
  startTicks: number;
  startedMs: number;
  spawn: number;
}

/**
 * The service's process that is alive now: the one on record, else the eldest that carries its newest mark. Where the one on
 * record has ended and others of its start live on, it is still the one: its end is then noticed, and who took over is found,
 * as if an agent had run. But one that was to leave (`forks`) tells nobody any more how it left, and has an heir.
 */
export function findRunning(
  saved: (SavedService & { bootId: string }) | null,
  marked: readonly (Counted & { mark: string })[],
  { forks }: Pick<ServiceSpec, "forks">,
): Found | null {
  const spawn = saved?.state.spawn ?? 0;
  const life = saved?.state.life;
  const sinceMs = life?.kind === "up" ? life.sinceMs : life?.kind === "stopping" ? life.upSinceMs : null;
  const startedMs = sinceMs ?? Date.now();
  const recorded =
    saved !== null && saved.bootId === bootId() && (life?.kind === "up" || life?.kind === "stopping")
      ? { pid: life.pid, startTicks: saved.startTicks }
      : null;
  const [first] = marked.toSorted(
    (a, b) => spawnOf(b.mark) - spawnOf(a.mark) || a.stat.startTicks - b.stat.startTicks || a.stat.pid - b.stat.pid,
  );
  if (recorded !== null && recorded.startTicks !== null) {
    const { pid, startTicks } = recorded;
    const leftOthers = first !== undefined && spawnOf(first.mark) <= spawn && !forks;
    if (leftOthers || isAlive(pid, startTicks)) return { pid, startTicks, startedMs, spawn };
  }
  if (first === undefined) return null;
  const { pid, startTicks } = first.stat;
  return { pid, startTicks, startedMs, spawn: Math.max(spawn, spawnOf(first.mark)) };
}

/** A copy from when the desired state last changed: what a person wants must not be lost with one torn file. */
const spareOf = (path: string) => `${path}.spare`;

const fileOf = (stateDir: string, name: string) => join(stateDir, "services", `${name}.json`);

function isSaved(value: unknown): value is SavedService & { bootId: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    "version" in value &&
    value.version === VERSION &&
    "state" in value &&
    typeof value.state === "object" &&
    value.state !== null &&
    "life" in value.state &&
    "spawn" in value.state
  );
}
