/** When a service is probed. All times in milliseconds, by a clock that never jumps and that all services of a host share. */
export interface Cadence {
  intervalMs: number;
  /** Its probes are due at `offsetMs` + n × `intervalMs`: where in the interval it was given its place. */
  offsetMs: number;
  /** How far its first look is put off when many begin at once. */
  firstMs: number;
  /** The same for one that an agent found running. */
  adoptedMs: number;
}

/** What became of the last probe. */
export interface Probed {
  dueMs: number;
  startedMs: number;
  endedMs: number;
}

/** The first look after a start, and the pace until it is healthy, milliseconds: a person waits for that. */
const FIRST_MS = 250;
const EAGER_MS = 1000;
/** What each service of a host adds to the time over which first looks are spread, milliseconds. */
const ROOM_MS = 10;
/** Its multiples, taken modulo 1, lie evenly however many there are (Weyl; Knuth, The Art of Computer Programming, 6.4). */
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** The cadence of the service at `index` among `crowd` on its host: their probes are spread evenly over the interval. */
export function cadenceOf(intervalMs: number, index: number, crowd: number): Cadence {
  const phase = (index * GOLDEN) % 1;
  const roomMs = crowd * ROOM_MS;
  return {
    intervalMs,
    offsetMs: Math.floor(phase * intervalMs),
    firstMs: FIRST_MS + Math.floor(phase * Math.min(EAGER_MS, roomMs)),
    adoptedMs: Math.floor(phase * Math.min(intervalMs, roomMs)),
  };
}

/** When the first probe of a life is due. */
export function firstDueMs(cadence: Cadence, nowMs: number, adopted: boolean): number {
  return nowMs + (adopted ? cadence.adoptedMs : cadence.firstMs);
}

/**
 * When the next probe is due: at the next of its points, however late this one began and however long it took; points that it
 * outlasted are left out. One that began more than half an interval late is not followed by the next at its heels: failures
 * in a row must not come faster than was meant. `eager`: until it is healthy after a start, at most a second apart.
 */
export function nextDueMs(cadence: Cadence, last: Probed, eager: boolean): number {
  const { intervalMs, offsetMs } = cadence;
  const { dueMs, startedMs, endedMs } = last;
  const overMs = Math.max(dueMs, endedMs);
  if (eager) return nextPoint(Math.min(EAGER_MS, intervalMs), dueMs, overMs);
  const late = startedMs - dueMs > intervalMs / 2;
  return nextPoint(intervalMs, offsetMs, late ? Math.max(overMs, startedMs + intervalMs / 2) : overMs);
}

/** The first of the points `atMs` + n × `everyMs` after a moment. */
function nextPoint(everyMs: number, atMs: number, afterMs: number): number {
  return atMs + (Math.floor((afterMs - atMs) / everyMs) + 1) * everyMs;
}
