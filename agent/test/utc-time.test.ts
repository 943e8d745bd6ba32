import fc from "fast-check";
import { expect, test } from "vitest";
import { utcTime } from "../src/utc-time.ts";

test("a time is written as toISOString writes it", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true }), (at) => {
      expect(utcTime(at.getTime())).toBe(at.toISOString());
    }),
  );
});
