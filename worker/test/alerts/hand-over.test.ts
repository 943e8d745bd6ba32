import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readToldBefore } from "../../src/alerts/adoption.ts";
import { Alerts } from "../../src/alerts/alerts.ts";
import type { News } from "../../src/alerts/core/alert-types.ts";
import { handOver } from "../../src/alerts/hand-over.ts";
import { acknowledgement } from "../../src/db/alert-schema.ts";
import { host, notice } from "../../src/db/schema.ts";
import { db, makeHost } from "../ground.ts";
import { telling } from "../channel-messages.ts";
import { MovedAlerts, START_MS } from "./moved-alerts.ts";

let moved: MovedAlerts;
beforeEach(async () => {
  moved = await MovedAlerts.make();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A Fleet hands over what it has recorded, all at once. Answers what Alerts was told. */
async function handed(...records: { id: string; phase: "opened" | "closed"; atMs: number }[]): Promise<News[]> {
  const heard = vi.spyOn(Alerts.prototype, "news").mockResolvedValue();
  const entries = records.map(({ id, phase, atMs }, i) => ({
    position: i + 1,
    records: [{ kind: "notice" as const, incidentId: moved.idOf(id), phase, atMs }],
  }));
  await handOver(env, [{ host: moved.host, entries }], () => new Map());
  return heard.mock.calls.flatMap(([, news]) => news);
}

/** D1 has it. */
async function recorded(id: string, said: Partial<News["incident"]> = {}): Promise<void> {
  await moved.record([moved.news(id, "opened", { openedMs: START_MS, ...said })]);
}

describe("what a Fleet hands over", () => {
  it("says who looks after it already, and so does what was told before everything was forgotten", async () => {
    await recorded("web");
    const by = { byId: "u1", byName: "Ines" };
    const row = {
      incidentId: moved.idOf("web"),
      organizationId: moved.organizationId,
      atMs: START_MS,
      via: "page" as const,
    };
    await db()
      .insert(acknowledgement)
      .values({ ...row, ...by });
    const acknowledged = { ...by, atMs: START_MS };
    expect(await handed({ id: "web", phase: "opened", atMs: START_MS })).toMatchObject([{ acknowledged }]);
    await db()
      .update(notice)
      .set({ message: telling().message })
      .where(eq(notice.id, moved.idOf("web.opened")));
    const before = await readToldBefore(env.DB, moved.organizationId, { closing: [], opening: [] });
    expect(before).toMatchObject([{ incidentId: moved.idOf("web"), acknowledged }]);
  });

  it("has of many hosts the tags of any, and those of all", async () => {
    const other = await makeHost(moved.organizationId, "web-2");
    await db()
      .update(host)
      .set({ tags: ["eu", "db"] })
      .where(eq(host.id, moved.host.id));
    await db()
      .update(host)
      .set({ tags: ["eu", "web"] })
      .where(eq(host.id, other.id));
    const hosts = [moved.host, other].map(({ id, name }) => ({ id, name }));
    const many = { hosts, fell: 2, of: 2, fromMs: START_MS, toMs: START_MS };
    const evidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
    await recorded("many", { kind: "hosts-silent", serviceName: null, evidence: { ...evidence, many } });
    await recorded("one");
    const news = await handed(...["many", "one"].map((id) => ({ id, phase: "opened" as const, atMs: START_MS })));
    expect(news.map(({ incident }) => [incident.hostTags, incident.tagSets])).toEqual([
      [
        ["eu", "db", "web"],
        [
          ["eu", "db"],
          ["eu", "web"],
        ],
      ],
      [["eu", "db"], undefined],
    ]);
  });
});
