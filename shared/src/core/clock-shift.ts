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
