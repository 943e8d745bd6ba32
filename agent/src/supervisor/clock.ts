import { readFileSync } from "node:fs";
import { type ClockReadings, type ClockShift, decideShifts } from "@afloat/shared/core/clock-shift";

/**
 * The time of day, carried on by the monotonic clock: it never jumps by itself, so that what is measured with it is true. Where
 * the machine was suspended or its time was set, `catchUp` puts it right, and tells by how much all that was noted has to move.
 */
export class Clock {
  readonly #read: () => ClockReadings;
  readonly #first: ClockReadings;
  #anchor: ClockReadings;
  /** Since when the machine is awake without a pause, by the monotonic clock. */
  #awakeFromMs: number;

  constructor(read: () => ClockReadings = readClocks) {
    this.#read = read;
    this.#first = read();
    this.#anchor = this.#first;
    this.#awakeFromMs = performance.now();
  }

  /** Whole milliseconds since the epoch. */
  nowMs(): number {
    return Math.max(0, Math.round(this.#anchor.wallMs + performance.now() - this.#anchor.monotonicMs));
  }

  /** The time of day as it was when this clock was made, and carried on, whatever was put right since: to measure with. */
  steadyMs(): number {
    return Math.round(this.#first.wallMs + performance.now() - this.#first.monotonicMs);
  }

  /** The same, and while the machine slept it went on: for what must not be done after its time. */
  elapsedMs(): number {
    return this.steadyMs() + Math.round(this.suspendedMs());
  }

  /** Since the machine was started, suspended time included, milliseconds; where the system does not tell that, since this process was. */
  upMs(): number {
    return this.#anchor.boottimeMs + performance.now() - this.#anchor.monotonicMs;
  }

  /** Since this clock was made, or since the machine was last suspended, milliseconds. */
  awakeMs(): number {
    return performance.now() - this.#awakeFromMs;
  }

  /** For how long the machine was suspended since this clock was made, milliseconds, give or take ten. */
  suspendedMs(): number {
    const { monotonicMs, boottimeMs } = this.#read();
    return boottimeMs - monotonicMs - (this.#first.boottimeMs - this.#first.monotonicMs);
  }

  /** Puts the time right. What happened is answered in the order in which it is to be told. */
  catchUp(): ClockShift[] {
    const shifts = decideShifts(this.#anchor, this.#read());
    if (shifts.some(({ why }) => why === "suspended")) this.#awakeFromMs = performance.now();
    // By what is told and no more: times that were noted and moved are then as far from now as before.
    for (const { why, byMs } of shifts) {
      const { wallMs, boottimeMs, monotonicMs } = this.#anchor;
      const asleepMs = why === "suspended" ? byMs : 0;
      this.#anchor = { wallMs: wallMs + byMs, boottimeMs: boottimeMs + asleepMs, monotonicMs };
    }
    return shifts;
  }
}

/** The clocks of this machine. Where the system does not tell the time since boot, a suspension looks like a time that was set. */
function readClocks(): ClockReadings {
  const monotonicMs = performance.now();
  return { wallMs: Date.now(), monotonicMs, boottimeMs: sinceBootMs(monotonicMs) };
}

/** Where it cannot be read, it has gone on as the monotonic clock did: not Linux, or no descriptor is free. */
function sinceBootMs(monotonicMs: number): number {
  try {
    // CLOCK_BOOTTIME, in hundredths of a second (proc(5)).
    const boottimeMs = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
    aheadMs = boottimeMs - monotonicMs;
  } catch {
    // As it was last.
  }
  return monotonicMs + aheadMs;
}

/** By how much the clock since boot was ahead of the monotonic one when it was last read, milliseconds. */
let aheadMs = 0;
