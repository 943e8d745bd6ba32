import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { House } from "../stories/house/house.ts";
import { FaultHost } from "./fault-host.ts";
import { somethingHappens } from "./ground.ts";
import { judgeRecords } from "./oracle.ts";
import { d1Story, fleetStories, hostStory } from "./records.ts";

/** A host whose time of day is wrong, or is set while it runs: what it tells stands in the record at the time when it happened. */

const MINUTE_MS = 60_000;
/** For the way of a message, and for what a slow machine needs. */
const ABOUT_MS = 2_000;

let house: House;
let host: FaultHost;

beforeAll(async () => {
  house = await House.build();
  await house.found("aurora");
});
afterEach(() => host.end());
afterAll(() => house.end());

/** A host whose agent's time of day is so far off, milliseconds. */
async function hostWith(offMs: number): Promise<FaultHost> {
  const its = await FaultHost.enrol(house, "aurora", "web-1", ["web"]);
  its.setClock(offMs);
  await its.start();
  return its;
}

/** Something happens now; its flips in D1 are from now, and follow what was there. */
async function isToldAtItsTime(): Promise<void> {
  const flips = () => d1Story(house).flips.filter(({ subjectId }) => subjectId === `${host.id}.web`);
  const known = new Set(flips().map(({ seq }) => seq));
  const fromMs = Date.now() - ABOUT_MS;
  await somethingHappens(host);
  await host.isRecorded();
  const toMs = Date.now() + ABOUT_MS;
  const fresh = flips().filter(({ seq }) => !known.has(seq));
  expect(fresh.length).toBeGreaterThan(0);
  for (const { atMs, verdict } of fresh) {
    expect(atMs, `${verdict} is told ${(atMs - Date.now()) / 1000} s from now`).toBeGreaterThan(fromMs);
    expect(atMs).toBeLessThan(toMs);
  }
  const findings = judgeRecords([await hostStory(host)], d1Story(house), fleetStories(house));
  // The journal itself goes by the host's clock.
  expect(findings.filter(({ kind }) => kind !== "time")).toEqual([]);
}

it.each([
  ["ahead", 10 * MINUTE_MS],
  ["behind", -10 * MINUTE_MS],
])("a host whose clock is ten minutes %s", async (_, offMs) => {
  host = await hostWith(offMs);
  await isToldAtItsTime();
  host.proxy.cut();
  await isToldAtItsTime();
});

it("a host whose clock is set while it runs, forwards and back", async () => {
  host = await hostWith(0);
  await isToldAtItsTime();
  for (const offMs of [10 * MINUTE_MS, -10 * MINUTE_MS]) {
    host.setClock(offMs);
    await host.host.see("web", () => host.host.log().includes(`was set ${offMs > 0 ? "forward" : "back"}`), "told so");
    host.proxy.cut();
    await isToldAtItsTime();
  }
});
