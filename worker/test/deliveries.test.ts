import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { alertsFor } from "../src/alerts/alerts-for.ts";
import { freshId } from "../src/auth/ids.ts";
import { delivery, incident, notice } from "../src/db/schema.ts";
import { type AttemptRow, lagOf, tellingsOf } from "../src/deliveries/core/tellings.ts";
import { readDeliveries } from "../src/deliveries/read-deliveries.ts";
import { Records } from "../src/tenancy/records.ts";
import { db, makeChannel, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { countRowsRead } from "./rows-read.ts";
import { as, signIn } from "./signed-in.ts";
import { eventually } from "./test-agent.ts";

describe("what was told, by message and channel", () => {
  const row = (said: Partial<AttemptRow>): AttemptRow => ({
    ...{
      noticeId: "n",
      channelId: "c",
      channel: "On call",
      attempt: 1,
      atMs: 1000,
      ok: true,
      outcome: "heard",
      status: 204,
    },
    ...{ answer: "", tookMs: 5, incidentId: "i", title: "t", phase: "opened", createdMs: 0, heardMs: null, ...said },
  });

  it("has what was not heard first, then the latest; the attempts of one together", () => {
    const rows = [
      row({ noticeId: "new", atMs: 9000, heardMs: 9000 }),
      row({ noticeId: "failed", atMs: 5000, ok: false, status: 500, attempt: 2 }),
      row({ noticeId: "failed", atMs: 4000, ok: false, status: null }),
      row({ noticeId: "old", atMs: 3000, attempt: 2, heardMs: 3000 }),
      row({ noticeId: "old", atMs: 2000, ok: false, heardMs: 3000 }),
    ];
    const tellings = tellingsOf(rows);
    expect(tellings.map(({ noticeId }) => noticeId)).toEqual(["failed", "new", "old"]);
    expect(tellings.map(({ attempts }) => attempts.length)).toEqual([2, 1, 2]);
    expect(tellings.map(({ lagMs }) => lagMs)).toEqual([null, 9000, 3000]);
    expect(lagOf(tellings)).toEqual({ heard: 2, p50Ms: 3000, p95Ms: 9000 });
    expect(lagOf([])).toBeNull();
  });

  it("that its channel refused is not sent again by itself, unless an attempt was heard", () => {
    const refused = row({ atMs: 2000, ok: false, outcome: "refused", status: 410 });
    expect(tellingsOf([refused])[0]?.isRefused).toBe(true);
    expect(tellingsOf([{ ...refused, heardMs: 1000 }])[0]?.isRefused).toBe(false);
    expect(tellingsOf([row({ atMs: 3000, ok: false, outcome: "retry" }), refused])[0]?.isRefused).toBe(false);
  });

  it("was heard with its first good answer, also where it was sent again later", () => {
    const again = [row({ atMs: 8000, attempt: 1, heardMs: 1000 }), row({ atMs: 1000, heardMs: 1000 })];
    expect(tellingsOf(again)[0]?.lagMs).toBe(1000);
  });
});

describe("the page of deliveries", () => {
  let host: TestHost;
  let owner: string;
  let channelId: string;

  const told = async (title: string, attempts: { ok: boolean; status: number | null; answer?: string }[]) => {
    const incidentId = freshId();
    const own = { organizationId: host.organizationId };
    const evidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
    const openedMs = Date.now() - 10_000;
    await db()
      .insert(incident)
      .values({
        ...{ ...own, id: incidentId, kind: "service-down", subjectId: incidentId, hostId: host.id, title, cause: "c" },
        ...{ openedMs, evidence },
      });
    const noticeId = `${incidentId}.opened`;
    await db()
      .insert(notice)
      .values({ ...own, id: noticeId, incidentId, phase: "opened", createdMs: openedMs });
    for (const [i, { ok, status, answer = "" }] of attempts.entries()) {
      const row = { ...own, noticeId, channelId, attempt: i + 1, atMs: openedMs + 500 * (i + 1), tookMs: 7 };
      await db()
        .insert(delivery)
        .values({ ...row, id: freshId(), ok, status, answer });
    }
    return noticeId;
  };

  beforeEach(async () => {
    host = await makeHost(await makeOrganization());
    owner = await signIn(host.organizationId, "owner");
    channelId = await makeChannel(host.organizationId);
  });

  it("shows each attempt with its answer, what was not heard first, and how late the rest was", async () => {
    await told("heard title", [{ ok: true, status: 204 }]);
    await told("missed title", [
      { ok: false, status: 500, answer: "<b>no</b>" },
      { ok: false, status: null, answer: "timed out" },
    ]);
    const html = await (await as(owner, "GET", "/app/deliveries")).text();
    expect(html.indexOf("missed title")).toBeLessThan(html.indexOf("heard title"));
    for (const words of [
      "One message was not heard",
      "half of them within 0.5 s",
      "&lt;b&gt;no&lt;/b&gt;",
      "timed out",
    ]) {
      expect(html).toContain(words);
    }
    const json = await (await as(owner, "GET", "/app/deliveries.json")).json();
    expect(json).toMatchObject({
      messages: [{ title: "missed title", attempts: [{ attempt: 2 }, { attempt: 1 }] }, {}],
    });
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    expect(await (await as(stranger, "GET", "/app/deliveries")).text()).not.toContain("title</a>");
  });

  it("knows of the attempts of an older page that their message was heard since", async () => {
    await told("late title", [
      { ok: false, status: 500 },
      { ok: true, status: 204 },
    ]);
    const { organizationId } = host;
    const [heard] = await readDeliveries(env.DB, organizationId, { channelId: null, beforeMs: null });
    const older = await readDeliveries(env.DB, organizationId, { channelId: null, beforeMs: heard?.atMs ?? 0 });
    expect(older).toMatchObject([{ attempt: 1, ok: false }]);
    expect(tellingsOf(older)[0]?.lagMs).toBe(1_000);
  });

  it("sends one again by the same id where somebody asks, and writes down who", async () => {
    const noticeId = await told("heard title", [{ ok: true, status: 204 }]);
    const responder = await signIn(host.organizationId, "responder");
    const path = `/app/deliveries/${noticeId}/${channelId}/repeat`;
    expect((await as(responder, "POST", path)).headers.get("location")).toBe("/app/deliveries?repeated");
    await eventually("another attempt", async () => {
      const rows = await readDeliveries(env.DB, host.organizationId, { channelId, beforeMs: null });
      return rows.length > 1 ? rows : null;
    });
    const [line] = await new Records(env.DB, host.organizationId).auditLines(1);
    expect(line).toMatchObject({ action: "delivery.repeated", actorName: "responder", target: noticeId });
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    expect((await as(stranger, "POST", path)).status).toBe(404);
    expect((await as(await signIn(host.organizationId, "viewer"), "POST", path)).status).toBe(403);
    const { channels } = await alertsFor(env, host.organizationId).standing();
    expect(channels[0]?.waiting, "nobody listens there: it waits").toBe(1);
    expect(await (await as(owner, "GET", "/app/deliveries")).text()).toContain("1 wait, the oldest for");
  });

  it("reads a page of its own, whatever others have", async () => {
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
       insert into delivery (id, organization_id, notice_id, channel_id, attempt, at_ms, ok, status, answer, took_ms)
       select ?1 || i, ?1, 'n', 'c', 1, i, 1, 204, '', 1 from n`,
    )
      .bind(freshId())
      .run();
    await told("heard title", [{ ok: true, status: 204 }]);
    const { d1, rowsRead } = countRowsRead(env.DB);
    const rows = await readDeliveries(d1, host.organizationId, { channelId: null, beforeMs: null });
    expect(rows.length).toBe(1);
    expect(rowsRead()).toBeLessThan(20);
  });
});
