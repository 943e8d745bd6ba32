import { CLOCK_NOISE_MS } from "@afloat/shared/core/clock-correction";
import type { Stamp } from "../../journal/core/line.ts";

/**
 * The cloud's clock, as far as this host knows it. The time since the machine's start counts evenly, whoever sets the time of day:
 * with what the cloud's clock showed when that began, every moment of this boot has its time.
 */
export interface CloudClock {
  /** The cloud's time at the start of this machine, milliseconds since the epoch. */
  originMs: number;
  /** It is right to within this; null before it was measured: the host's own clock is trusted. */
  errorMs: number | null;
}

/** What this host's clocks say at one moment, milliseconds. */
export interface HostTime {
  /** The time of day. */
  nowMs: number;
  /** Since the machine's start, suspended time included. */
  upMs: number;
  /** Which start that was. */
  boot: string;
}

/** Before anything was measured. */
export function trusting({ nowMs, upMs }: HostTime): CloudClock {
  return { originMs: nowMs - upMs, errorMs: null };
}

/**
 * After an answer that told the cloud's time: it was taken half way between asking and hearing, give or take that half (as NTP
 * has it: RFC 5905, 8). What does not differ beyond the error changes nothing, so that times do not tremble.
 */
export function measured(
  clock: CloudClock,
  { askedUpMs, heardUpMs, cloudMs }: { askedUpMs: number; heardUpMs: number; cloudMs: number },
): CloudClock {
  const halfMs = Math.max(0, heardUpMs - askedUpMs) / 2;
  const originMs = cloudMs - (askedUpMs + heardUpMs) / 2;
  const errorMs = Math.round(halfMs);
  const isSame = Math.abs(originMs - clock.originMs) <= CLOCK_NOISE_MS + halfMs;
  return isSame ? { ...clock, errorMs } : { originMs, errorMs };
}

/** By how much this host's clock is ahead of the cloud's now, milliseconds. */
export function aheadMs(clock: CloudClock, { nowMs, upMs }: HostTime): number {
  return Math.round(nowMs - upMs - clock.originMs);
}

/**
 * By how much the times of an event have to move to be the cloud's, milliseconds. One of this boot is put where the even count says;
 * of an earlier one it is known only how far the clock is off now.
 */
export function correctionMs(
  clock: CloudClock,
  event: { atMs: number; stamp?: Stamp | undefined },
  host: HostTime,
): number {
  if (clock.errorMs === null) return 0;
  const { stamp, atMs } = event;
  const byMs = stamp?.boot === host.boot ? stamp.upMs + clock.originMs - atMs : -aheadMs(clock, host);
  return Math.abs(byMs) <= CLOCK_NOISE_MS ? 0 : Math.round(byMs);
}
