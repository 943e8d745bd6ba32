import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { flip, host as hostTable } from "../src/db/schema.ts";
import { readFleetView } from "../src/fleet/fleet-view.ts";
import { loadHosts } from "../src/fleet/load-host.ts";
import { readStatusFacts } from "../src/status/status-facts.ts";
import { statusViewOf } from "../src/status/status-view.ts";
import { foldDays } from "../src/uptime/fold-days.ts";
import { db, type TestHost } from "./ground.ts";
import { countRowsRead } from "./rows-read.ts";
import { addFlips, addIncident, addLink, addService, DAY, makePage } from "./status-ground.ts";

const nowMs = Date.UTC(2028, 1, 29, 12);
const FLIPS_A_DAY = 20;

/** A host with eight services that changed so often each day for so many days, folded day by day as it lived. */
async function hostOf(days: number): Promise<{ host: TestHost; slug: string }> {
  const { host, slug } = await makePage();
  const createdMs = nowMs - days * DAY;
  await db().update(hostTable).set({ createdMs }).where(eq(hostTable.id, host.id));
  await addLink(host, createdMs, "online");
  for (let i = 0; i < 8; i++) {
    const id = await addService(host, `service-${i}`, { createdMs });
    await addFlips(host, id, days * FLIPS_A_DAY, nowMs, DAY / FLIPS_A_DAY);
    await addIncident(host, id, "service-down", { openedMs: createdMs, closedMs: createdMs + 1 });
  }
  while ((await foldDays(env.DB, nowMs)) !== null);
  return { host, slug };
}

/** What each way to look at it reads. */
async function rowsRead({ host, slug }: { host: TestHost; slug: string }) {
  const counted = countRowsRead(env.DB);
  const since = async (read: () => Promise<unknown>) => {
    const before = counted.rowsRead();
    await read();
    return counted.rowsRead() - before;
  };
  return {
    statusPage: await since(() => readStatusFacts(counted.d1, slug, nowMs)),
    dashboard: await since(() => readFleetView(counted.d1, host.organizationId, nowMs)),
    fleet: await since(() => loadHosts(counted.d1, host.organizationId, [host.id])),
  };
}

it("a host of a year ago is as cheap to show as one of three months, and is shown whole", async () => {
  const year = await hostOf(366);
  const kept = await db().$count(flip, eq(flip.organizationId, year.host.organizationId));
  // Of 58,560 changes those of the last 35 days are left, and the last one before.
  expect(kept).toBeLessThanOrEqual(8 * (36 * FLIPS_A_DAY + 1) + 1);
  const old = await rowsRead(year);
  const facts = await readStatusFacts(env.DB, year.slug, nowMs);
  const [component] = facts === null ? [] : (statusViewOf(facts, nowMs).groups[0]?.components ?? []);
  expect(component?.days.filter(({ uptime }) => uptime !== null)).toHaveLength(90);
  const young = await rowsRead(await hostOf(91));
  console.log(`rows read: ${JSON.stringify({ "a year": old, "three months": young })}`);
  for (const way of ["statusPage", "dashboard", "fleet"] as const) {
    expect(old[way], way).toBeLessThanOrEqual(young[way] + 5);
  }
  // Ninety days and today's changes, of each service.
  expect(old.statusPage).toBeLessThanOrEqual(8 * (90 + 2 * FLIPS_A_DAY + 5) + 50);
  expect(old.dashboard).toBeLessThanOrEqual(60);
  expect(old.fleet).toBeLessThanOrEqual(60);
}, 60_000);
