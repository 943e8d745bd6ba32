/**
 * What the platform asks for, and what a bill comes to. Prices of Cloudflare's paid plan in US dollars, as its pages said on
 * 2026-11-23: developers.cloudflare.com/workers/platform/pricing, /durable-objects/platform/pricing, /d1/platform/pricing,
 * /queues/platform/pricing. Read them again before you rely on a number.
 */

export const PRICES_READ = "2026-11-23";

/** Days of the month that is counted by. */
export const MONTH_DAYS = 30;

/** Each account of the paid plan pays this at least, dollars a month; what is included comes with it. */
export const MINIMUM_DOLLARS = 5;

/** WebSocket messages that come in, for one request of a Durable Object. What goes out, and pings it answers asleep, are free. */
export const MESSAGES_A_REQUEST = 20;

/** Operations of a queue for a message that is delivered at once: written, read, deleted. */
export const OPERATIONS_A_MESSAGE = 3;

/** Memory by which a Durable Object is billed while it is awake, GB. */
const OBJECT_GB = 0.128;

interface Price {
  /** In words that stand in a table. */
  name: string;
  /** In each month, for the whole account. */
  included: number;
  /** For `per` of it over that. */
  dollars: number;
  per: number;
}

const MILLION = 1e6;
const BILLION = 1e9;

export const PRICES = {
  workerRequests: { name: "requests of the Worker", included: 10 * MILLION, dollars: 0.3, per: MILLION },
  workerCpuMs: { name: "processor time of the Worker, ms", included: 30 * MILLION, dollars: 0.02, per: MILLION },
  fleetRequests: { name: "requests of Fleets", included: MILLION, dollars: 0.15, per: MILLION },
  fleetGbSeconds: { name: "time that Fleets are awake, GB-s", included: 400_000, dollars: 12.5, per: MILLION },
  fleetRowsRead: { name: "rows read by Fleets", included: 25 * BILLION, dollars: 0.001, per: MILLION },
  fleetRowsWritten: { name: "rows written by Fleets", included: 50 * MILLION, dollars: 1, per: MILLION },
  fleetStoredGb: { name: "stored by Fleets, GB", included: 5, dollars: 0.2, per: 1 },
  databaseRowsRead: { name: "rows read in D1", included: 25 * BILLION, dollars: 0.001, per: MILLION },
  databaseRowsWritten: { name: "rows written in D1", included: 50 * MILLION, dollars: 1, per: MILLION },
  databaseStoredGb: { name: "stored in D1, GB", included: 5, dollars: 0.75, per: 1 },
  queueOperations: { name: "operations of the queue", included: MILLION, dollars: 0.4, per: MILLION },
} as const satisfies Record<string, Price>;

/** What the platform counts. */
export type Metered = keyof typeof PRICES;

/** How much of it in a month; what is not named is none. */
export type Usage = Partial<Record<Metered, number>>;

export interface BillLine {
  metered: Metered;
  name: string;
  amount: number;
  /** Beyond what is included. */
  dollars: number;
  /** The same without anything included: what it adds to an account that is past that. */
  fullDollars: number;
}

export interface Bill {
  /** One for each that is used, dearest first. */
  lines: BillLine[];
  /** What an account with nothing else on it pays for the month: the minimum included. */
  dollars: number;
  /** What it adds to an account that is past all that is included. */
  fullDollars: number;
}

/** The bill of a month. */
export function billOf(usage: Usage): Bill {
  const lines = METERED.flatMap((metered): BillLine[] => {
    const amount = usage[metered] ?? 0;
    const { name, included, dollars, per } = PRICES[metered];
    if (amount <= 0) return [];
    const of = (count: number) => (Math.max(0, count) / per) * dollars;
    return [{ metered, name, amount, dollars: of(amount - included), fullDollars: of(amount) }];
  }).sort((a, b) => b.fullDollars - a.fullDollars);
  const sum = (which: "dollars" | "fullDollars") => lines.reduce((total, line) => total + line[which], 0);
  return { lines, dollars: MINIMUM_DOLLARS + sum("dollars"), fullDollars: sum("fullDollars") };
}

const METERED: readonly Metered[] = [
  ...(["workerRequests", "workerCpuMs"] as const),
  ...(["fleetRequests", "fleetGbSeconds", "fleetRowsRead", "fleetRowsWritten", "fleetStoredGb"] as const),
  ...(["databaseRowsRead", "databaseRowsWritten", "databaseStoredGb", "queueOperations"] as const),
];

/** What a Fleet is asked, by how it is counted: upgrades, calls and alarms each, messages by twenties. */
export function fleetRequestsOf({ calls, messages }: { calls: number; messages: number }): number {
  return calls + messages / MESSAGES_A_REQUEST;
}

/** Time awake as it is billed. Asleep, or about to be, it costs nothing. */
export function gbSecondsOf(awakeMs: number): number {
  return (awakeMs / 1000) * OBJECT_GB;
}

/** The same use for `times` as long. */
export function scaled(usage: Usage, times: number): Usage {
  return Object.fromEntries(Object.entries(usage).map(([metered, amount]) => [metered, amount * times]));
}
