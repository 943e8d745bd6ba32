import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { freshId } from "../src/auth/ids.ts";
import { acknowledgement, alertIncident, alertWhy } from "../src/db/alert-schema.ts";
import { maintenance } from "../src/db/maintenance-schema.ts";
import { command, delivery, host as hostTable, incident, notice } from "../src/db/schema.ts";
import { parseIncidentsWanted, readIncidents } from "../src/incidents/read-incidents.ts";
import { readIncident } from "../src/incidents/read-incident.ts";
import { Records } from "../src/tenancy/records.ts";
import { db, makeChannel, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { countRowsRead } from "./rows-read.ts";
import { as, signIn } from "./signed-in.ts";
import { addFlips, addService, DAY } from "./status-ground.ts";
import { flip, loopClosed, loopOpened, snapshot, TestAgent } from "./test-agent.ts";

const MINUTE = 60_000;
let host: TestHost;
let owner: string;

const page = async (id: string, cookie = owner) => (await as(cookie, "GET", `/app/incident/${id}`)).text();

/** One of a service that the host does not have, unless something else is said. */
async function add(said: Partial<typeof incident.$inferInsert> = {}): Promise<string> {
  const id = freshId();
  const evidence = {
    lastLines: ["boom <b>"],
    exit: "exited with code 3",
    restarts: 4,
    spanMs: 1,
    causeCode: "exit-code",
  };
  await db()
    .insert(incident)
    .values({
      ...{ id, organizationId: host.organizationId, hostId: host.id, kind: "restart-loop", serviceName: "web" },
      ...{ subjectId: `${host.id}.${id}`, title: "web-1 / web is restarting in a loop", cause: "4 restarts in 1 s" },
      ...{ openedMs: Date.now() - MINUTE, evidence, ...said },
    });
  return id;
}

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
  owner = await signIn(host.organizationId, "owner");
});

describe("the page of an incident", () => {
  it("tells of a loop from its first exit to its end: cause, last lines, who was told, and what to do", async () => {
    const agent = await TestAgent.greet(host);
    const opened = loopOpened(2);
    await agent.tells(
      flip(1, { verdict: "down", reason: "exited with code 3" }),
      opened,
      flip(3, { loop: opened.loop }),
    );
    const [row] = await db().select().from(incident);
    const id = row?.id ?? "";
    const html = await page(id);
    for (const words of [
      ...["web-1 / web is restarting in a loop", "exits with code 3 within 0.3 s of every start", "boom"],
      ...["web is down", "exited with code 3", "It began", 'href="/runbook#loop-exit-code"'],
      ...[`href="/app#host-${host.id}"`, 'data-open="yes"', 'title="20'],
    ]) {
      expect(html).toContain(words);
    }
    expect(await (await as(owner, "GET", "/app")).text()).toContain(`href="/app/incident/${id}"`);
    await agent.tells(flip(4), loopClosed(5, opened));
    const over = await page(id);
    expect(over).toContain("Over: ");
    expect(over).toContain("It was over, after");
    expect(over).toContain('data-open="no"');
    const json: unknown = await (await as(owner, "GET", `/app/incident/${id}.json`)).json();
    expect(json).toMatchObject({ incident: { id, kind: "restart-loop", restarts: 4 }, readAt: expect.any(String) });
    expect(JSON.stringify(json)).toContain("web is healthy");
  });

  it("has commands with their steps, attempts with their answers, and maintenance; of another service nothing", async () => {
    const id = await add();
    const nowMs = Date.now();
    const steps = [
      { step: "queued" as const, atMs: nowMs - 30_000, detail: "" },
      { step: "done" as const, atMs: nowMs - 29_000, detail: "up again" },
    ];
    const asked = {
      organizationId: host.organizationId,
      hostId: host.id,
      verb: "restart" as const,
      step: "done" as const,
    };
    const times = { steps, createdMs: nowMs - 30_000, expiresMs: nowMs };
    await db()
      .insert(command)
      .values([
        { ...asked, ...times, id: freshId(), serviceName: "web", byUserId: "u", byName: "Anna" },
        { ...asked, ...times, id: freshId(), serviceName: "other", byUserId: "u", byName: "Berta" },
      ]);
    const told = { organizationId: host.organizationId, noticeId: `${id}.opened` };
    await db()
      .insert(notice)
      .values({ ...told, id: told.noticeId, incidentId: id, phase: "opened", createdMs: nowMs - 50_000 });
    const tried = { ...told, channelId: await makeChannel(host.organizationId), attempt: 1, tookMs: 12 };
    await db()
      .insert(delivery)
      .values({ ...tried, id: freshId(), atMs: nowMs - 49_000, ok: false, status: 500, answer: "no <i>way</i>" });
    await db()
      .insert(maintenance)
      .values({
        ...{ id: freshId(), organizationId: host.organizationId, title: "A larger disk", scope: { kind: "all" } },
        ...{ startsMs: nowMs - 20_000, endsMs: nowMs + MINUTE, createdMs: 1 },
      });
    const html = await page(id);
    for (const words of [
      ...["Anna asked: restart web", "queued › done after 1 s · up again", "On call did not hear that it began"],
      ...["500 in 12 ms: no &lt;i&gt;way&lt;/i&gt;", "Maintenance began", "A larger disk", "boom &lt;b&gt;"],
    ]) {
      expect(html).toContain(words);
    }
    expect(html).not.toContain("Berta");
    const viewer = await page(id, await signIn(host.organizationId, "viewer"));
    expect(viewer, "answers are for those who may look at channels").not.toContain("&gt;way&lt;");
    expect(viewer).toContain("On call did not hear");
  });

  it("takes notes of those who may write them, and tells everybody who wrote what", async () => {
    const id = await add();
    const responder = await signIn(host.organizationId, "responder");
    const write = (cookie: string, text: string) =>
      as(cookie, "POST", `/app/incident/${id}/notes`, new URLSearchParams({ text }));
    expect((await write(responder, " rules.json was <b>missing</b>\nput back ")).headers.get("location")).toBe(
      `/app/incident/${id}#note`,
    );
    const viewer = await signIn(host.organizationId, "viewer");
    const html = await page(id, viewer);
    expect(html).toContain("responder wrote");
    expect(html).toContain("rules.json was &lt;b&gt;missing&lt;/b&gt;\nput back</small>");
    expect(html, "viewers read").not.toContain("<textarea");
    expect((await write(viewer, "hello")).status).toBe(403);
    const long = await write(responder, "x".repeat(4001));
    expect(long.status).toBe(400);
    const again = await long.text();
    expect(again).toContain("expected at most 4000 characters, got 4001");
    expect(again, "nothing that was typed is lost").toContain("x".repeat(4001));
    expect((await write(responder, " ")).status).toBe(400);
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    expect((await write(stranger, "hello")).status).toBe(404);
    expect((await as(owner, "POST", `/app/incident/${id}/notes`, { text: "as JSON" })).status).toBe(201);
    const lines = await new Records(env.DB, host.organizationId).auditLines(5);
    expect(lines.map(({ action, actorName }) => `${actorName} ${action}`)).toEqual([
      "owner incident.noted",
      "responder incident.noted",
    ]);
  });

  it("restarts the service it is about, without a script, where the host allows it and the person may", async () => {
    const agent = await TestAgent.greet(host, { services: [snapshot()], remote: ["restart"] });
    await agent.tells(flip(1));
    const id = await add({ subjectId: `${host.id}.web` });
    expect(await page(id)).toContain(`action="/app/incident/${id}/restart"`);
    const responder = await signIn(host.organizationId, "responder");
    const asked = await as(responder, "POST", `/app/incident/${id}/restart`);
    expect(asked.headers.get("location")).toBe(`/app/incident/${id}`);
    expect(await page(id)).toContain("responder asked: restart web");
    const viewer = await signIn(host.organizationId, "viewer");
    expect(await page(id, viewer)).not.toContain("/restart");
    expect((await as(viewer, "POST", `/app/incident/${id}/restart`)).status).toBe(403);
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    expect((await as(stranger, "POST", `/app/incident/${id}/restart`)).status).toBe(404);
    await db().update(hostTable).set({ remote: [] }).where(eq(hostTable.id, host.id));
    expect(await page(id)).not.toContain("/restart");
    const refused = await as(owner, "POST", `/app/incident/${id}/restart`);
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("Nothing was done: web-1 allows nothing from afar");
  });

  it("says why somebody was told, or was not, and who looks after it", async () => {
    const id = await add();
    const atMs = Date.now() - 30_000;
    const own = { organizationId: host.organizationId, incidentId: id };
    const whys = [
      { what: "matched", rule: null, severity: "error" },
      { what: "silenced", reason: "A disk", byName: "Berta", untilMs: atMs },
      { what: "of a later version" },
    ];
    await db()
      .insert(alertWhy)
      .values(whys.map((why, position) => ({ ...own, atMs, position, why })));
    const before = await page(id);
    expect(before).toContain("No rule is about it, so the defaults hold: error.");
    expect(before).toContain("Berta silenced it");
    expect(before).not.toContain("undefined");
    await db()
      .insert(acknowledgement)
      .values({ ...own, atMs, via: "page", byId: "u", byName: "Anna" });
    const html = await page(id);
    expect(html).toContain("acknowledged by Anna");
    expect(html).toContain("Anna looks after it: until it is over nobody is reminded");
    expect(html).toContain("The agent goes on starting it");
  });

  it("tells of a message that is about several incidents in each of them", async () => {
    const [first, second] = [await add(), await add()];
    const noticeId = `${first}.opened`;
    const own = { organizationId: host.organizationId };
    await db()
      .insert(notice)
      .values({ ...own, id: noticeId, incidentId: first, phase: "opened", createdMs: Date.now() });
    await db()
      .insert(alertIncident)
      .values({ ...own, incidentId: second, noticeId });
    expect(await page(second), "nobody is told yet").not.toContain("To be told");
    const again = "It is said again at 06:00 UTC if nobody acknowledges it.";
    const message = {
      atMs: Date.now(),
      next: ["The agent goes on starting it, after longer and longer pauses.", again],
    };
    await env.DB.prepare("update notice set message = ? where id = ?").bind(JSON.stringify(message), noticeId).run();
    const told = await page(second);
    expect(told).toContain("To be told: it began");
    expect(told.split(again).length, "and what comes next").toBe(2);
    expect(told.split("The agent goes on starting it").length).toBe(2);
    await db()
      .insert(acknowledgement)
      .values({ ...own, incidentId: second, atMs: Date.now(), via: "page", byId: "u", byName: "Anna" });
    expect(await page(second)).not.toContain(again);
  });

  it("is not there for another organization, nor for one that is kept no more", async () => {
    const id = await add({ title: "secret title" });
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    for (const path of [`/app/incident/${id}`, `/app/incident/${id}.json`, "/app/incident/nope"]) {
      const answer = await as(stranger, "GET", path);
      expect(answer.status).toBe(404);
      expect(await answer.text()).not.toContain("secret");
    }
    expect(await (await as(stranger, "GET", "/app/incidents")).text()).not.toContain("secret");
    expect(await (await as(stranger, "GET", "/app/incidents.json")).text()).not.toContain("secret");
  });

  it("reads no more of an incident of a month with 20,000 changes than of a minute", async () => {
    const nowMs = Date.now();
    const read = async (openedMs: number) => {
      const subjectId = await addService(host, `s${openedMs}`);
      const id = await add({ openedMs, subjectId, serviceName: `s${openedMs}` });
      await addFlips(
        host,
        subjectId,
        openedMs < nowMs - DAY ? 20_000 : 100,
        nowMs,
        openedMs < nowMs - DAY ? 129_600 : 500,
      );
      const { d1, rowsRead } = countRowsRead(env.DB);
      const found = await readIncident(d1, { organizationId: host.organizationId, id, role: "owner" }, nowMs);
      expect(found?.recorded.flips[0]?.first.length).toBe(30);
      return rowsRead();
    };
    const short = await read(nowMs - MINUTE);
    const long = await read(nowMs - 30 * DAY);
    console.log(`rows read of an incident: ${short} of a minute, ${long} of a month with 20,000 changes`);
    expect(long).toBeLessThanOrEqual(short + 20);
    expect(long).toBeLessThan(150);
  });
});

describe("the list of incidents", () => {
  it("shows what is open and over, of a kind, a host, a service, and goes on where a page ends", async () => {
    const other = await makeHost(host.organizationId, "db-1");
    const nowMs = Date.now();
    const minutes = Array.from({ length: 60 }, (_, i) => nowMs - (i + 2) * MINUTE);
    for (const openedMs of minutes) await add({ openedMs, closedMs: openedMs + 1000, title: `old ${openedMs}` });
    await add({ hostId: other.id, kind: "service-down", serviceName: "db", title: "db-1 / db is down" });
    const list = async (query: string) => (await as(owner, "GET", `/app/incidents${query}`)).text();
    const first = await list("");
    expect(first).toContain("1 incident is open");
    expect(first).toContain("db-1 / db is down");
    expect(first.split("data-incident=").length - 1).toBe(50);
    const next = /href="([^"]+)" rel="next"/.exec(first)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const rest = await (await as(owner, "GET", next)).text();
    expect(rest.split("data-incident=").length - 1).toBe(11);
    expect(rest).not.toContain('rel="next"');
    for (const query of ["?state=open", "?kind=service-down", "?host=db-1", "?service=db", "?host=db-1&state=open"]) {
      const html = await list(query);
      expect(html, query).toContain("db-1 / db is down");
      expect(html.split("data-incident=").length - 1, query).toBe(1);
    }
    expect(await list("?kind=nonsense&before=x")).toContain("1 incident is open");
    expect(await list("?service=none")).toContain("No incident like that");
    const json = await (await as(owner, "GET", "/app/incidents.json?state=open")).json();
    expect(json).toMatchObject({ incidents: [{ host: "db-1", service: "db", closedAt: null }], before: null });
  });

  it("reads only what is open to show what is open, and a page of the rest", async () => {
    await env.DB.prepare(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
       insert into incident (id, organization_id, kind, subject_id, host_id, title, cause, opened_ms, closed_ms, evidence)
       select ?1 || i, ?2, 'service-down', ?1 || i, ?3, 't', 'c', i * 1000, i * 1000 + 5, '{}' from n`,
    )
      .bind(freshId(), host.organizationId, host.id)
      .run();
    await add();
    const rows = async (said: Record<string, string>) => {
      const { d1, rowsRead } = countRowsRead(env.DB);
      await readIncidents(d1, host.organizationId, parseIncidentsWanted(said));
      return rowsRead();
    };
    expect(await rows({ state: "open" })).toBeLessThan(10);
    expect(await rows({})).toBeLessThan(160);
    expect(await rows({ host: "nobody" })).toBeLessThan(3200);
  });
});
