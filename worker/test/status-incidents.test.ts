import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { flip, statusComponent, statusPage } from "../src/db/schema.ts";
import { dayWords } from "../src/status/day-words.ts";
import { readStatusFacts } from "../src/status/status-facts.ts";
import { db } from "./ground.ts";
import { countRowsRead } from "./rows-read.ts";
import { addFlip, addIncident, addService, DAY, htmlOf, jsonOf, makePage, type TestPage } from "./status-ground.ts";

let page: TestPage;
let web: string;
const nowMs = Date.now();

beforeEach(async () => {
  page = await makePage();
  web = await addService(page.host, "web");
});

/** Incidents of a service that began and ended one after the other within the last days. */
async function addPast(subjectId: string, count: number, agoMs: number): Promise<void> {
  const begins = Array.from({ length: count }, (_, i) => nowMs - agoMs + i * 60_000);
  await Promise.all(
    begins.map((openedMs) =>
      addIncident(page.host, subjectId, "service-down", { openedMs, closedMs: openedMs + 30_000 }),
    ),
  );
}

describe("incidents on the public page", () => {
  it("one that lasted for weeks is told of once it is over, on the day it was over", async () => {
    const closedMs = nowMs - 3 * DAY;
    await addIncident(page.host, web, "service-down", { openedMs: nowMs - 40 * DAY, closedMs });
    expect((await jsonOf(page)).incidents).toMatchObject([{ title: "web: outage" }]);
    const [, day] = (await htmlOf(page)).split(`<h3>${dayWords(closedMs)}</h3>`);
    expect(day?.split("<h3>")[0]).toContain("web: outage");
  });

  it("one that was over more than two weeks ago is not told of any more", async () => {
    await addIncident(page.host, web, "service-down", { openedMs: nowMs - 40 * DAY, closedMs: nowMs - 15 * DAY });
    expect((await jsonOf(page)).incidents).toEqual([]);
  });

  it("those still open come first, however many began after them and are over", async () => {
    await addIncident(page.host, web, "restart-loop", { openedMs: nowMs - 60 * DAY });
    await addIncident(page.host, web, "endpoint-regressed", { openedMs: nowMs - 20 * DAY });
    await addPast(web, 120, DAY);
    const { incidents } = await jsonOf(page);
    expect(incidents.map(({ closedAt }) => closedAt === null)).toEqual([true, true, ...Array(100).fill(false)]);
    expect(incidents.slice(0, 2).map(({ openedAt }) => openedAt)).toEqual(
      [20, 60].map((days) => new Date(nowMs - days * DAY).toISOString()),
    );
  });

  it("every open one is shown, also where there are more than a hundred", async () => {
    for (let i = 0; i < 110; i++) {
      await addIncident(page.host, await addService(page.host, `service-${i}`), "service-down");
    }
    expect((await jsonOf(page)).incidents).toHaveLength(110);
  });

  it("those of services that the page does not show take no room from those that it does", async () => {
    const internal = await addService(page.host, "internal");
    const { pageId } = page;
    await db().update(statusPage).set({ shows: "chosen" }).where(eq(statusPage.id, pageId));
    await db()
      .insert(statusComponent)
      .values({
        ...{ pageId, organizationId: page.host.organizationId, serviceId: web },
        ...{ name: "Website", groupName: null, position: 1 },
      });
    await addPast(web, 1, 2 * DAY);
    await addPast(internal, 120, DAY);
    expect((await jsonOf(page)).incidents).toMatchObject([{ title: "Website: outage" }]);
  });

  it("a stranger at its port is an outage while the service is out for it, and nothing while it serves on beside that", async () => {
    await addIncident(page.host, web, "port-conflict");
    const out = await addService(page.host, "mail", { publicStatus: "outage" });
    await addIncident(page.host, out, "port-conflict");
    const { incidents, components } = await jsonOf(page);
    expect(incidents.map(({ title }) => title)).toEqual(["mail: outage"]);
    expect(components.map(({ name, status }) => [name, status])).toEqual([
      ["web", "operational"],
      ["mail", "outage"],
    ]);
  });

  it("a stranger at its port that is gone is told of where the service was out for it", async () => {
    const mail = await addService(page.host, "mail");
    const [openedMs, closedMs] = [nowMs - 2 * DAY, nowMs - DAY];
    for (const subjectId of [web, mail]) {
      await addIncident(page.host, subjectId, "port-conflict", { openedMs, closedMs });
      const conflict = { ...{ subjectId, atMs: openedMs - 5, journalId: "j", seq: 1 }, reasonCode: "port-conflict" };
      const said =
        subjectId === web
          ? { verdict: "degraded", publicStatus: "operational" as const }
          : { verdict: "unhealthy", publicStatus: "outage" as const };
      await db()
        .insert(flip)
        .values({ ...conflict, ...said, organizationId: page.host.organizationId, reason: "secret" });
    }
    // That it was out for another reason meanwhile is another thing.
    await addFlip(page.host, web, nowMs - 1.5 * DAY, "outage");
    expect((await jsonOf(page)).incidents).toMatchObject([{ title: "mail: outage" }]);
  });

  it("of a long history, only the rows of what is shown are read", async () => {
    await addPast(web, 200, 60 * DAY);
    await addPast(web, 3, DAY);
    await addIncident(page.host, web, "service-down", { openedMs: nowMs - 30 * DAY });
    const counted = countRowsRead(env.DB);
    expect((await readStatusFacts(counted.d1, page.slug, nowMs))?.incidents).toHaveLength(4);
    expect(counted.rowsRead()).toBeLessThan(30);
  });
});
