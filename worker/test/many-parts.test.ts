import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FleetHost, OpenIncident } from "../src/fleet/core/fleet-types.ts";
import { decideGathered, incidentOf, type SilentPart } from "../src/fleet/core/many-parts.ts";
import { APART_MS, GATHER_MS } from "../src/fleet/core/many-silent.ts";

const host: FleetHost = {
  ...{ id: "h0", organizationId: "org", name: "h0", os: "Debian", arch: "x64", version: 1, agentVersion: "1" },
  ...{ journalId: "j", bootId: "b", runId: "r", remote: [], link: "silent", linkSinceMs: 0, lastSeenMs: 0 },
  ...{ offlineAfterMs: 90_000, recordedSeq: 0, recordedPosition: 0, countFromMs: 0, sleeps: false, absence: null },
};
const part = (at: number, count: number, of: number, fromMs = 0): SilentPart => ({
  ...{ at, of, fromMs, toMs: fromMs + 1_000 },
  hosts: Array.from({ length: count }, (_, i) => ({ id: `${at}-${i}`, name: `${at}-${i}` })),
});
const AT = { nowMs: 500_000, position: 500_000 };

/** The incident after these parts, in this order. */
function gathered(parts: readonly SilentPart[]): OpenIncident | null {
  let open: OpenIncident | null = null;
  for (const each of parts) open = decideGathered(host, open, each, AT);
  return open;
}

describe("parts of one silence, from several Fleets", () => {
  it("say the same in whatever order they come, and however often", () => {
    const parts = [part(0, 5, 9), part(1, 4, 7, 20_000), part(2, 1, 0, 10_000)];
    const sorted = (incident: OpenIncident | null) => incident?.many?.hosts.map(({ id }) => id).sort();
    const once = gathered(parts);
    fc.assert(
      fc.property(fc.shuffledSubarray([...parts, ...parts], { minLength: 6 }), (said) => {
        const many = gathered(said);
        expect(sorted(many)).toEqual(sorted(once));
        expect(many?.many).toMatchObject({ fell: 10, of: 17, fromMs: 0, toMs: 21_000 });
        expect(many?.view.title).toBe("10 of 17 hosts are silent");
      }),
    );
  });

  it("are told once the others had time to come", () => {
    expect(gathered([part(0, 5, 9)])?.view.heldUntilMs).toBe(AT.nowMs + GATHER_MS);
  });

  it("are one where they went at about the same time, exactly so far apart as hosts that go at once", () => {
    const open = gathered([part(0, 5, 9, 100_000)]);
    const found = (fromMs: number) => incidentOf(open === null ? [] : [open], part(1, 5, 9, fromMs)) !== null;
    expect([101_000 + APART_MS, 101_001 + APART_MS].map(found)).toEqual([true, false]);
    expect([99_000 - APART_MS, 98_999 - APART_MS].map(found)).toEqual([true, false]);
  });
});
