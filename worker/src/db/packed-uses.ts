import type { ServiceHourUse } from "@afloat/shared/wire";
import { customType } from "drizzle-orm/sqlite-core";

type Packed = [name: string, ...used: (number | null)[]];
/** Memory is kept in pages of the system, bytes; a processor in thousandths. Both without loss that a chart could show. */
const PAGE_BYTES = 4_096;
const CPU_PARTS = 1_000;

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
  return JSON.stringify([PAGE_BYTES, ...services.map(pack)]);
}

function pack({ name, cpuMean, cpuMax, memoryMeanBytes, memoryMaxBytes, p50Ms, p95Ms }: ServiceHourUse): Packed {
  const cpu = [cpuMean, cpuMax].map((each) => timesRounded(each, CPU_PARTS));
  const memory = [memoryMeanBytes, memoryMaxBytes].map((each) => timesRounded(each, 1 / PAGE_BYTES));
  return [name, ...cpu, ...memory, p50Ms, p95Ms];
}

/** Rows of before are read, too: those with parts of a processor and bytes, and those with a name for each number. */
function unpack(text: string): ServiceHourUse[] {
  const [first, ...rest]: (number | Packed | ServiceHourUse)[] = JSON.parse(text);
  if (typeof first === "number") return rest.map((each) => unpacked(each, CPU_PARTS, first));
  return first === undefined ? [] : [first, ...rest].map((each) => unpacked(each, 1, 1));
}

function unpacked(each: number | Packed | ServiceHourUse, cpuParts: number, unitBytes: number): ServiceHourUse {
  if (typeof each === "number") throw new Error(`expected what a service used, got ${each}`);
  if (!Array.isArray(each)) return each;
  const [name, cpuMean = null, cpuMax = null, memoryMean = null, memoryMax = null, p50Ms = null, p95Ms = null] = each;
  const cpu = (parts: number | null) => (parts === null ? null : parts / cpuParts);
  const bytes = (units: number | null) => (units === null ? null : units * unitBytes);
  return {
    ...{ name, cpuMean: cpu(cpuMean), cpuMax: cpu(cpuMax) },
    ...{ memoryMeanBytes: bytes(memoryMean), memoryMaxBytes: bytes(memoryMax), p50Ms, p95Ms },
  };
}

function timesRounded(value: number | null, factor: number): number | null {
  return value === null ? null : Math.round(value * factor);
}
