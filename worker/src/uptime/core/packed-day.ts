import { DAY_MS } from "@afloat/shared/core/moment";
import type { TimeIn } from "@afloat/shared/core/uptime";

/**
 * How long each status of a service held on a UTC day, milliseconds: degraded, outage, maintenance, unknown, and how much of the day it was
 * not there; zeros at the end are left out. The rest of the day it was operational: no day comes to more than 24 h, and a good one is `[]`.
 */
export type PackedDay = number[];

export function packDay({ operational, degraded_performance, outage, maintenance, unknown }: TimeIn): PackedDay {
  const told = [degraded_performance, outage, maintenance, unknown];
  const packed = [...told, told.reduce((rest, ms) => rest - ms, DAY_MS - operational)];
  return packed.slice(0, packed.findLastIndex((ms) => ms !== 0) + 1);
}

export function unpackDay(packed: PackedDay): TimeIn {
  const [degraded_performance = 0, outage = 0, maintenance = 0, unknown = 0] = packed;
  const operational = packed.reduce((rest, ms) => rest - ms, DAY_MS);
  return { operational, degraded_performance, outage, maintenance, unknown };
}
