import { expect, it } from "vitest";
import { isInMaintenance, type Maintenance } from "../src/maintenance/core/maintenance.ts";

it("a service or host is under maintenance from its start until before its end, unless that was cancelled", () => {
  const one: Maintenance = {
    ...{ startsMs: 10, endsMs: 20, cancelledMs: null },
    scope: { kind: "chosen", hostIds: ["h"], serviceIds: ["x.web"] },
  };
  const web = { hostId: "h", serviceId: "h.web" };
  expect([9, 10, 19, 20].map((atMs) => isInMaintenance([one], web, atMs))).toEqual([false, true, true, false]);
  expect(isInMaintenance([{ ...one, cancelledMs: 15 }], web, 14)).toBe(true);
  expect(isInMaintenance([{ ...one, cancelledMs: 15 }], web, 15)).toBe(false);
  expect(isInMaintenance([one], { hostId: "x", serviceId: "x.web" }, 10)).toBe(true);
  expect(isInMaintenance([one], { hostId: "x", serviceId: null }, 10)).toBe(false);
  expect(isInMaintenance([{ ...one, scope: { kind: "all" } }], { hostId: "x", serviceId: null }, 10)).toBe(true);
});
