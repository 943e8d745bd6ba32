import type { Exit } from "../domain.ts";
import type { Life, ServiceState } from "./lifecycle-types.ts";

/** What three clocks say at one moment, milliseconds. */
export interface ClockReadings {
  /** The time of day: may be set, forwards and backwards. */
  wallMs: number;
  /** Never set; stands still while the machine is suspended. */
  monotonicMs: number;
  /** As monotonic, and goes on while the machine is suspended. */
  boottimeMs: number;
}

/** A jump of the clock that is shown: the machine had been suspended for so long, or somebody set the time of day. */
export interface ClockShift {
  why: "suspended" | "set";
  byMs: number;
}

/** Less is noise: the rounding of the readings, and steps that nobody sees, milliseconds. */
const NOISE_MS = 2000;

/** What happened between two looks at the clocks, beside time passing. */
export function decideShifts(before: ClockReadings, after: ClockReadings): ClockShift[] {
  const ranMs = after.monotonicMs - before.monotonicMs;
  const passedMs = after.boottimeMs - before.boottimeMs;
  const wallMs = after.wallMs - before.wallMs;
  const shifts: ClockShift[] = [
    { why: "suspended", byMs: Math.round(passedMs - ranMs) },
    { why: "set", byMs: Math.round(wallMs - passedMs) },
  ];
  return shifts.filter(({ byMs }) => Math.abs(byMs) > NOISE_MS);
}

/**
 * What is left to do where the clock stands behind what was last written: it was never set since this machine was started, say.
 * No time is taken to have passed since then.
 */
export function shiftSince(seenMs: number | null, nowMs: number): ClockShift | null {
  return seenMs !== null && seenMs - nowMs > NOISE_MS ? { why: "set", byMs: nowMs - seenMs } : null;
}

/**
 * The same state after a jump of the clock. Where the time was set, every moment moves with it. Where the machine was suspended,
 * only those from which time is measured move, since neither it nor its services ran meanwhile; what is shown stays.
 */
export function shiftTimes(state: ServiceState, shift: ClockShift): ServiceState {
  const always = (ms: number) => Math.max(0, ms + shift.byMs);
  const set = shift.why === "set" ? always : (ms: number) => ms;
  const life = shiftLife(state.life, always, set);
  const { observation, loop, desired, breaker, endpoint, port } = state;
  return {
    ...state,
    life,
    desired: desired.kind === "pause" ? { ...desired, atMs: set(desired.atMs) } : desired,
    lastExit: shiftExit(state.lastExit, set),
    observation: observation && {
      ...observation,
      startedMs: set(observation.startedMs),
      endedMs: set(observation.endedMs),
    },
    endpoint: {
      ...endpoint,
      lastOkMs: orNull(endpoint.lastOkMs, set),
      failingSinceMs: orNull(endpoint.failingSinceMs, set),
      lastProbeEndedMs: orNull(endpoint.lastProbeEndedMs, always),
    },
    port: {
      ...port,
      // An adopted service's port counts as opened where it was seen open after the start: that stays so.
      lastOkMs: orNull(port.lastOkMs, (ms) => (ms >= beganMs(state.life) ? Math.max(set(ms), beganMs(life)) : set(ms))),
      failingSinceMs: orNull(port.failingSinceMs, set),
    },
    breaker: { ...breaker, passingSinceMs: orNull(breaker.passingSinceMs, always) },
    restartTimes: state.restartTimes.map((mark) => ({ ...mark, atMs: always(mark.atMs) })),
    loop: loop && { ...loop, openedMs: set(loop.openedMs), closedMs: orNull(loop.closedMs, set) },
    judgement: { ...state.judgement, sinceMs: set(state.judgement.sinceMs) },
  };
}

type Shift = (ms: number) => number;

function shiftLife(life: Life, always: Shift, set: Shift): Life {
  switch (life.kind) {
    case "starting":
    case "up":
      return { ...life, sinceMs: always(life.sinceMs) };
    case "stopping":
      return {
        ...life,
        upSinceMs: always(life.upSinceMs),
        sinceMs: always(life.sinceMs),
        exit: shiftExit(life.exit, set),
      };
    case "backoff":
      return { ...life, untilMs: always(life.untilMs) };
    case "completed":
      return { ...life, exit: { ...life.exit, atMs: set(life.exit.atMs) } };
    case "waiting":
    case "paused":
    case "off":
      return life;
  }
}

const shiftExit = (exit: Exit | null, set: Shift): Exit | null => exit && { ...exit, atMs: set(exit.atMs) };
const orNull = (ms: number | null, shift: Shift): number | null => (ms === null ? null : shift(ms));

/** When what runs began; what does not run was never seen since. */
function beganMs(life: Life): number {
  if (life.kind === "up") return life.sinceMs;
  return life.kind === "stopping" ? life.upSinceMs : Number.POSITIVE_INFINITY;
}
