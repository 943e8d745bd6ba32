import type { Measures } from "../domain.ts";

/** A process as one look found it. */
export interface ProcessUse {
  pid: number;
  /** With the pid, who it is: a pid alone may be another's by the next look. */
  startTicks: number;
  /** It ended, and its parent has not waited for it yet: it has nothing any more but the time that it used. */
  isDead: boolean;
  /** Processor time of its own, user and system, milliseconds. */
  ownMs: number;
  /** Of its children that ended and that it waited for, and of theirs, milliseconds. */
  endedMs: number;
  residentBytes: number | null;
  /** Of these, pages of files and of shared memory. */
  sharedBytes: number | null;
  threads: number;
  /** Null where we may not look. */
  openFiles: number | null;
}

/** All processes of a service, as they were at one moment of a clock that never jumps. */
export interface Look {
  monotonicMs: number;
  processes: readonly ProcessUse[];
  /** What had been seen of those that were gone at this look, and was in nobody's `endedMs` yet, milliseconds. */
  owedMs: number;
}

/**
 * Processor time that a service used between two looks, milliseconds; never negative. What ended in between, and was waited for by
 * another of them, is in that one's `endedMs`, whole; so what had been seen of it before is taken off again, at the next look
 * at the latest: processes are read one after the other, and one may end in between. What nobody waited for is lost from its last look on.
 */
export function usedMs(before: Look, now: readonly ProcessUse[]): { usedMs: number; owedMs: number } {
  const known = new Map(before.processes.map((each) => [keyOf(each), each]));
  let own = 0;
  let ended = 0;
  for (const process of now) {
    const then = known.get(keyOf(process));
    known.delete(keyOf(process));
    own += Math.max(0, process.ownMs - (then?.ownMs ?? 0));
    ended += Math.max(0, process.endedMs - (then?.endedMs ?? 0));
  }
  const gone = [...known.values()].reduce((sum, each) => sum + each.ownMs + each.endedMs, 0);
  const taken = Math.min(ended, gone + before.owedMs);
  return { usedMs: own + ended - taken, owedMs: Math.min(gone, gone + before.owedMs - taken) };
}

/** What they use at the second look; the rate is null without a first one. Null where nobody is there. */
export function measuresOf(before: Look | null, now: Look, used: number, atMs: number): Measures | null {
  const living = now.processes.filter(({ isDead }) => !isDead);
  if (living.length === 0) return null;
  const overMs = before === null ? 0 : now.monotonicMs - before.monotonicMs;
  const isRate = before !== null && before.processes.length > 0 && overMs > 0;
  return {
    atMs,
    // To a hundredth of a percent: finer than a tick of the kernel's clock.
    cpu: isRate ? Math.round((used / overMs) * 10_000) / 10_000 : null,
    cpuOverMs: isRate ? Math.round(overMs) : null,
    memoryBytes: memoryOf(living),
    processes: living.length,
    threads: living.reduce((sum, { threads }) => sum + threads, 0),
    openFiles: sumOf(living.map(({ openFiles }) => openFiles)),
  };
}

/**
 * What is a process's own, of all of them, and of what they share with others the largest part: a program that starts itself four times
 * has its code in memory once. What forked processes have not written to since is theirs together, and still counts for each.
 */
function memoryOf(processes: readonly ProcessUse[]): number | null {
  let own = 0;
  let shared = 0;
  for (const { residentBytes, sharedBytes } of processes) {
    if (residentBytes === null || sharedBytes === null) return null;
    own += Math.max(0, residentBytes - sharedBytes);
    shared = Math.max(shared, sharedBytes);
  }
  return own + shared;
}

/** A sum of which a part is not known is not known. */
function sumOf(parts: readonly (number | null)[]): number | null {
  let sum = 0;
  for (const part of parts) {
    if (part === null) return null;
    sum += part;
  }
  return sum;
}

const keyOf = ({ pid, startTicks }: ProcessUse) => `${pid}/${startTicks}`;
