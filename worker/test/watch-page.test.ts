import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, inject, it } from "vitest";
import { unseal } from "../src/channels/seal.ts";
import { freshId } from "../src/auth/ids.ts";
import { heartbeatOut } from "../src/db/alert-schema.ts";
import { audit, delivery, notice } from "../src/db/schema.ts";
import { dayOf } from "../src/deliveries/core/lag.ts";
import { readDay } from "../src/deliveries/read-day.ts";
import { db, makeChannel, makeOrganization } from "./ground.ts";
import { countRowsRead } from "./rows-read.ts";
import { as, signIn } from "./signed-in.ts";

const HOUR_MS = 3_600_000;

describe("the last day of each channel", () => {
  let organizationId: string;
  let channelId: string;
  const nowMs = Date.now();

  beforeEach(async () => {
    organizationId = await makeOrganization();
    channelId = await makeChannel(organizationId);
  });

  /** A message that was decided so long ago, and each attempt with when it came after that. */
  async function told(agoMs: number, attempts: { afterMs: number; ok: boolean; status?: number | null }[]) {
    const noticeId = `${freshId()}.opened`;
    const row = { organizationId, incidentId: freshId(), phase: "opened" as const, createdMs: nowMs - agoMs };
    await db()
      .insert(notice)
      .values({ ...row, id: noticeId });
    for (const [i, { afterMs, ok, status = ok ? 204 : 500 }] of attempts.entries()) {
      const of = { organizationId, noticeId, channelId, attempt: i + 1, answer: "", tookMs: 1 };
      await db()
        .insert(delivery)
        .values({ ...of, id: freshId(), atMs: nowMs - agoMs + afterMs, ok, status });
    }
  }

  it("is how soon its messages were heard, and what was not", async () => {
    for (let i = 1; i <= 20; i++) await told(HOUR_MS, [{ afterMs: i * 100, ok: true }]);
    await told(HOUR_MS, [
      { afterMs: 100, ok: false },
      { afterMs: 90_000, ok: false, status: null },
    ]);
    const { channels, all } = dayOf(await readDay(env.DB, organizationId, nowMs));
    expect(channels).toMatchObject([
      {
        ...{ channelId, channel: "On call", heard: 20, p50Ms: 1000, p95Ms: 1900, failed: 2 },
        lastFailure: { atMs: nowMs - HOUR_MS + 90_000, status: null },
      },
    ]);
    expect(all).toEqual({ heard: 20, p50Ms: 1000, p95Ms: 1900 });
  });

  it("counts from the decision to the first time that it was heard, however often it was tried or sent again", async () => {
    await told(HOUR_MS, [
      { afterMs: 500, ok: false },
      { afterMs: 7000, ok: true },
      { afterMs: 60_000, ok: true },
    ]);
    // Heard days ago, and sent again today.
    await told(72 * HOUR_MS, [
      { afterMs: 400, ok: true },
      { afterMs: 71 * HOUR_MS, ok: true },
    ]);
    const { channels } = dayOf(await readDay(env.DB, organizationId, nowMs));
    expect(channels).toMatchObject([{ heard: 1, p50Ms: 7000, p95Ms: 7000, failed: 1 }]);
  });

  it("has a line for a channel that was told nothing, none of another organization, and no day before", async () => {
    await told(25 * HOUR_MS, [{ afterMs: 100, ok: true }]);
    const { channels } = dayOf(await readDay(env.DB, organizationId, nowMs));
    expect(channels).toMatchObject([{ heard: 0, p50Ms: null, failed: 0, lastFailure: null }]);
    expect(await readDay(env.DB, await makeOrganization(), nowMs)).toEqual([]);
  });

  it("of a night with very many attempts looks through the last of them only", async () => {
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 12000)
       insert into delivery (id, organization_id, notice_id, channel_id, attempt, at_ms, ok, status, answer, took_ms)
       select ?1 || i, ?1, 'n' || i, ?2, 1, ?3 - i, 0, 500, '', 1 from n`,
    )
      .bind(organizationId, channelId, nowMs)
      .run();
    const { d1, rowsRead } = countRowsRead(env.DB);
    expect(dayOf(await readDay(d1, organizationId, nowMs)).channels[0]?.failed).toBe(5_000);
    expect(rowsRead()).toBeLessThan(25_000);
  });
});

describe("the page Watch", () => {
  let organizationId: string;
  let owner: string;
  const url = `${inject("receiver")}/${freshId()}/ok`;
  const form = (fields: Record<string, string>) => new URLSearchParams(fields);
  const row = async () =>
    (await db().select().from(heartbeatOut).where(eq(heartbeatOut.organizationId, organizationId)))[0];

  beforeEach(async () => {
    organizationId = await makeOrganization();
    await makeChannel(organizationId);
    owner = await signIn(organizationId, "owner");
  });

  it("sets a heartbeat, shows it without its secret, tests it, changes it, removes it", async () => {
    const set = await as(owner, "POST", "/app/watch/heartbeat", form({ url, minutes: "5" }));
    expect(set.headers.get("location")).toBe("/app/watch?set");
    const made = await row();
    expect(made?.intervalMs).toBe(300_000);
    expect(made?.sealedUrl).not.toContain("receiver");
    expect(await unseal(env.AFLOAT_SECRET, made?.sealedUrl ?? "")).toBe(url);
    const tested = await (await as(owner, "POST", "/app/watch/heartbeat/test")).text();
    expect(tested).toContain('data-tested="heard"');
    expect(tested).toContain("answered 200");
    expect(tested).not.toContain(url);
    await as(owner, "POST", "/app/watch/heartbeat", form({ url: "", minutes: "10" }));
    const kept = await row();
    expect([kept?.intervalMs, kept?.sealedUrl === made?.sealedUrl, kept?.runs?.length]).toEqual([600_000, true, 1]);
    await as(owner, "POST", "/app/watch/heartbeat/remove");
    expect(await row()).toBeUndefined();
    const lines = await db().select().from(audit).where(eq(audit.organizationId, organizationId));
    expect(lines.map(({ action }) => action).toSorted()).toEqual(
      ["set", "tested", "set", "removed"].map((done) => `heartbeat.${done}`).toSorted(),
    );
    expect(JSON.stringify(lines)).not.toContain(url);
  });

  it("says what is wrong beside what was typed, and sets nothing", async () => {
    for (const [fields, words] of [
      [{ url: "http://169.254.169.254/latest", minutes: "1" }, "nothing is sent to"],
      [{ url: "", minutes: "1" }, "expected an address"],
      [{ url, minutes: "61" }, "expected 1 to 60 whole minutes, got `61`"],
    ] as const) {
      const answer = await as(owner, "POST", "/app/watch/heartbeat", form(fields));
      expect(answer.status).toBe(400);
      expect(await answer.text()).toContain(words);
      const json = await as(owner, "POST", "/app/watch/heartbeat", fields);
      expect(json.status).toBe(400);
      expect(JSON.stringify(await json.json())).toContain(words);
    }
    expect(await row()).toBeUndefined();
    expect((await as(owner, "POST", "/app/watch/heartbeat/test")).status).toBe(404);
  });

  it("lets nobody call more than ten times a minute", async () => {
    await as(owner, "POST", "/app/watch/heartbeat", { url, minutes: 1 });
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++) statuses.push((await as(owner, "POST", "/app/watch/heartbeat/test", {})).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 200), 429]);
  });

  it("is for viewers, too, but what channels and the receiver answered is not, nor where that is", async () => {
    await as(owner, "POST", "/app/watch/heartbeat", { url, minutes: 1 });
    await as(owner, "POST", "/app/watch/heartbeat/test", {});
    const viewer = await signIn(organizationId, "viewer");
    const page = await (await as(viewer, "GET", "/app/watch")).text();
    expect(page).toContain("every 1 min");
    expect(page).toContain("Heartbeat out");
    expect(page).not.toContain("127.0.0.1");
    expect(page).not.toContain('<form method="post" action="/app/watch');
    const json = await (await as(viewer, "GET", "/app/watch.json")).json();
    expect(json).toMatchObject({
      heartbeat: { where: null, answer: null, runs: [{ kind: "heard" }] },
      day: {},
      server: {},
    });
    const unheard = {
      kind: "unheard",
      words: "could not be reached: 127.0.0.1",
      fromMs: 1,
      untilMs: 1,
      times: 1,
      tookMs: 1,
    };
    await db()
      .update(heartbeatOut)
      .set({ runs: [{ ...unheard, kind: "unheard" }] });
    const after = await (await as(viewer, "GET", "/app/watch.json")).json();
    expect(after).toMatchObject({
      heartbeat: { runs: [{ kind: "unheard", words: "its receiver gave no good answer" }] },
    });
    const seen = await (await as(owner, "GET", "/app/watch.json")).json();
    expect(seen).toMatchObject({ heartbeat: { where: expect.stringContaining("127.0.0.1"), answer: "OK" } });
  });
});
