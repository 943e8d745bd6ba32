import { expect } from "vitest";
import type { House } from "../stories/house/house.ts";
import type { FaultHost } from "./fault-host.ts";
import { judgeRecords } from "./oracle.ts";
import { d1Story, fleetStories, hostStory } from "./records.ts";

/** A service of the host dies and comes back: some events, of which none may be lost, whatever the network does. */
export async function somethingHappens({ host }: FaultHost, service = "web"): Promise<void> {
  const { pid, restarts } = await host.see(service, ({ verdict }) => verdict === "healthy", "up");
  process.kill(pid ?? 0, "SIGKILL");
  await host.see(service, (its) => its.verdict === "healthy" && its.restarts > restarts, "back");
}

/** Waits until every host is recorded; then all three records tell the same story. */
export async function allIsToldOnce(house: House, ...hosts: FaultHost[]): Promise<void> {
  for (const host of hosts) await host.isRecorded();
  const stories = await Promise.all(hosts.map((host) => hostStory(host)));
  expect(judgeRecords(stories, d1Story(house), fleetStories(house))).toEqual([]);
}
