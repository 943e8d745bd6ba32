import type { Measures } from "../domain.ts";

const HOUR_MS = 3_600_000;
/** Hours of the clock that are told together while nobody looks, from an even one on: a row of the cloud's database is paid for. */
export const HOURS_TOGETHER = 2;

/** What a service used in an hour of the clock. What was not known is null. */
export interface ServiceHour {
  name: string;
  /** Mean and highest share of a core, as far as it was looked at. */
  cpuMean: number | null;
  cpuMax: number | null;
  memoryMeanBytes: number | null;
  memoryMaxBytes: number | null;
  /** Of its endpoint's last answers at the end of the hour, milliseconds. */
  p50Ms: number | null;
  p95Ms: number | null;
}

/** An hour of a host. */
export interface HourSample {
  /** When the hour began; a whole hour since the epoch. */
  hourMs: number;
  /** How much of it was looked at, milliseconds: less than an hour where the agent was away. */
  coveredMs: number;
  services: ServiceHour[];
}

/** An hour on its way. */
export interface OpenHour {
  hourMs: number;
  coveredMs: number;
  services: ReadonlyMap<string, Sums>;
}

interface Sums {
  busyMs: number;
  overMs: number;
  cpuMax: number | null;
  memorySum: number;
  memoryLooks: number;
  memoryMaxBytes: number | null;
}

/** When the hours that are told together with this one are over, by the clock. */
export function togetherUntilMs(hourMs: number): number {
  const spanMs = HOURS_TOGETHER * HOUR_MS;
  return Math.floor(hourMs / spanMs) * spanMs + spanMs;
}

/** An hour of which nothing is known yet. */
export function openHour(nowMs: number): OpenHour {
  return { hourMs: Math.floor(nowMs / HOUR_MS) * HOUR_MS, coveredMs: 0, services: new Map() };
}

/** True once the clock is in another hour, later or earlier. */
export function isOver({ hourMs }: OpenHour, nowMs: number): boolean {
  return nowMs < hourMs || nowMs >= hourMs + HOUR_MS;
}

/** With one more look; `sinceMs` is how long ago the one before was. */
export function withLook(hour: OpenHour, looked: ReadonlyMap<string, Measures | null>, sinceMs: number): OpenHour {
  const services = new Map(hour.services);
  for (const [name, measures] of looked) {
    if (measures !== null) services.set(name, added(services.get(name) ?? NOTHING, measures));
  }
  return { ...hour, coveredMs: Math.min(HOUR_MS, hour.coveredMs + Math.max(0, Math.round(sinceMs))), services };
}

/** The hour as it is told; null where nothing was seen in it. */
export function sampleOf(
  { hourMs, coveredMs, services }: OpenHour,
  latencyOf: (name: string) => { p50Ms: number; p95Ms: number } | null,
): HourSample | null {
  if (services.size === 0) return null;
  const hours = [...services].map(([name, sums]): ServiceHour => {
    const latency = latencyOf(name);
    return {
      name,
      cpuMean: sums.overMs === 0 ? null : rounded(sums.busyMs / sums.overMs),
      cpuMax: sums.cpuMax === null ? null : rounded(sums.cpuMax),
      memoryMeanBytes: sums.memoryLooks === 0 ? null : Math.round(sums.memorySum / sums.memoryLooks),
      memoryMaxBytes: sums.memoryMaxBytes,
      p50Ms: latency?.p50Ms ?? null,
      p95Ms: latency?.p95Ms ?? null,
    };
  });
  return { hourMs, coveredMs, services: hours };
}

const NOTHING: Sums = { busyMs: 0, overMs: 0, cpuMax: null, memorySum: 0, memoryLooks: 0, memoryMaxBytes: null };

function added(sums: Sums, { cpu, cpuOverMs, memoryBytes }: Measures): Sums {
  const overMs = cpu === null ? 0 : (cpuOverMs ?? 0);
  return {
    busyMs: sums.busyMs + (cpu ?? 0) * overMs,
    overMs: sums.overMs + overMs,
    cpuMax: cpu === null ? sums.cpuMax : Math.max(sums.cpuMax ?? 0, cpu),
    memorySum: sums.memorySum + (memoryBytes ?? 0),
    memoryLooks: sums.memoryLooks + (memoryBytes === null ? 0 : 1),
    memoryMaxBytes: memoryBytes === null ? sums.memoryMaxBytes : Math.max(sums.memoryMaxBytes ?? 0, memoryBytes),
  };
}

/** To a hundredth of a percent of a core. */
const rounded = (cpu: number) => Math.round(cpu * 10_000) / 10_000;
