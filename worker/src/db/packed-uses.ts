import type { ServiceHourUse } from "@afloat/shared/wire";
import { customType } from "drizzle-orm/sqlite-core";

type Packed = [name: string, ...used: (number | null)[]];
/** Memory is kept in these, bytes. */
const UNIT_BYTES = 1_024;

/**
 * What services used, without a name for each number: a row that is longer than a quarter of SQLite's page takes a page of its own
 * beside it, 4 KB, and of these rows there are 840 for each host. Text, JSON.
 */
export const packedUses = customType<{ data: ServiceHourUse[]; driverData: string }>({
  dataType: () => "text",
  toDriver: (services) => packUses(services),
  fromDriver: (text) => unpack(text),
});

export function packUses(services: readonly ServiceHourUse[]): string {
  return JSON.stringify([UNIT_BYTES, ...services.map(pack)]);
}

function pack(use: ServiceHourUse): Packed {
  const { name, cpuMean, cpuMax, memoryMeanBytes, memoryMaxBytes, p50Ms, p95Ms } = use;
  return [name, rounded(cpuMean), rounded(cpuMax), inUnits(memoryMeanBytes), inUnits(memoryMaxBytes), p50Ms, p95Ms];
}

/** Rows of before are read, too: those with bytes, and those with a name for each number. */
function unpack(text: string): ServiceHourUse[] {
  const stored: (number | Packed | ServiceHourUse)[] = JSON.parse(text);
  const [first] = stored;
  const unit = typeof first === "number" ? first : 1;
  return stored.flatMap((each) => {
    if (typeof each === "number") return [];
    if (!Array.isArray(each)) return [each];
    const [name, cpuMean = null, cpuMax = null, memoryMean = null, memoryMax = null, ...times] = each;
    const [p50Ms = null, p95Ms = null] = times;
    const bytes = (memory: number | null) => (memory === null ? null : memory * unit);
    return [
      { name, cpuMean, cpuMax, memoryMeanBytes: bytes(memoryMean), memoryMaxBytes: bytes(memoryMax), p50Ms, p95Ms },
    ];
  });
}

function inUnits(bytes: number | null): number | null {
  return bytes === null ? null : Math.round(bytes / UNIT_BYTES);
}

/** To a thousandth of a processor. */
function rounded(cpu: number | null): number | null {
  return cpu === null ? null : Math.round(cpu * 1_000) / 1_000;
}
