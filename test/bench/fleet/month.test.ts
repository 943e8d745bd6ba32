import { describe, expect, it } from "vitest";
import { bareMonthOf, type CountedDay, monthOf } from "./month.ts";

const work = (fleetRows: number, databaseRows: number, databaseRead: number) => ({
  ...{ fleetRows, databaseRows, databaseRead },
});

/** Round numbers, so that what they come to can be reckoned by hand. */
const day: CountedDay = {
  ...{ services: 8, changesADay: 20, reconnectsADay: 4, alarmsADay: 1_000, idle: work(1_000, 0, 0) },
  ...{ sample: work(0, 1, 0), change: work(3, 3, 7), reconnect: work(2, 0, 0) },
  ...{ reconcile: work(0, 0, 10), fold: work(0, 37, 100) },
  told: { ...work(30, 12, 20), calls: 10, bytes: 2_000 },
  bytes: { host: 1_000, fleetHost: 2_000, sample: 500, flip: 100, hostDay: 400 },
};

describe("a month", () => {
  it("of one host comes to what its parts come to, by hand", () => {
    const usage = monthOf(day, { hosts: 1, organizations: 1, fleets: 1 });
    // Alarms, three rows of each change, two of each reconnect, and a tenth of an incident of four, with 30 of telling it.
    expect(usage.fleetRowsWritten).toBeCloseTo(30 * (1_000 + 60 + 8 + 0.1 * (4 + 30)));
    // Samples, changes, folding; of a tenth of an incident 7 rows, two notices of 3, 12 of telling it, and 9 that are removed.
    expect(usage.databaseRowsWritten).toBeCloseTo(30 * (24 + 60 + 37 + 0.1 * (7 + 6 + 12 + 9)));
    expect(usage.databaseRowsRead).toBeCloseTo(30 * (20 * 7 + 10 + 100 + 0.1 * 20));
    // Alarms, upgrades, the looks of the cron, ten calls of a tenth of an incident, and 48 messages of which twenty are a request.
    expect(usage.fleetRequests).toBeCloseTo(30 * (1_000 + 4 + 25 + 0.1 * 10 + 48 / 20));
    // Upgrades, deliveries, and the cron once a minute.
    expect(usage.workerRequests).toBeCloseTo(30 * (4 + 0.2 + 1_440));
    expect(usage.queueOperations).toBeCloseTo(30 * 0.2 * 3);
    // 52 messages and connections and a call of 60 ms, 1,000 alarms of 20 ms, at 128 MB.
    expect(usage.fleetGbSeconds).toBeCloseTo(30 * 0.128 * (53 * 0.06 + 1_000 * 0.02));
  });

  it("stores what is kept: 35 days of changes and samples, 400 of uptime and of incidents", () => {
    const { databaseStoredGb, fleetStoredGb } = monthOf(day, { hosts: 1e6, organizations: 1, fleets: 1 });
    expect(databaseStoredGb).toBeCloseTo((1_000 + 100 * 700 + 500 * 840 + 400 * 400 + 2_000 * 40) / 1_000);
    expect(fleetStoredGb).toBeCloseTo(2);
  });

  it("of a Fleet costs its alarms and the looks at them once, however many hosts and organizations are with it", () => {
    const shared = monthOf(day, { hosts: 2_000, organizations: 100, fleets: 1 });
    const apart = monthOf(day, { hosts: 2_000, organizations: 100, fleets: 100 });
    const [alarms, looks] = [99 * 1_000 * 30, 99 * 24 * 30];
    expect((apart.fleetRowsWritten ?? 0) - (shared.fleetRowsWritten ?? 0)).toBeCloseTo(alarms, 3);
    expect((apart.fleetRequests ?? 0) - (shared.fleetRequests ?? 0)).toBeCloseTo(alarms + looks, 3);
    expect(apart.databaseRowsWritten).toBe(shared.databaseRowsWritten);
  });

  it("of twice as many hosts in as many Fleets writes twice as many rows to D1", () => {
    const once = monthOf(day, { hosts: 1_000, organizations: 50, fleets: 1 }).databaseRowsWritten ?? 0;
    expect(monthOf(day, { hosts: 2_000, organizations: 100, fleets: 1 }).databaseRowsWritten).toBeCloseTo(2 * once, 3);
  });

  it("of nobody is the cron alone", () => {
    const usage = monthOf(day, { hosts: 0, organizations: 0, fleets: 0 });
    const used = Object.entries(usage).filter(([, amount]) => amount > 0);
    expect(used).toEqual([
      ["workerRequests", 43_200],
      ["workerCpuMs", 3 * 43_200],
    ]);
  });

  it("without charts, uptime and alerts is changes and connections, and stores nothing", () => {
    const bare = bareMonthOf(day, { hosts: 1, organizations: 1, fleets: 1 });
    expect(bare.databaseRowsWritten).toBeCloseTo(30 * 60);
    expect(bare.fleetRequests).toBeCloseTo(30 * (1_000 + 4 + 25 + 24 / 20));
    expect([bare.databaseStoredGb, bare.queueOperations]).toEqual([0, 0]);
  });
});
