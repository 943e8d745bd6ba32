import { describe, expect, it } from "vitest";
import {
  type Allowance,
  decideRoom,
  HOST_EVENTS,
  HOST_SERVICES,
  JOURNAL_LIMIT_BYTES,
  ORGANIZATION_SERVICES,
  spend,
} from "../src/fleet/core/caps.ts";
import { isRefusedForGood, retryDelayMs } from "../src/fleet/core/retry.ts";

const MINUTE_MS = 60_000;
const alone = (bytes: number) => ({ bytes, ownBytes: bytes, organizations: 1 });
const empty = { journal: alone(0), hostServices: 0, organizationServices: 0 };

function left(allowance: ReturnType<typeof spend>): Allowance {
  if (!("left" in allowance)) throw new Error(`busy for ${allowance.afterMs} ms`);
  return allowance;
}

describe("a cap", () => {
  it("lets the burst pass to the last event, and says when there is room for what is over", () => {
    const spent = left(spend(undefined, HOST_EVENTS.burst, HOST_EVENTS, 0));
    expect(spent.left).toBe(0);
    expect(spend(spent, 1, HOST_EVENTS, 0)).toEqual({ afterMs: 100 });
    expect(spend(spent, 10, HOST_EVENTS, 999)).toEqual({ afterMs: 1 });
    expect(left(spend(spent, 10, HOST_EVENTS, 1_000)).left).toBeCloseTo(0);
  });

  it("is never fuller than its burst, and a clock that goes back takes nothing away", () => {
    const spent = left(spend(undefined, 100, HOST_EVENTS, MINUTE_MS));
    expect(left(spend(spent, 0, HOST_EVENTS, 100 * MINUTE_MS)).left).toBe(HOST_EVENTS.burst);
    expect(left(spend(spent, 0, HOST_EVENTS, 0)).left).toBe(spent.left);
  });

  it("of the journal's bytes answers before it is over, whatever the events are about", () => {
    expect(decideRoom({ ...empty, journal: alone(JOURNAL_LIMIT_BYTES - 1) }, 0)).toBeNull();
    expect(decideRoom({ ...empty, journal: alone(JOURNAL_LIMIT_BYTES) }, 0)?.why).toContain("the host keeps the rest");
  });

  it.each([
    ["host", { hostServices: HOST_SERVICES - 1 }, "remove some from its afloat.yaml"],
    ["organization", { organizationServices: ORGANIZATION_SERVICES - 1 }, "in one organization"],
  ])(
    "of services of one %s lets the last one in, refuses the next, and hinders no known one",
    (_whose, filled, words) => {
      expect(decideRoom({ ...empty, ...filled }, 1)).toBeNull();
      expect(decideRoom({ ...empty, ...filled }, 2)?.why).toContain(words);
      expect(decideRoom({ ...empty, hostServices: HOST_SERVICES + 1 }, 0)).toBeNull();
    },
  );
});

describe("what D1 did not take", () => {
  it("is tried again after as long as it has waited: about a second first, then doubled, a minute at most, never all at once", () => {
    expect([retryDelayMs(0, 0), retryDelayMs(0, 1)]).toEqual([500, 1_000]);
    expect([retryDelayMs(8_000, 0), retryDelayMs(8_000, 1)]).toEqual([4_000, 8_000]);
    expect([retryDelayMs(3_600_000, 0), retryDelayMs(3_600_000, 1)]).toEqual([30_000, 60_000]);
  });

  it.each([
    ["D1_ERROR: UNIQUE constraint failed: flip.seq: SQLITE_CONSTRAINT", true],
    ["D1_ERROR: string or blob too big: SQLITE_TOOBIG", true],
    ["D1_ERROR: malformed JSON: SQLITE_ERROR", true],
    ["D1_ERROR: no such table: flip: SQLITE_ERROR", false],
    ["D1_ERROR: D1 DB is overloaded. Requests queued for too long.", false],
    ["Network connection lost.", false],
  ])("%s: is it refused for good? %s", (error, forGood) => {
    expect(isRefusedForGood(error, 0)).toBe(forGood);
  });

  it("for whatever reason, and for six hours, is given up, since its host must go on", () => {
    const error = "D1_ERROR: no such column: verdict: SQLITE_ERROR";
    expect(isRefusedForGood(error, 6 * 3_600_000)).toBe(false);
    expect(isRefusedForGood(error, 6 * 3_600_000 + 1)).toBe(true);
  });
});
