import { describe, expect, it } from "vitest";
import type { PhaseReport } from "./play.ts";
import { isGood, reportLines } from "./report.ts";

const good: PhaseReport = {
  ...{ phase: "freeze", tookMs: 90_240, changes: 600, p95Ms: 12.4, silentAfterMs: 641.8, looks: 5, wrongLooks: 0 },
  ...{ falseOffline: [], lost: [], met: {}, serverMegabytes: 124 },
};

describe("the report of a fleet under load", () => {
  it("is a line for each phase, and says in the end that all was right", () => {
    const [head, line, verdict] = reportLines([good]);
    expect(head).toMatch(/^phase .*silent after/);
    expect(line).toMatch(/^freeze +90\.24 s +600 +12 ms +642 ms +5 +0 +0 +0 +124 MB$/);
    expect(verdict).toBe("everything was shown and recorded as it was");
  });

  it.each<[string, Partial<PhaseReport>]>([
    ["a wrong look", { wrongLooks: 1 }],
    ["a host called silent though it was there", { falseOffline: ["host-000001"] }],
    ["something lost", { lost: ["host-000001 told 9 events, and 8 are recorded"] }],
  ])("is not good with %s, and names it", (_what, changes) => {
    const reports = [good, { ...good, ...changes }];
    expect(isGood(reports)).toBe(false);
    const lines = reportLines(reports);
    expect(lines.at(-1)).toBe("something was shown wrong or lost");
    const named = [...(changes.lost ?? []), ...(changes.falseOffline ?? [])];
    for (const name of named) expect(lines.join("\n")).toContain(`freeze: ${name}`);
  });

  it("of what never came to its first phase is empty", () => {
    expect(reportLines([])).toEqual([]);
  });
});
