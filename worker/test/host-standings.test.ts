import { describe, expect, it } from "vitest";
import { oneOf, randomFrom } from "../../test/behaviours/random.ts";
import { HostStandings } from "../src/fleet/host-standings.ts";
import { maintainedLastMs, maintainedUntilMs, type Maintenance } from "../src/maintenance/core/maintenance.ts";

const HOSTS = ["a", "b", "c"];
const upTo = (random: () => number, n: number) => Math.floor(random() * n);

/** A handful of maintenance that overlaps, joins, is called off, and covers this or that. */
function someOf(random: () => number): Maintenance[] {
  return Array.from({ length: upTo(random, 7) }, () => {
    const startsMs = upTo(random, 20);
    const endsMs = startsMs + 1 + upTo(random, 8);
    const chosen = { kind: "chosen" as const, hostIds: HOSTS.filter(() => random() < 0.4), serviceIds: ["a.web"] };
    const cancelledMs = random() < 0.3 ? upTo(random, 28) : null;
    return { startsMs, endsMs, cancelledMs, scope: random() < 0.3 ? { kind: "all" } : chosen };
  });
}

describe("how a host stands to what is announced", () => {
  it("is what the rules say at every moment, in whatever order they are asked for", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = randomFrom(seed);
      const all = someOf(random);
      const standings = new HostStandings(all);
      for (let asked = 0; asked < 60; asked++) {
        // As a rule time goes on; late it is asked for what was.
        const nowMs = random() < 0.8 ? Math.floor(asked / 2) : upTo(random, 30);
        const hostId = oneOf(HOSTS, random);
        const subject = { hostId, serviceId: null };
        expect(standings.of(hostId, nowMs), `seed ${seed}, ${hostId} at ${nowMs}`).toEqual({
          untilMs: maintainedUntilMs(all, subject, nowMs),
          lastMs: maintainedLastMs(all, subject, nowMs),
        });
      }
    }
  });

  it("is looked for once for each host, until another begins or ends", () => {
    let looks = 0;
    const scope = { kind: "chosen" as const, serviceIds: [], hostIds: ["a"] };
    const counted = (startsMs: number, endsMs: number): Maintenance => ({
      ...{ startsMs, endsMs, cancelledMs: null },
      get scope() {
        looks++;
        return scope;
      },
    });
    const standings = new HostStandings([counted(10, 20), counted(15, 30)]);
    const looksOf = (nowMs: number) => {
      const before = looks;
      for (let again = 0; again < 5; again++) for (const hostId of HOSTS) standings.of(hostId, nowMs);
      return looks - before;
    };
    // For its end and for the last one, of each of three hosts.
    const once = looksOf(11);
    expect(once).toBe(2 * 2 * HOSTS.length);
    expect([12, 14, 15, 19, 20, 29].map(looksOf)).toEqual([0, 0, once, 0, once, 0]);
  });
});
