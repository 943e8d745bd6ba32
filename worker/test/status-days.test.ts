import { env } from "cloudflare:workers";
import type { PublicStatus } from "@afloat/shared/domain";
import { beforeEach, describe, expect, it } from "vitest";
import { readStatusFacts } from "../src/status/status-facts.ts";
import { statusViewOf } from "../src/status/status-view.ts";
import { makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { countRowsRead } from "./rows-read.ts";
import { addFlip, addFlips, addLink, addService, DAY, makePage } from "./status-ground.ts";

let host: TestHost;
let slug: string;
const nowMs = Date.now();
const old = { createdMs: nowMs - 200 * DAY };

beforeEach(async () => {
  ({ host, slug } = await makePage());
});

/** What each shown day of a service held, oldest first: the statuses that lasted for any time at all. */
async function daysOf(name: string): Promise<PublicStatus[][]> {
  const facts = await readStatusFacts(env.DB, slug, nowMs);
  const components = facts === null ? [] : statusViewOf(facts, nowMs).groups.flatMap(({ components: those }) => those);
  const days = components.find((component) => component.name === name)?.days ?? [];
  return days.map(({ timeIn }) => STATUSES.filter((status) => timeIn[status] > 0));
}
const STATUSES: PublicStatus[] = ["operational", "degraded_performance", "outage", "maintenance", "unknown"];

describe("the ninety days of a service", () => {
  it("what it was before them holds until its next change", async () => {
    const id = await addService(host, "web", old);
    await addFlip(host, id, nowMs - 150 * DAY, "operational");
    await addFlip(host, id, nowMs - 120 * DAY, "outage");
    await addFlip(host, id, nowMs - 10 * DAY, "operational");
    const days = await daysOf("web");
    expect(days).toHaveLength(90);
    expect(days.slice(0, 79)).toEqual(Array.from({ length: 79 }, () => ["outage"]));
    expect(days.slice(-9)).toEqual(Array.from({ length: 9 }, () => ["operational"]));
  });

  it("a host heard since before them is heard from the first day on, and not only since it last came back", async () => {
    await addService(host, "web", old);
    await addLink(host, nowMs - 120 * DAY, "online");
    await addLink(host, nowMs - 10 * DAY, "silent");
    await addLink(host, nowMs - 8 * DAY, "online");
    const days = await daysOf("web");
    expect(days.slice(0, 79)).toEqual(Array.from({ length: 79 }, () => ["operational"]));
    expect(days.at(-10)).toEqual(["unknown"]);
  });

  it("a host silent since before them is unknown until it is heard again", async () => {
    const id = await addService(host, "web", old);
    await addFlip(host, id, nowMs - 150 * DAY, "operational");
    await addLink(host, nowMs - 120 * DAY, "silent");
    await addLink(host, nowMs - 10 * DAY, "online");
    const days = await daysOf("web");
    expect(days.slice(0, 79)).toEqual(Array.from({ length: 79 }, () => ["unknown"]));
    expect(days.at(-1)).toEqual(["operational"]);
  });

  it("before the first change that was ever recorded, nothing is known", async () => {
    const id = await addService(host, "web", old);
    await addFlip(host, id, nowMs - 10 * DAY, "operational");
    const days = await daysOf("web");
    expect(days.slice(0, 79)).toEqual(Array.from({ length: 79 }, () => ["unknown"]));
  });

  it("are not lost to a service that changes all the time", async () => {
    const id = await addService(host, "web", old);
    await addFlip(host, id, nowMs - 50 * DAY, "outage");
    await addFlip(host, id, nowMs - 40 * DAY, "operational");
    await addFlips(host, await addService(host, "flapping", old), 6000, nowMs);
    const days = await daysOf("web");
    expect(days.at(-46)).toEqual(["outage"]);
    expect(days.at(-2)).toEqual(["operational"]);
  });

  it("what is older than the changes read is unknown, never green: of a service, and of its host", async () => {
    await addFlips(host, await addService(host, "flapping", old), 6000, nowMs);
    expect((await daysOf("flapping")).slice(0, 85)).toEqual(Array.from({ length: 85 }, () => ["unknown"]));
    await addFlips(host, host.id, 6000, nowMs);
    await addService(host, "quiet", old);
    expect((await daysOf("quiet")).slice(0, 85)).toEqual(Array.from({ length: 85 }, () => ["unknown"]));
  });

  it("a service that changes all the time gets what the others leave of the page's share", async () => {
    for (let i = 0; i < 60; i++) await addService(host, `quiet-${i}`, old);
    await addFlips(host, await addService(host, "flapping", old), 4320, nowMs);
    const days = await daysOf("flapping");
    expect(days.slice(-3, -1)).toEqual([
      ["operational", "outage"],
      ["operational", "outage"],
    ]);
  });
});

it("a page of hundreds of services reads few rows: of the changes only those shown, and no other organization's", async () => {
  const hosts = await Promise.all(Array.from({ length: 9 }, () => makeHost(host.organizationId)));
  for (const each of [host, ...hosts]) {
    for (let i = 0; i < 30; i++) {
      const id = await addService(each, `service-${i}`, old);
      await addFlips(each, id, 20, nowMs - 100 * DAY);
      await addFlips(each, id, 5, nowMs);
    }
  }
  const other = await makeHost(await makeOrganization("Borealis"));
  await addFlips(other, `${other.id}.theirs`, 6000, nowMs);
  const counted = countRowsRead(env.DB);
  const facts = await readStatusFacts(counted.d1, slug, nowMs);
  expect(facts?.components).toHaveLength(300);
  console.log(`status page of 300 services with 5 changes each: ${counted.rowsRead()} rows read`);
  expect(counted.rowsRead()).toBeLessThan(4000);
}, 30_000);
