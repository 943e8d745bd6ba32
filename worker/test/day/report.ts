import { billOf, MESSAGES_A_REQUEST, MONTH_DAYS, OPERATIONS_A_MESSAGE } from "../../src/stock/core/prices.ts";
import type { Meter } from "./meter.ts";
import type { DayOptions } from "./script.ts";
import type { Told } from "./told.ts";
import type { Due } from "./truth.ts";

/** What was told beside what is true. */
export interface Comparison {
  /** Told, and not due. */
  wrong: Told[];
  /** Due, and not told. */
  missed: Due[];
  /** Told as it was due. */
  met: { due: Due; atMs: number }[];
}

/** Each due is met by one telling only. */
export function compare(dues: readonly Due[], told: readonly Told[]): Comparison {
  const open = Map.groupBy(dues, ({ key }) => key);
  const met: Comparison["met"] = [];
  const wrong = told.filter(({ key, atMs }) => {
    const own = open.get(key) ?? [];
    const at = own.findIndex(({ notBeforeMs, notAfterMs }) => notBeforeMs <= atMs && atMs <= notAfterMs);
    const [due] = at < 0 ? [] : own.splice(at, 1);
    if (due !== undefined) met.push({ due, atMs });
    return due === undefined;
  });
  return { wrong, missed: [...open.values()].flat().filter(({ must }) => must), met };
}

/** The day in a table: of each kind what had to be told, what was, and how long after it was true. */
export function reportOf(dues: readonly Due[], { wrong, missed, met }: Comparison): string {
  const kinds = [...new Set([...dues, ...wrong].map(({ key }) => kindOf(key)))].sort();
  const rows = kinds.map((kind) => {
    const of = <T>(all: readonly T[], keyOf: (each: T) => string) => all.filter((each) => kindOf(keyOf(each)) === kind);
    const owed = of(dues, ({ key }) => key);
    const answered = of(met, ({ due }) => due.key);
    const lateMs = answered.flatMap(({ due, atMs }) => (due.must ? [atMs - due.notBeforeMs] : []));
    lateMs.sort((a, b) => a - b);
    const late = (share: number) => seconds(lateMs[Math.ceil(share * lateMs.length) - 1]);
    return [
      ...[kind, owed.filter(({ must }) => must).length, lateMs.length, owed.filter(({ must }) => !must).length],
      ...[answered.length - lateMs.length, late(0.5), late(0.95), late(1)],
      ...[of(wrong, ({ key }) => key).length, of(missed, ({ key }) => key).length],
    ].map(String);
  });
  return [HEAD, ...rows].map((row) => row.map((cell, at) => pad(cell, at)).join("  ")).join("\n");
}

/** What the day cost, and a month of such days. */
export function costOf(meter: Meter, { hosts, organizations, hours }: DayOptions, told: number): string {
  const days = (MONTH_DAYS * 24) / hours;
  const { alarms, connections, messages, posts, fleetRows, databaseRows } = meter;
  const { dollars, fullDollars } = billOf({
    workerRequests: (connections + posts) * days,
    fleetRequests: (alarms + connections + posts + messages / MESSAGES_A_REQUEST + organizations * hours) * days,
    fleetRowsWritten: fleetRows * days,
    databaseRowsWritten: databaseRows * days,
    queueOperations: told * OPERATIONS_A_MESSAGE * days,
  });
  return [
    `${hosts} hosts in ${organizations} organizations, ${hours} h: ${databaseRows} rows written in D1, ${fleetRows} by Fleets`,
    `${alarms} alarms, ${connections} connections, ${messages} messages of agents, ${posts} posts, ${told} told`,
    `a month of such days: $${dollars.toFixed(2)}; past what is included $${fullDollars.toFixed(2)}`,
  ].join("\n");
}

/** Told of what: its last two words. */
export function kindOf(key: string): string {
  return key.split("/").slice(-2).join(" ");
}

const HEAD = [
  ...[
    "",
    "had to be told",
    "told",
    "either way",
    "told",
    "late p50",
    "p95",
    "most",
    "not true, double or late",
    "missed",
  ],
];

function pad(cell: string, at: number): string {
  const width = (HEAD[at] ?? "").length;
  return at === 0 ? cell.padEnd(26) : cell.padStart(Math.max(width, 8));
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? "" : `${(ms / 1_000).toFixed(1)} s`;
}
