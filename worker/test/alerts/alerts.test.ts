import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { INCIDENT_KINDS } from "@afloat/shared/domain";
import { and, asc, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { makeAckLink, readAckLink } from "../../src/alerts/ack-link.ts";
import { loadNotice } from "../../src/alerts/load-notice.ts";
import { tellAlerts } from "../../src/alerts/tell-alerts.ts";
import { freshId } from "../../src/auth/ids.ts";
import { acknowledgement, alertWhy, silence } from "../../src/db/alert-schema.ts";
import { audit, channel, delivery } from "../../src/db/schema.ts";
import { tellingsOf } from "../../src/deliveries/core/tellings.ts";
import { readDay } from "../../src/deliveries/read-day.ts";
import { readDeliveries } from "../../src/deliveries/read-deliveries.ts";
import { readIncidents } from "../../src/fleet/fleet-view.ts";
import { db, makeChannel, makeOrganization } from "../ground.ts";
import { as, signIn } from "../signed-in.ts";
import { MovedAlerts } from "./moved-alerts.ts";
import { Outside } from "./receiver.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HOOK = "https://hook.test/";
const OTHER = "https://other.test/";

let moved: MovedAlerts;
let channelId: string;
let outside: Outside;

beforeEach(async () => {
  moved = await MovedAlerts.make();
  channelId = await makeChannel(moved.organizationId, HOOK);
  outside = new Outside();
});

afterEach(async () => {
  // What is under way would reach the receiver of the next test.
  await moved.pass(MINUTE_MS);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const titles = (url = HOOK) => outside.at(url).map(({ body }) => body.data.alert.title);
const ids = (url = HOOK) => outside.at(url).map(({ id }) => moved.nameOf(id));
const whys = async (name: string) =>
  (
    await db()
      .select({ why: alertWhy.why })
      .from(alertWhy)
      .where(eq(alertWhy.incidentId, moved.idOf(name)))
      .orderBy(asc(alertWhy.atMs), asc(alertWhy.position))
  ).map(({ why }) => Reflect.get(why, "what"));

describe("what happened to incidents", () => {
  it("is told soon: of one service alone, after 300 ms", async () => {
    const startMs = Date.now();
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    expect(titles()).toEqual(["web-1 / ingest is restarting in a loop: 4 restarts in 38 s"]);
    expect((outside.received[0]?.atMs ?? 0) - startMs).toBe(300);
    expect(await whys("ingest")).toEqual(["matched", "told"]);
  });

  it("to a hundred services of one host is one message, and each incident can say who was told of it", async () => {
    const names = Array.from({ length: 100 }, (_, i) => `s${i}`);
    const news = names.map((name) => moved.news(name, "opened"));
    await moved.record(news);
    const rows = await rowsWritten(async () => {
      await moved.object.news(moved.organizationId, news);
      await moved.pass(10 * MINUTE_MS);
    });
    expect(outside.received.length).toBe(1);
    expect(outside.received[0]?.body.data.alert.more).toBeGreaterThan(0);
    const { incidents: told } = await readIncidents(env.DB, moved.organizationId, Date.now());
    expect(told.filter((incident) => incident.told.length === 1).length, "of all that the page asks for").toBe(50);
    expect(await whys("s99")).toContain("told");
    console.log(`rows of D1 for 100 incidents that are told as one: ${rows}`);
    expect(rows, "five rows an incident at most").toBeLessThan(500);
  });

  it("is told of all where the first of an organization come at the same moment from several of its Fleets", async () => {
    await Promise.all(["ingest", "mailer"].map((name) => moved.happens(name, "opened")));
    await moved.pass(10 * MINUTE_MS);
    expect(titles()).toEqual([expect.stringContaining("2 services are restarting in a loop")]);
  });

  it("and ends one after the other is told when all is over: it is late from then on, not from when the first ended", async () => {
    const names = ["ingest", "mailer"];
    for (const name of names) await moved.happens(name, "opened");
    await moved.pass(MINUTE_MS);
    await moved.happens("ingest", "closed");
    await moved.pass(30_000);
    await moved.happens("mailer", "closed");
    await moved.pass(10 * MINUTE_MS);
    expect(ids()).toEqual(["ingest.opened", "ingest.closed"]);
    const { organizationId } = moved;
    const lags = tellingsOf(await readDeliveries(env.DB, organizationId, { channelId, beforeMs: null }));
    expect(lags.map(({ lagMs }) => lagMs)).toEqual([0, 0]);
    expect((await readDay(env.DB, organizationId, Date.now()))[0]?.lagsMs).toEqual([0, 0]);
  });

  it("goes to each channel by an id of its own, the same for every attempt, another where a person asks for it again", async () => {
    const other = await makeChannel(moved.organizationId, OTHER);
    await moved.object.changed(moved.organizationId);
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    const noticeId = moved.idOf("ingest.opened");
    const sendIdOf = async (to: string, againMs: number | null) =>
      (await loadNotice(env, moved.organizationId, { noticeId, channelId: to }, againMs))?.telling.sendId;
    const sendId = await sendIdOf(channelId, null);
    expect(sendId).toContain(noticeId);
    expect(await sendIdOf(channelId, null)).toBe(sendId);
    expect(new Set([sendId, await sendIdOf(other, null), await sendIdOf(channelId, 1)]).size).toBe(3);
  });

  it("is decided by the same state after an eviction at any moment", async () => {
    await moved.happens("ingest", "opened");
    await evicted();
    await moved.pass(MINUTE_MS);
    await evicted();
    await moved.happens("ingest", "opened");
    await moved.happens("ingest", "closed");
    await evicted();
    await moved.pass(MINUTE_MS);
    expect(ids()).toEqual(["ingest.opened", "ingest.closed"]);
  });

  it("is said again every four hours while nobody acknowledges it", async () => {
    await moved.happens("ingest", "opened");
    await moved.pass(9 * HOUR_MS);
    expect(titles().map((title) => title.split(":")[0])).toEqual([
      "web-1 / ingest is restarting in a loop",
      "Still",
      "Still",
    ]);
  });

  it("and was told by a Worker of before there was Alerts: its end is told where its beginning was", async () => {
    const told = moved.news("ingest", "opened");
    await moved.record([told]);
    const sent = { organizationId: moved.organizationId, noticeId: moved.idOf("ingest.opened"), channelId };
    const answered = { atMs: Date.now(), ok: true, status: 204, answer: "", tookMs: 1 };
    await db()
      .insert(delivery)
      .values({ id: freshId(), ...sent, attempt: 1, ...answered });
    await moved.pass(MINUTE_MS);
    await moved.happens("ingest", "closed");
    await moved.pass(MINUTE_MS);
    expect(ids()).toEqual(["ingest.closed"]);
  });

  it("is told plainly where the rules themselves fail", async () => {
    const news = moved.news("ingest", "opened");
    await moved.record([news]);
    const broken = { ...news, incident: { ...news.incident, hostTags: null as unknown as string[] } };
    await db()
      .insert(silence)
      .values({ ...silenceOf({ tags: ["db"] }), id: freshId() });
    await moved.object.news(moved.organizationId, [broken]);
    await moved.pass(MINUTE_MS);
    expect(titles()).toEqual(["web-1 / ingest is restarting in a loop"]);
  });
});

function silenceOf(matcher: object) {
  const { organizationId } = moved;
  const times = { startsMs: Date.now(), endsMs: Date.now() + HOUR_MS, createdMs: Date.now() };
  return { organizationId, matcher, reason: "a test", byUserId: "u", byName: "Anna", ...times };
}

describe("a silence", () => {
  it("keeps quiet, says so, and lets go of what stands when it ends", async () => {
    await db()
      .insert(silence)
      .values({ ...silenceOf({ services: ["ingest"] }), id: freshId() });
    await moved.happens("ingest", "opened");
    await moved.happens("web", "opened");
    await moved.pass(30 * MINUTE_MS);
    expect(titles()).toEqual(["web-1 / web is restarting in a loop: 4 restarts in 38 s"]);
    expect(await whys("ingest")).toContain("silenced");
    await moved.pass(HOUR_MS);
    expect(titles().at(-1)).toContain("ingest");
  });

  it("that a person ends is over at once", async () => {
    const cookie = await signIn(moved.organizationId, "responder");
    const body = { services: "ingest", reason: "we know", lasts: "1h" };
    const made = await as(cookie, "POST", "/app/silences", body);
    expect(made.status).toBe(201);
    const { id }: { id: string } = await made.json();
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    expect(outside.received).toEqual([]);
    expect((await as(cookie, "POST", `/app/silences/${id}/end`)).status).toBe(303);
    await moved.pass(MINUTE_MS);
    expect(outside.received.length).toBe(1);
  });
});

describe("acknowledging", () => {
  it("by the link in a message: looking does nothing, the button does, and nobody is reminded any more", async () => {
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    const link = outside.received[0]?.body.data.acknowledge ?? "";
    expect(link).toContain("/acknowledge/");
    const look = await exports.default.fetch(link);
    expect(look.status).toBe(200);
    expect(await look.text()).toContain("I look after it");
    expect(
      await db()
        .select()
        .from(acknowledgement)
        .where(eq(acknowledgement.incidentId, moved.idOf("ingest"))),
    ).toEqual([]);
    const done = await exports.default.fetch(link, { method: "POST", body: new URLSearchParams({ name: "Anna" }) });
    expect(await done.text()).toContain("Anna (On call) looks after it");
    await exports.default.fetch(link, { method: "POST", body: new URLSearchParams({ name: "Bert" }) });
    await moved.pass(9 * HOUR_MS);
    expect(titles().filter((title) => title.startsWith("Still"))).toEqual([]);
    const [row] = await db()
      .select()
      .from(acknowledgement)
      .where(eq(acknowledgement.incidentId, moved.idOf("ingest")));
    expect(row).toMatchObject({ via: "link", byName: "Anna (On call)" });
  });

  it("by a link works for an incident of every kind, as long as the names of hosts and journals are", async () => {
    const secret = "a secret of the tests";
    const [host, journal] = ["h".repeat(24), "0123456789abcdef"];
    for (const kind of INCIDENT_KINDS) {
      const of = {
        organizationId: "o".repeat(24),
        incidentId: `${host}-${journal}-123456789-${kind}`,
        channelId: "c".repeat(24),
      };
      const link = await makeAckLink(secret, of, Date.now() + 1);
      expect(await readAckLink(secret, link, Date.now()), kind).toEqual(of);
    }
  });

  it("by a link that is too old, altered, or for another incident does nothing", async () => {
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    const link = outside.received[0]?.body.data.acknowledge ?? "";
    for (const bad of [link.replace(/.$/, (last) => (last === "A" ? "B" : "A")), link.replace("ingest", "web")]) {
      expect((await exports.default.fetch(bad, { method: "POST" })).status).toBe(404);
    }
    moved.leap(8 * 24 * HOUR_MS);
    expect((await exports.default.fetch(link, { method: "POST" })).status).toBe(404);
  });

  it("by a person who is signed in, who may: not of another organization", async () => {
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    const path = `/app/incident/${moved.idOf("ingest")}/acknowledge`;
    const stranger = await signIn(await makeOrganization("Borealis"), "owner");
    expect((await as(stranger, "POST", path)).status).toBe(404);
    expect((await as(await signIn(moved.organizationId, "viewer"), "POST", path)).status).toBe(403);
    expect((await as(await signIn(moved.organizationId, "responder"), "POST", path)).status).toBe(303);
    const lines = await db()
      .select()
      .from(audit)
      .where(eq(audit.target, moved.idOf("ingest")));
    expect(lines.map(({ action }) => action)).toEqual(["incident.acknowledged"]);
  });
});

describe("a message that was heard", () => {
  it("is sent once more under its own id when a person asks for it, with a line of who did", async () => {
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    const cookie = await signIn(moved.organizationId, "admin");
    const path = `/app/deliveries/${moved.idOf("ingest.opened")}/${channelId}/repeat`;
    expect(await (await as(cookie, "GET", "/app/deliveries")).text()).toContain(path);
    expect((await as(cookie, "POST", path)).status).toBe(303);
    await moved.pass(MINUTE_MS);
    expect(ids()).toEqual(["ingest.opened", "ingest.opened"]);
    const mine = and(eq(audit.organizationId, moved.organizationId), eq(audit.action, "delivery.repeated"));
    expect((await db().select().from(audit).where(mine)).length).toBe(1);
  });
});

describe("a channel", { timeout: 60_000 }, () => {
  it("that hears nothing for ten minutes is told of by another, once, and once when it hears again", async () => {
    await makeChannel(moved.organizationId, OTHER);
    outside.answers(HOOK, () => new Response("down for now", { status: 503 }));
    await moved.happens("ingest", "opened");
    await moved.pass(HOUR_MS);
    expect(titles(OTHER)).toEqual([
      expect.stringContaining("ingest"),
      "The channel On call hears nothing: 1 message waits",
    ]);
    expect((await moved.object.standing()).channels).toMatchObject([{ channelId, waiting: 1, isDead: true }]);
    outside.hears(HOOK);
    await moved.pass(3 * MINUTE_MS);
    expect(ids()).toContain("ingest.opened");
    expect(titles(OTHER).at(-1)).toBe("Over: the channel On call hears again");
    expect(titles(OTHER).length).toBe(3);
    const owner = await signIn(moved.organizationId, "owner");
    const page = await (await as(owner, "GET", "/app/deliveries")).text();
    expect(page, "that was told can be read, too").toContain(
      `<a href="/app/channels/${channelId}">The channel On call hears nothing: 1 message waits</a>`,
    );
    expect(page).toContain("it hears again");
  });

  it("that refuses is told of by another, and by a test that is heard that is over", async () => {
    await makeChannel(moved.organizationId, OTHER);
    outside.answers(HOOK, () => new Response("gone", { status: 410 }));
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    expect(titles(OTHER).at(-1)).toBe("The channel On call refuses what is sent to it");
    const owner = await signIn(moved.organizationId, "owner");
    const shown = async (path: string) => (await as(owner, "GET", path)).text();
    expect(await shown("/app/channels")).toContain("One channel does not hear");
    expect(await shown("/app/deliveries")).toContain("refuses what is sent to it");
    expect(await shown("/app/watch")).toContain("nothing: it refuses");
    outside.hears(HOOK);
    const page = await as(owner, "POST", `/app/channels/${channelId}/test`, {});
    expect(await page.text()).toContain("Test: heard");
    expect(await shown("/app/channels")).toContain("2 channels are told");
    await moved.pass(MINUTE_MS);
    expect(titles(OTHER).at(-1)).toBe("Over: the channel On call hears again");
  });

  it("that wants to be left alone hears all that waits once a person's test is heard", async () => {
    outside.answers(HOOK, () => new Response("later", { status: 503, headers: { "retry-after": "3600" } }));
    await moved.happens("ingest", "opened");
    await moved.pass(10 * MINUTE_MS);
    expect(ids()).toEqual(["ingest.opened"]);
    expect((await moved.object.lateness(moved.organizationId)).untriedMs).toBe(0);
    outside.hears(HOOK);
    const owner = await signIn(moved.organizationId, "owner");
    await as(owner, "POST", `/app/channels/${channelId}/test`, {});
    await moved.pass(MINUTE_MS);
    expect(ids()).toContain("ingest.opened");
    expect((await moved.object.standing()).channels).toEqual([]);
  });

  it("that hears nothing and is removed is no trouble any more, and whoever was told of it is told so", async () => {
    await makeChannel(moved.organizationId, OTHER);
    outside.answers(HOOK, () => new Response("gone", { status: 410 }));
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    await db().delete(delivery).where(eq(delivery.channelId, channelId));
    await db().delete(channel).where(eq(channel.id, channelId));
    await tellAlerts(env, moved.organizationId);
    await moved.pass(MINUTE_MS);
    expect(titles(OTHER).slice(1)).toEqual([
      "The channel On call refuses what is sent to it",
      "Over: the channel On call was switched off or removed",
    ]);
  });

  it("that is switched off meanwhile is not told, also not of what waits", async () => {
    outside.answers(HOOK, () => new Response(null, { status: 503 }));
    await moved.happens("ingest", "opened");
    await moved.pass(MINUTE_MS);
    await db().update(channel).set({ disabledMs: Date.now() }).where(eq(channel.id, channelId));
    await tellAlerts(env, moved.organizationId);
    const before = outside.received.length;
    await moved.happens("ingest", "closed");
    await moved.happens("web", "opened");
    await moved.pass(HOUR_MS);
    expect(outside.received.length).toBe(before);
    expect(await whys("web")).toContain("no-channel");
  });
});

async function evicted(): Promise<void> {
  await evictDurableObject(moved.object).catch(() => undefined);
}

/** Rows that D1 says were written into the tables of alerting, indexes included. */
async function rowsWritten(happens: () => Promise<void>): Promise<number> {
  const database = Object.getPrototypeOf(env.DB);
  const real = database.batch;
  let rows = 0;
  database.batch = async function (...args: unknown[]) {
    const results: D1Result[] = await real.apply(this, args);
    for (const { meta } of results) rows += meta.rows_written;
    return results;
  };
  try {
    await happens();
  } finally {
    database.batch = real;
  }
  return rows;
}
