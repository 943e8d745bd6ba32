import { describe, expect, it } from "vitest";
import { billOf, fleetRequestsOf, gbSecondsOf, MINIMUM_DOLLARS, PRICES, scaled } from "../src/stock/core/prices.ts";

describe("a bill", () => {
  it("of nothing is the platform's minimum", () => {
    expect(billOf({})).toEqual({ lines: [], dollars: MINIMUM_DOLLARS, fullDollars: 0 });
  });

  it("asks nothing for what is included, to the last row, and for one more its part of a million", () => {
    const { included } = PRICES.databaseRowsWritten;
    expect(billOf({ databaseRowsWritten: included }).dollars).toBe(MINIMUM_DOLLARS);
    expect(billOf({ databaseRowsWritten: included + 1 }).dollars).toBeCloseTo(MINIMUM_DOLLARS + 1e-6, 12);
    expect(billOf({ databaseRowsWritten: included }).fullDollars).toBe(50);
  });

  it("is the one of the platform's own model: 10,000 hosts that write a row every 30 s", () => {
    // 864 million requests and rows: $0.30, 2 ms and a row each. The published sum is $1,127 with 18 million rows of changes.
    const beats = 10_000 * 2_880 * 30;
    const usage = { workerRequests: beats, workerCpuMs: 2 * beats, databaseRowsWritten: beats + 18e6 };
    expect(Math.round(billOf(usage).dollars)).toBe(1_127);
  });

  it("names what costs most first", () => {
    const { lines } = billOf({ workerRequests: 1e6, fleetRowsWritten: 1e6, queueOperations: 0 });
    expect(lines.map(({ metered }) => metered)).toEqual(["fleetRowsWritten", "workerRequests"]);
  });

  it("counts twenty messages on a socket as one request, and time awake by 128 MB", () => {
    expect(fleetRequestsOf({ calls: 3, messages: 40 })).toBe(5);
    expect(gbSecondsOf(1_000)).toBe(0.128);
    expect(scaled({ fleetRequests: 2 }, 30)).toEqual({ fleetRequests: 60 });
  });
});
