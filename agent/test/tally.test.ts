import { expect, it } from "vitest";
import { Tally } from "../src/supervisor/tally.ts";

it("restarts never count back: a person who resets the service's counter does not take any away", () => {
  const tally = new Tally();
  const counted = [3, 4, 4, 0, 0, 1, 2].map((restarts) => {
    tally.sawRestarts(restarts);
    return tally.restarts;
  });
  expect(counted).toEqual([3, 4, 4, 4, 4, 5, 6]);
});

it("a probe that got no answer is counted, and took no time", () => {
  const tally = new Tally();
  expect(tally.probes).toBeNull();
  tally.sawProbe({ kind: "refused", detail: "", ms: 1 });
  tally.sawProbe({ kind: "status", status: 500, ms: 40 });
  tally.sawProbe({ kind: "ok", status: 200, ms: 2 });
  expect(tally.probes).toMatchObject({ ok: 1, failed: 2, sumSeconds: 0.042 });
  expect(tally.probes?.buckets.at(-1)).toEqual({ leSeconds: null, count: 2 });
});
