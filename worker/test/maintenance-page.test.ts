import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Alerts } from "../src/alerts/alerts.ts";
import { maintenance, maintenanceSeries } from "../src/db/maintenance-schema.ts";
import { host as hostTable, statusPage } from "../src/db/schema.ts";
import { Records } from "../src/tenancy/records.ts";
import { continueMaintenance } from "../src/upkeep/maintenance.ts";
import { db } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";
import { addIncident, addService, DAY, htmlOf, jsonOf, makePage, type TestPage } from "./status-ground.ts";

const HOUR = 3_600_000;
let page: TestPage;
let owner: string;

/** A moment as the form sends it, by the clocks of UTC. */
const wall = (ms: number) => new Date(ms).toISOString().slice(0, 16);
const nowMin = () => Math.floor(Date.now() / 60_000) * 60_000;

const form = (said: Record<string, string> = {}) =>
  new URLSearchParams({
    ...{ title: "A larger disk", note: "Short breaks.", zone: "UTC", repeats: "never", until: "", what: "all" },
    ...{ covers: "", starts: wall(nowMin() - 60_000), ends: wall(nowMin() + HOUR), ...said },
  });
const announce = (said: Record<string, string> = {}, cookie = owner) =>
  as(cookie, "POST", "/app/maintenance", form(said));
const rows = () => db().select().from(maintenance).where(eq(maintenance.organizationId, page.host.organizationId));
const actions = async () =>
  (await new Records(env.DB, page.host.organizationId).auditLines(20))
    .map(({ action }) => action)
    .filter((a) => a.startsWith("maint"));

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

beforeEach(async () => {
  page = await makePage();
  await addService(page.host, "web");
  await addService(page.host, "db");
  owner = await signIn(page.host.organizationId, "owner");
});

describe("maintenance that is announced on its page", () => {
  it("is there at once for the public, with its words, and as JSON; ended, it is over", async () => {
    expect((await announce()).headers.get("location")).toBe("/app/maintenance");
    expect((await rows())[0]).toMatchObject({ title: "A larger disk", scope: { kind: "all" } });
    expect((await rows())[0]?.toldMs).not.toBeNull();
    const shown = JSON.parse(JSON.stringify(await jsonOf(page)));
    expect(shown.maintenance).toMatchObject([
      { title: "A larger disk", note: "Short breaks.", status: "running", components: "all" },
    ]);
    expect(shown.sentence).toBe("Everything is being worked on");
    expect(await htmlOf(page)).toContain("A larger disk");
    const [row] = await rows();
    await as(owner, "POST", `/app/maintenance/${row?.id}/end`, new URLSearchParams());
    expect((await rows())[0]?.cancelledMs).not.toBeNull();
    expect(await actions()).toEqual(["maintenance.ended", "maintenance.announced"]);
  });

  it("and ended early, is known to whoever puts off reminders and further steps until its end", async () => {
    const told = vi.spyOn(Alerts.prototype, "changed");
    await announce();
    expect(told).toHaveBeenCalledTimes(1);
    await as(owner, "POST", `/app/maintenance/${(await rows())[0]?.id}/end`, new URLSearchParams());
    expect(told).toHaveBeenCalledTimes(2);
  });

  it("covers a service alone where that is said, and the public reads which", async () => {
    await announce({
      what: "chosen",
      covers: "secret-host/web",
      starts: wall(nowMin() + DAY),
      ends: wall(nowMin() + 2 * DAY),
    });
    expect((await rows())[0]?.scope).toEqual({ kind: "chosen", hostIds: [], serviceIds: [`${page.host.id}.web`] });
    const shown = JSON.parse(JSON.stringify(await jsonOf(page)));
    expect(shown.maintenance).toMatchObject([{ status: "upcoming", components: ["web"] }]);
    expect(await htmlOf(page)).not.toContain("secret-host");
  });

  it("shows the public no outage that began in it, until it is over: then from its end on", async () => {
    const web = `${page.host.id}.web`;
    const openedMs = nowMin() - 30_000;
    await addIncident(page.host, web, "service-down", { openedMs });
    expect((await jsonOf(page)).incidents.length).toBe(1);
    await announce({ starts: wall(nowMin() - HOUR) });
    const aside = async (slug: string) => {
      await db().update(statusPage).set({ slug }).where(eq(statusPage.id, page.pageId));
      return jsonOf({ ...page, slug });
    };
    expect((await aside(`${page.slug}b`)).incidents).toEqual([]);
    const endsMs = openedMs + 10_000;
    await db().update(maintenance).set({ endsMs }).where(eq(maintenance.organizationId, page.host.organizationId));
    expect((await aside(`${page.slug}c`)).incidents).toMatchObject([{ openedAt: new Date(endsMs).toISOString() }]);
  });

  it("says what had been recorded already in its time, and does not count as an outage any more", async () => {
    const [web, at] = [`${page.host.id}.web`, nowMin() - 3 * HOUR];
    await addIncident(page.host, web, "restart-loop", { openedMs: at - HOUR, closedMs: at });
    await addIncident(page.host, web, "service-down", { openedMs: at - HOUR, closedMs: at + 1 });
    await addIncident(page.host, web, "port-conflict", { openedMs: at - 2 * HOUR });
    await addIncident(page.host, `${page.host.id}.db`, "service-down", { openedMs: at + 60_000 });
    await addIncident(page.host, page.host.id, "host-offline", { openedMs: at + HOUR, closedMs: at + 2 * HOUR });
    await addIncident(page.host, web, "endpoint-unproven", { openedMs: at + 60_000 });
    const elsewhere = await makePage();
    await addIncident(elsewhere.host, web, "restart-loop", { openedMs: at + 60_000 });
    const past = { starts: wall(at), ends: wall(at + HOUR) };
    const hidesOf = async (said: Record<string, string>) => {
      const answer = await as(owner, "POST", "/app/maintenance", Object.fromEntries(form({ ...past, ...said })));
      const { hides }: { hides: { kind: string }[] } = JSON.parse(await answer.text());
      return hides.map(({ kind }) => kind);
    };
    expect(await hidesOf({ what: "chosen", covers: "secret-host/web" })).toEqual(["service-down", "port-conflict"]);
    expect(await hidesOf({ ends: wall(at + HOUR + 60_000) })).toEqual([
      ...["host-offline", "service-down", "service-down", "port-conflict"],
    ]);
    expect(await hidesOf({ starts: wall(nowMin() + HOUR), ends: wall(nowMin() + 2 * HOUR) })).toEqual([]);
    const location = (await announce(past)).headers.get("location") ?? "";
    expect(location).toMatch(/^\/app\/maintenance\?announced=/);
    const html = await (await as(owner, "GET", location)).text();
    expect(html).toContain('data-hidden="3"');
    expect(html).toContain("3 things had been recorded in this time before it was announced.");
    expect(await (await as(owner, "GET", "/app/maintenance")).text()).not.toContain("data-hidden");
    const stranger = await signIn(elsewhere.host.organizationId, "owner");
    expect(await (await as(stranger, "GET", location)).text()).not.toContain("data-hidden");
    const [line] = await new Records(env.DB, page.host.organizationId).auditLines(1);
    expect(line).toMatchObject({ detail: { starts: new Date(at).toISOString() } });
  });

  it("offers the zone by which it was announced last, and puts the reader's own in its place where that is known", async () => {
    const zoneOf = async () =>
      /<input[^>]*name="zone"[^>]*>/.exec(await (await as(owner, "GET", "/app/maintenance")).text())?.[0];
    expect(await zoneOf()).toContain('value="UTC"');
    const day = { starts: "2027-03-01T10:00", ends: "2027-03-01T11:00" };
    await announce({ ...day, zone: "Europe/Zurich" });
    expect(await zoneOf()).toContain('value="Europe/Zurich"');
    expect(await zoneOf()).toContain("data-guess-zone");
  });

  it("covers by a tag the hosts that have it, whenever they came", async () => {
    const tagged = { tags: ["disk"] };
    await db().update(hostTable).set(tagged).where(eq(hostTable.id, page.host.id));
    await announce({ what: "chosen", covers: "tag:disk" });
    expect((await jsonOf(page)).components.map(({ status }) => status)).toEqual(["maintenance", "maintenance"]);
    await db().update(hostTable).set({ tags: [] }).where(eq(hostTable.id, page.host.id));
    await db()
      .update(statusPage)
      .set({ slug: `${page.slug}b` })
      .where(eq(statusPage.id, page.pageId));
    const later = await jsonOf({ ...page, slug: `${page.slug}b` });
    expect(later.components.map(({ status }) => status)).toEqual(["operational", "operational"]);
  });

  it("with mistakes in it loses nothing that was typed, and says of each what to write instead", async () => {
    const bad = {
      title: " ",
      zone: "Moon/Base",
      starts: "tomorrow",
      covers: "web-9\nsecret-host/nope",
      what: "chosen",
      note: "<b>",
    };
    const answer = await announce(bad);
    expect(answer.status).toBe(400);
    const html = await answer.text();
    for (const kept of ["Moon/Base", "tomorrow", "web-9\nsecret-host/nope", "&lt;b&gt;"]) expect(html).toContain(kept);
    for (const name of ["title", "zone", "starts", "covers"]) expect(html).toContain(`data-fault="${name}"`);
    expect(html).toContain("`web-9`, `secret-host/nope` is none here: there is secret-host");
    const gap = await announce({ zone: "Europe/Zurich", starts: "2027-03-28T02:30", ends: "2027-03-28T04:00" });
    expect(await gap.text()).toContain("there is no 28 March 2027, 02:30 in Europe/Zurich");
    expect(await rows()).toEqual([]);
  });

  it("is asked for as JSON just as well, and answered so", async () => {
    const said = Object.fromEntries(form());
    const made = await as(owner, "POST", "/app/maintenance", said);
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ told: true });
    const bad = await as(owner, "POST", "/app/maintenance", { ...said, ends: 5 });
    expect(await bad.json()).toMatchObject({ error: { code: "bad-request", fields: { ends: expect.any(String) } } });
    const list = await (await as(owner, "GET", "/app/maintenance.json")).json();
    expect(list).toMatchObject({ maintenance: [{ status: "running", covers: "all" }], series: [] });
  });

  it("is changed by a responder, and read alone by a viewer", async () => {
    await announce();
    const [row] = await rows();
    const responder = await signIn(page.host.organizationId, "responder");
    expect(await (await as(responder, "GET", `/app/maintenance/${row?.id}`)).text()).toContain('value="A larger disk"');
    await as(responder, "POST", `/app/maintenance/${row?.id}`, form({ title: "Two disks" }));
    expect((await rows())[0]).toMatchObject({ title: "Two disks" });
    const viewer = await signIn(page.host.organizationId, "viewer");
    const html = await (await as(viewer, "GET", "/app/maintenance")).text();
    expect(html).toContain("Two disks");
    expect(html).not.toContain("<textarea");
    expect((await announce({}, viewer)).status).toBe(403);
    const stranger = await signIn((await makePage()).host.organizationId, "owner");
    expect((await as(stranger, "POST", `/app/maintenance/${row?.id}/end`, new URLSearchParams())).status).toBe(404);
  });

  it("written for a time that is over has its days counted again, and taken back as well", async () => {
    const untilMs = Math.floor(Date.now() / DAY) * DAY;
    await db().update(hostTable).set({ foldedUntilMs: untilMs }).where(eq(hostTable.id, page.host.id));
    const fromMs = untilMs - 3 * DAY;
    const folded = async () =>
      (await db().select().from(hostTable).where(eq(hostTable.id, page.host.id)))[0]?.foldedUntilMs;
    await announce({ starts: wall(fromMs + HOUR), ends: wall(fromMs + 2 * HOUR) });
    expect(await folded()).toBe(fromMs);
    await db().update(hostTable).set({ foldedUntilMs: untilMs }).where(eq(hostTable.id, page.host.id));
    const [row] = await rows();
    await as(owner, "POST", `/app/maintenance/${row?.id}/end`, new URLSearchParams());
    expect(await folded()).toBe(fromMs);
    expect(await actions()).toEqual(["maintenance.taken-back", "maintenance.announced"]);
    expect((await announce({ starts: "2020-01-01T10:00" })).status).toBe(400);
  });
});

describe("maintenance that comes again", () => {
  const first = () => nowMin() + DAY;
  const weekly = () => ({ repeats: "weekly", starts: wall(first()), ends: wall(first() + HOUR) });
  const series = async () =>
    (
      await db().select().from(maintenanceSeries).where(eq(maintenanceSeries.organizationId, page.host.organizationId))
    )[0];
  const times = async () =>
    (await rows())
      .filter(({ cancelledMs }) => cancelledMs === null)
      .map(({ startsMs }) => startsMs)
      .sort((a, b) => a - b);

  it("is there some weeks ahead, is continued by upkeep, and written once however often that runs", async () => {
    await announce(weekly());
    expect((await times()).slice(0, 2)).toEqual([first(), first() + 7 * DAY]);
    const before = (await times()).length;
    expect(before).toBe(9);
    await continueMaintenance(env, Date.now() + 30 * DAY);
    await continueMaintenance(env, Date.now() + 30 * DAY);
    const after = await times();
    expect(after.length).toBeGreaterThanOrEqual(before + 4);
    expect(new Set(after).size).toBe(after.length);
    expect(after.every((ms, i) => i === 0 || ms - (after[i - 1] ?? 0) === 7 * DAY)).toBe(true);
  });

  it("is changed for what is to come; a day that was called off stays so; ended, it does not come again", async () => {
    await announce(weekly());
    const off = (await rows()).find(({ startsMs }) => startsMs === first() + 7 * DAY);
    await as(owner, "POST", `/app/maintenance/${off?.id}/end`, new URLSearchParams());
    const path = `/app/maintenance/series/${(await series())?.id}`;
    expect(await (await as(owner, "GET", path)).text()).toContain("A larger disk");
    await as(owner, "POST", path, form({ ...weekly(), starts: wall(first() - HOUR), title: "Earlier" }));
    expect((await times()).slice(0, 2)).toEqual([first() - HOUR, first() + 14 * DAY - HOUR]);
    await as(owner, "POST", `${path}/end`, new URLSearchParams());
    expect(await times()).toEqual([]);
    expect(await continueMaintenance(env, Date.now() + 30 * DAY)).toBeNull();
    expect((await as(owner, "POST", path, form(weekly()))).status).toBe(409);
    expect((await actions())[0]).toBe("maintenance-series.ended");
  });

  it("moved to later on a day whose time is over comes once more that day, however often it is written", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / DAY) * DAY + DAY / 2 });
    const at = (fromMs: number) => ({ repeats: "daily", starts: wall(fromMs), ends: wall(fromMs + HOUR) });
    await announce(at(nowMin() + HOUR));
    const today = nowMin() + HOUR;
    vi.setSystemTime(today + 3 * HOUR);
    const path = `/app/maintenance/series/${(await series())?.id}`;
    await as(owner, "POST", path, form(at(today + 5 * HOUR)));
    await db().update(maintenanceSeries).set({ writtenUntilMs: 0 });
    await continueMaintenance(env, Date.now());
    expect((await times()).slice(0, 3)).toEqual([today, today + 5 * HOUR, today + DAY + 5 * HOUR]);
  });

  it("whose words alone are edited neither loses a second time of the day nor gets one that a person moved or called off", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / DAY) * DAY + DAY / 2 });
    const at = (fromMs: number) => ({ repeats: "daily", starts: wall(fromMs), ends: wall(fromMs + HOUR) });
    await announce(at(nowMin() + HOUR));
    const today = nowMin() + HOUR;
    const path = `/app/maintenance/series/${(await series())?.id}`;
    const edit = (fromMs: number, title: string) => as(owner, "POST", path, form({ ...at(fromMs), title }));
    vi.setSystemTime(today + 3 * HOUR);
    await edit(today + 5 * HOUR, "Later");
    await edit(today + 5 * HOUR, "Other words");
    expect((await times()).slice(0, 2)).toEqual([today, today + 5 * HOUR]);
    const second = (await rows()).find(({ startsMs }) => startsMs === today + 5 * HOUR);
    await as(owner, "POST", `/app/maintenance/${second?.id}/end`, new URLSearchParams());
    await edit(today + 5 * HOUR, "Other words again");
    await edit(today + 6 * HOUR, "Later still");
    expect((await times()).filter((ms) => ms < today + DAY)).toEqual([today]);
  });

  it("one time of which a person moved forward does not come again that day when its words are edited", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(Date.now() / DAY) * DAY + DAY / 2 });
    const at = (fromMs: number) => ({ repeats: "daily", starts: wall(fromMs), ends: wall(fromMs + HOUR) });
    const today = nowMin() + 6 * HOUR;
    await announce(at(today));
    const [row] = (await rows()).toSorted((a, b) => a.startsMs - b.startsMs);
    await as(
      owner,
      "POST",
      `/app/maintenance/${row?.id}`,
      form({ starts: wall(nowMin()), ends: wall(nowMin() + HOUR) }),
    );
    vi.setSystemTime(today - 2 * HOUR);
    await as(owner, "POST", `/app/maintenance/series/${(await series())?.id}`, form({ ...at(today), title: "Words" }));
    expect((await times()).filter((ms) => ms < today + DAY)).toEqual([today - 6 * HOUR]);
  });

  it("shows the public its next two times, not all of them", async () => {
    await announce({ ...weekly(), repeats: "daily" });
    const shown = JSON.parse(JSON.stringify(await jsonOf(page)));
    expect(shown.maintenance.length).toBe(2);
  });

  it("that a Fleet could not be told of is told by upkeep", async () => {
    await announce();
    await db().update(maintenance).set({ toldMs: null });
    await continueMaintenance(env, Date.now());
    expect((await rows()).every(({ toldMs }) => toldMs !== null)).toBe(true);
  });
});
