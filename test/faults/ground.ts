import { expect } from "vitest";
import type { House } from "../stories/house/house.ts";
import type { FaultHost } from "./fault-host.ts";
import { judgeRecords } from "./oracle.ts";
import { until } from "../stories/house/until.ts";
import { d1Story, fleetStories, type HostStory, hostStory } from "./records.ts";

/** A service of the host dies and comes back: some events, of which none may be lost, whatever the network does. */
export async function somethingHappens({ host }: FaultHost, service = "web"): Promise<void> {
  const { pid, restarts } = await host.see(service, ({ verdict }) => verdict === "healthy", "up");
  process.kill(pid ?? 0, "SIGKILL");
  await host.see(service, (its) => its.verdict === "healthy" && its.restarts > restarts, "back");
}

/** Waits until every host is recorded, and nothing happens on it while that is looked at; then all three records tell the same story. */
export async function allIsToldOnce(house: House, ...hosts: FaultHost[]): Promise<void> {
  const read = () => Promise.all(hosts.map((host) => hostStory(host)));
  const judged = await until("a moment in which nothing happens", async () => {
    const stories = await read();
    for (const host of hosts) await host.isRecorded();
    const findings = judgeRecords(stories, d1Story(house), fleetStories(house));
    return momentOf(await read()) === momentOf(stories) && { findings };
  });
  expect(judged.findings).toEqual([]);
}

/** Two stories of the same moment have the same. */
function momentOf(stories: readonly HostStory[]): string {
  const all = stories.map(({ journalId, events, services }) => {
    const standing = services.map(({ name, verdict, pid, restarts }) => [name, verdict, pid, restarts]);
    return [journalId, events.at(-1)?.seq, standing];
  });
  return JSON.stringify(all);
}
