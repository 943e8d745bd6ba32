import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { freshId } from "../src/auth/ids.ts";
import { maintenance, type MaintenanceScope } from "../src/db/maintenance-schema.ts";
import { host as hostTable, uptimeHostDay } from "../src/db/schema.ts";
import { readStatusFacts } from "../src/status/status-facts.ts";
import { statusViewOf } from "../src/status/status-view.ts";
import { foldAgainFor } from "../src/uptime/announced-late.ts";
import { unpackDay } from "../src/uptime/core/packed-day.ts";
import { foldDays } from "../src/uptime/fold-days.ts";
import { db, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { addFlip, addService, DAY, makePage } from "./status-ground.ts";

const HOUR = 3_600_000;
const today = Date.UTC(2028, 1, 29);
const nowMs = today + 12 * HOUR;
const createdMs = nowMs - 100 * DAY;
let host: TestHost;
let slug: string;
let web: string;

beforeEach(async () => {
  // Upkeep goes through all there are: those of other tests are in the way.
  await env.DB.exec("delete from host");
  ({ host, slug } = await makePage());
  await db().update(hostTable).set({ createdMs }).where(eq(hostTable.id, host.id));
  web = await addService(host, "web", { createdMs });
  await addFlip(host, web, nowMs - 99 * DAY, "outage");
  await foldAll();
});

/** Folds until nothing is left to fold. */
async function foldAll(): Promise<void> {
  for (let i = 0; i < 100; i++) if ((await foldDays(env.DB, nowMs)) === null) return;
  throw new Error("there is always something to fold");
}

/** Writes it as a person's form does: the row, and what has the days counted again, in one batch. */
async function announce(scope: MaintenanceScope, startsMs: number, endsMs: number): Promise<void> {
  const { organizationId } = host;
  const row = { id: freshId(), organizationId, title: "disk", startsMs, endsMs, scope, createdMs: nowMs };
  const again = foldAgainFor(db(), organizationId, { scope, fromMs: startsMs }, nowMs);
  await db().batch([db().insert(maintenance).values(row), ...(again === null ? [] : [again])]);
}

/** Hours of maintenance of each shown day of the service that had any: how many days ago, and how many hours. */
async function shown(name = "web"): Promise<[number, number][]> {
  const facts = await readStatusFacts(env.DB, slug, nowMs);
  const components = facts === null ? [] : statusViewOf(facts, nowMs).groups.flatMap(({ components }) => components);
  const days = components.find((component) => component.name === name)?.days ?? [];
  return days.flatMap(({ startMs, timeIn: { maintenance: ms } }): [number, number][] =>
    ms === 0 ? [] : [[(today - startMs) / DAY, ms / HOUR]],
  );
}

const turns = () => db().select({ id: hostTable.id, turn: hostTable.foldTurn }).from(hostTable);

describe("maintenance that is written for a time that is over", () => {
  it.each<[string, () => MaintenanceScope]>([
    ["the service", () => ({ kind: "chosen", hostIds: [], serviceIds: [web] })],
    ["its host", () => ({ kind: "chosen", hostIds: [host.id], serviceIds: [] })],
    ["all", () => ({ kind: "all" })],
  ])("counts in the page at once, and is folded: of %s", async (_, scope) => {
    const startsMs = today - 9 * DAY - HOUR;
    await announce(scope(), startsMs, startsMs + 3 * HOUR);
    const expected = [
      [10, 1],
      [9, 2],
    ];
    expect(await shown()).toEqual(expected);
    await foldAll();
    expect(await shown()).toEqual(expected);
    const rows = await db().select().from(uptimeHostDay).where(eq(uptimeHostDay.hostId, host.id));
    const times = rows.map(({ services }) => unpackDay(services["web"] ?? []));
    expect(times.reduce((sum, { maintenance }) => sum + maintenance, 0)).toBe(3 * HOUR);
  });

  it("has only hosts counted again that it covers, and none of another organization", async () => {
    const sibling = await makeHost(host.organizationId, "sibling");
    const stranger = await makeHost(await makeOrganization("Borealis"));
    await announce(
      { kind: "chosen", hostIds: [stranger.id], serviceIds: [web, `${stranger.id}.web`] },
      today - DAY,
      today,
    );
    expect(Object.fromEntries((await turns()).map(({ id, turn }) => [id, turn]))).toEqual({
      ...{ [host.id]: 1, [sibling.id]: 0, [stranger.id]: 0 },
    });
  });

  it("leaves what was folded from flips that are gone as it was counted", async () => {
    const flipsFromMs = today - 35 * DAY;
    await db().update(hostTable).set({ flipsFromMs }).where(eq(hostTable.id, host.id));
    await announce({ kind: "all" }, flipsFromMs - DAY, flipsFromMs + HOUR);
    const expected = [[35, 1]];
    expect(await shown()).toEqual(expected);
    await foldAll();
    expect(await shown()).toEqual(expected);
  });

  it("of today and later costs nothing: nothing of it is folded yet", async () => {
    await announce({ kind: "all" }, today, nowMs);
    expect(await turns()).toEqual([{ id: host.id, turn: 0 }]);
    expect(await shown()).toEqual([[0, 12]]);
  });
});
