import { HOURS_TOGETHER } from "@afloat/shared/core/hour-sample";
import { type Bill, billOf, fleetRequestsOf, MONTH_DAYS, OPERATIONS_A_MESSAGE, scaled, type Usage } from "./prices.ts";

/** What is counted of a day, in the order in which it is shown. */
export const KINDS = ["changes", "samples", "incidents", "notices", "deliveries", "commands", "auditLines"] as const;

/** What of an organization was recorded in a day. Counted from the record itself, so that counting writes nothing. */
export interface Stock {
  /** Fleets that it is spread over; 1 where it shares one, too. */
  fleets: number;
  hosts: number;
  /** Of them, those that are connected. */
  online: number;
  services: number;
  day: Day;
}

/**
 * In the last 24 hours. Changes are of services and of links, samples hourly of what services use, deliveries attempts to tell a channel.
 */
export type Day = Record<(typeof KINDS)[number], number>;

/** Rows that one of each comes to, in D1 with its indexes and on the Fleet's own disk. Held to by test/stock.test.ts and fleet-cost.test.ts. */
export const ROWS: Record<keyof Day, { database: number; fleet: number }> = {
  changes: { database: 2, fleet: 1 },
  // Two hours of a host are one row, where they fit.
  samples: { database: 1 / HOURS_TOGETHER, fleet: 0 },
  // Opened and closed.
  incidents: { database: 7, fleet: 4 },
  notices: { database: 3, fleet: 0 },
  // The row, by its id, by its notice, and by its time in its organization.
  deliveries: { database: 4, fleet: 0 },
  // Ordered, granted, running, done.
  commands: { database: 6, fleet: 8 },
  auditLines: { database: 3, fleet: 0 },
};

/** Alarms of a Fleet with anybody connected, at most: with a deadline of 90 s and a heartbeat of 30 s one a minute. */
const ALARMS_A_DAY = 1_440;
/** Upgrades of a host in a day: what a link comes to, deploys and proxies included. Reckoned, not counted. */
const CONNECTS_A_DAY = 4;
/** Messages in which a command is claimed and told of. */
const MESSAGES_A_COMMAND = 3;
/** The hourly look whether the alarm is set, and the daily one whether Fleet and database agree. */
const LOOKS_A_DAY = 25;

/** What a day like the last comes to by the platform's meters. */
export function usageOf({ fleets, hosts, online, day }: Stock): Usage {
  const alarms = online === 0 ? 0 : ALARMS_A_DAY * fleets;
  const connects = online * CONNECTS_A_DAY;
  const calls = alarms + connects + day.commands + (hosts === 0 ? 0 : LOOKS_A_DAY * fleets);
  const messages = day.changes + day.samples + connects + MESSAGES_A_COMMAND * day.commands;
  return {
    workerRequests: connects + day.commands,
    fleetRequests: fleetRequestsOf({ calls, messages }),
    fleetRowsWritten: alarms + rowsOf(day, "fleet"),
    databaseRowsWritten: rowsOf(day, "database"),
    queueOperations: day.deliveries * OPERATIONS_A_MESSAGE,
  };
}

/** The bill of a month of such days. */
export function monthOf(stock: Stock): Bill {
  return billOf(scaled(usageOf(stock), MONTH_DAYS));
}

function rowsOf(day: Day, where: "database" | "fleet"): number {
  return KINDS.reduce((sum, kind) => sum + day[kind] * ROWS[kind][where], 0);
}

/** `$0.0042`, `$1.30`: of what is next to nothing the first digits that are any. */
export function dollarWords(dollars: number): string {
  if (dollars === 0) return "$0";
  if (dollars >= 0.01) return `$${dollars.toFixed(2)}`;
  return dollars < 0.0001 ? "under $0.0001" : `$${dollars.toPrecision(2)}`;
}
