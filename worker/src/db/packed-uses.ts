import type { ServiceHourUse } from "@afloat/shared/wire";
import { customType } from "drizzle-orm/sqlite-core";

type Packed = [name: string, ...used: (number | null)[]];

/**
 * What services used, without a name for each number: a row that is longer than a quarter of SQLite's page takes a page of its own
 * beside it, 4 KB, and of these rows there are 840 for each host. Text, JSON.
 */
export const packedUses = customType<{ data: ServiceHourUse[]; driverData: string }>({
  dataType: () => "text",
  toDriver: (services) => JSON.stringify(services.map(pack)),
  fromDriver: (text) => unpack(text),
});

function pack(use: ServiceHourUse): Packed {
  const { name, cpuMean, cpuMax, memoryMeanBytes, memoryMaxBytes, p50Ms, p95Ms } = use;
  return [name, rounded(cpuMean), rounded(cpuMax), memoryMeanBytes, memoryMaxBytes, p50Ms, p95Ms];
}

/** Rows of before are read, too. */
function unpack(text: string): ServiceHourUse[] {
  const stored: (Packed | ServiceHourUse)[] = JSON.parse(text);
  return stored.map((each) => {
    if (!Array.isArray(each)) return each;
    const [name, cpuMean = null, cpuMax = null, memoryMeanBytes = null, memoryMaxBytes = null, ...times] = each;
    const [p50Ms = null, p95Ms = null] = times;
    return { name, cpuMean, cpuMax, memoryMeanBytes, memoryMaxBytes, p50Ms, p95Ms };
  });
}

/** To a thousandth of a processor. */
function rounded(cpu: number | null): number | null {
  return cpu === null ? null : Math.round(cpu * 1_000) / 1_000;
}
