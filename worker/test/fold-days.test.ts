import { env } from "cloudflare:workers";
import { PUBLIC_STATUSES, type PublicStatus } from "@afloat/shared/domain";
import { uptimeOf } from "@afloat/shared/core/uptime";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { freshId } from "../src/auth/ids.ts";
import { maintenance } from "../src/db/maintenance-schema.ts";
import { flip, host as hostTable, retention, uptimeDay, uptimeHostDay } from "../src/db/schema.ts";
import { readStatusFacts } from "../src/status/status-facts.ts";
import { statusViewOf } from "../src/status/status-view.ts";
import { unpackDay } from "../src/uptime/core/packed-day.ts";
import { foldDays } from "../src/uptime/fold-days.ts";
import { db, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { countRowsRead } from "./rows-read.ts";
import { addFlip, addFlips, addLink, addService, DAY, makePage } from "./status-ground.ts";
import { statementsOf } from "../src/fleet/statements.ts";

const HOUR = 3_600_000;
/** Noon of a leap day. */
const nowMs = Date.UTC(2028, 1, 29, 12);
const today = Date.UTC(2028, 1, 29);
let host: TestHost;
let slug: string;

beforeEach(async () => {
  // Upkeep goes through all there are: those of other tests are in the way.
  await env.DB.exec("delete from host");
  ({ host, slug } = await makePage());
  await db()
    .update(hostTable)
    .set({ createdMs: nowMs - 100 * DAY })
    .where(eq(hostTable.id, host.id));
});

const born = { createdMs: nowMs - 100 * DAY };

async function days(name: string) {
  const facts = await readStatusFacts(env.DB, slug, nowMs);
  const groups = facts === null ? [] : statusViewOf(facts, nowMs).groups;
  return groups.flatMap(({ components }) => components).find((component) => component.name === name);
}

/** Folds until nothing is left to fold. */
async function foldAll(atMs = nowMs): Promise<void> {
  for (let i = 0; i < 100; i++) if ((await foldDays(env.DB, atMs)) === null) return;
  throw new Error("there is always something to fold");
}

const rows = () => db().select().from(uptimeHostDay).where(eq(uptimeHostDay.organizationId, host.organizationId));

/** The days that are folded, as a Worker of before folds them: a row for each service. */
async function foldAsBefore(): Promise<void> {
  const folded = await rows();
  for (const { hostId, day, organizationId, services } of folded) {
    for (const [name, packed] of Object.entries(services)) {
      const { operational, degraded_performance, outage, maintenance: planned, unknown } = unpackDay(packed);
      const times = { operationalMs: operational, degradedMs: degraded_performance, outageMs: outage };
      const row = { serviceId: `${hostId}.${name}`, day, organizationId, ...times };
      await db()
        .insert(uptimeDay)
        .values({ ...row, maintenanceMs: planned, unknownMs: unknown });
    }
  }
  await db().delete(uptimeHostDay).where(eq(uptimeHostDay.organizationId, host.organizationId));
}

/** A flip that reaches the database now, by the way that the Fleet's own take. */
async function tellFlip(subjectId: string, atMs: number, publicStatus: PublicStatus): Promise<void> {
  const [row] = await db().select().from(hostTable).where(eq(hostTable.id, host.id));
  const said = { verdict: "v", reasonCode: "r", reason: "r", publicStatus, journalId: "late", seq: atMs };
  const record = { kind: "flip" as const, subjectId, atMs, ...said };
  const entry = { position: nowMs, hostId: host.id, records: [record], patch: {}, mark: null };
  await env.DB.batch(statementsOf(env.DB, [{ host: row as never, entries: [entry as never] }], nowMs));
}

describe("days that are over are folded", () => {
  it("one row for each host and day, written once; the page shows the same as before", async () => {
    const id = await addService(host, "web", born);
    const other = await addService(host, "api", born);
    await addFlip(host, other, nowMs - 99 * DAY, "degraded_performance");
    await addFlip(host, id, nowMs - 99 * DAY, "operational");
    await addFlip(host, id, today - 40 * DAY - HOUR, "outage");
    await addFlip(host, id, today - 40 * DAY + HOUR, "operational");
    const before = await days("web");
    await foldAll();
    expect(await rows()).toHaveLength(99);
    expect(await days("web")).toEqual(before);
    expect(before?.days.filter(({ timeIn }) => timeIn.outage === HOUR)).toHaveLength(2);
    expect(await foldDays(env.DB, nowMs)).toBeNull();
  });

  it("not before its late hour is over", async () => {
    const id = await addService(host, "web", born);
    await addFlip(host, id, nowMs - 99 * DAY, "operational");
    await foldAll(today + HOUR - 1);
    const last = () => rows().then((all) => Math.max(...all.map(({ day }) => day)) * DAY);
    expect(await last()).toBe(today - 2 * DAY);
    await foldAll(today + HOUR);
    expect(await last()).toBe(today - DAY);
  });

  it("a day of which nothing is known costs no row", async () => {
    const id = await addService(host, "web", born);
    await addFlip(host, id, nowMs - 99 * DAY, "operational");
    await addLink(host, nowMs - 99 * DAY, "online");
    await addLink(host, today - 30 * DAY, "silent");
    const before = await days("web");
    await foldAll();
    expect(await rows()).toHaveLength(69);
    expect(await days("web")).toEqual(before);
  });

  it("maintenance is counted once and shown as such, for all or for what was chosen", async () => {
    const id = await addService(host, "web", born);
    await addService(host, "other", born);
    await addFlip(host, id, nowMs - 99 * DAY, "outage");
    const plan = (fromMs: number, toMs: number) => ({
      ...{ id: freshId(), organizationId: host.organizationId, title: "disk", createdMs: 1 },
      ...{ startsMs: fromMs, endsMs: toMs, scope: { kind: "chosen" as const, hostIds: [], serviceIds: [id] } },
    });
    const startMs = today - 5 * DAY;
    await db()
      .insert(maintenance)
      .values(plan(startMs, startMs + 2 * HOUR));
    await db()
      .insert(maintenance)
      .values(plan(startMs + HOUR, startMs + 3 * HOUR));
    await db()
      .insert(maintenance)
      .values({ ...plan(startMs, startMs + DAY), cancelledMs: startMs - 1 });
    await db()
      .insert(maintenance)
      .values(plan(nowMs - 1, nowMs + 1));
    const before = await days("web");
    expect(before?.days.at(-6)?.timeIn).toMatchObject({ maintenance: 3 * HOUR, outage: 21 * HOUR });
    expect(before?.status).toBe("maintenance");
    expect((await days("other"))?.days.at(-6)?.timeIn.maintenance).toBe(0);
    await foldAll();
    expect(await days("web")).toEqual(before);
  });

  it("what a host tells late changes its own time alone, at once, and is folded again", async () => {
    const id = await addService(host, "web", born);
    await addFlip(host, id, nowMs - 99 * DAY, "operational");
    await foldAll();
    await tellFlip(id, today - 9 * DAY + HOUR, "outage");
    await tellFlip(id, today - 9 * DAY + 2 * HOUR, "operational");
    const outages = async () => (await days("web"))?.days.map(({ timeIn }) => timeIn.outage);
    const expected = Array.from({ length: 90 }, (_, i) => (i === 80 ? HOUR : 0));
    expect(await outages()).toEqual(expected);
    await foldAll();
    expect(await outages()).toEqual(expected);
    expect(await rows()).toHaveLength(99);
  });

  it("days that a Worker of before folded are shown as they were; folded again, they are the host's", async () => {
    for (const name of ["web", "api"]) {
      const id = await addService(host, name, born);
      await addFlip(host, id, nowMs - 99 * DAY, "operational");
      await addFlip(host, id, today - 20 * DAY - HOUR, "outage");
      await addFlip(host, id, today - 20 * DAY + HOUR, "operational");
    }
    await foldAll();
    const before = await days("web");
    await foldAsBefore();
    expect(await days("web")).toEqual(before);
    await tellFlip(`${host.id}.web`, today - 9 * DAY + HOUR, "outage");
    await tellFlip(`${host.id}.web`, today - 9 * DAY + 2 * HOUR, "operational");
    const late = await days("web");
    await foldAll();
    expect(await days("web")).toEqual(late);
    expect(late?.days.filter(({ timeIn }) => timeIn.outage === HOUR)).toHaveLength(3);
    expect(await days("api")).toMatchObject({ days: before?.days });
    // Nine days of each are the host's by now.
    expect(await db().$count(uptimeDay, eq(uptimeDay.organizationId, host.organizationId))).toBe(2 * (99 - 9));
    expect(await rows()).toHaveLength(9);
  });

  it("of a day that a Worker of before folds once more beside this one, what it wrote is shown: it is newer", async () => {
    const id = await addService(host, "web", born);
    await addFlip(host, id, nowMs - 99 * DAY, "operational");
    await foldAll();
    const times = { operationalMs: 0, degradedMs: 0, outageMs: DAY, maintenanceMs: 0, unknownMs: 0 };
    await db()
      .insert(uptimeDay)
      .values({ serviceId: id, day: today / DAY - 5, organizationId: host.organizationId, ...times });
    expect((await days("web"))?.days.map(({ timeIn }) => timeIn.outage).indexOf(DAY)).toBe(89 - 5);
  });

  it("folded again to the same, nothing is written but that it was", async () => {
    const id = await addService(host, "web", born);
    await addFlip(host, id, nowMs - 99 * DAY, "operational");
    await foldAll();
    await db()
      .update(hostTable)
      .set({ foldedUntilMs: today - 10 * DAY })
      .where(eq(hostTable.id, host.id));
    expect(await foldDays(env.DB, nowMs)).toContain("; 1 rows written");
  });

  it("a flip that comes while its day is being folded is not lost", async () => {
    const id = await addService(host, "web", born);
    await addFlip(host, id, nowMs - 99 * DAY, "operational");
    let told = false;
    const meanwhile = new Proxy(env.DB, {
      get: (d1, name) => {
        if (name !== "batch") return Reflect.get(d1, name).bind(d1);
        return async (statements: D1PreparedStatement[]) => {
          if (!told) await tellFlip(id, nowMs - 98 * DAY, "outage");
          told = true;
          return d1.batch(statements);
        };
      },
    });
    await foldDays(meanwhile, nowMs);
    await foldAll();
    expect((await days("web"))?.days.every(({ timeIn }) => timeIn.operational === 0)).toBe(true);
  });

  it("over any history, told in any order and late: the same as counting the flips", async () => {
    const at = fc.integer({ min: 0, max: 12 * DAY });
    const told = fc.array(fc.record({ at, status: fc.constantFrom(...PUBLIC_STATUSES) }), { maxLength: 12 });
    const links = fc.array(fc.record({ at, online: fc.boolean() }), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(told, told, links, async (early, late, heard) => {
        ({ host, slug } = await makePage());
        const startMs = today - 12 * DAY;
        await db().update(hostTable).set({ createdMs: startMs }).where(eq(hostTable.id, host.id));
        const id = await addService(host, "web", { createdMs: startMs });
        const upTo = (ms: number) => Math.min(startMs + ms, nowMs);
        // One change at a time: of two at one millisecond the order would be by journal and number.
        const seen = new Set<number>();
        const once = <T extends { at: number }>(all: T[]) =>
          all.filter((each) => !seen.has(each.at) && seen.add(each.at));
        await addFlip(host, id, startMs - 1, "operational");
        await addLink(host, startMs - 1, "online");
        const links = once(heard);
        for (const each of once(early)) await addFlip(host, id, upTo(each.at), each.status);
        for (const each of links) await addLink(host, upTo(each.at), each.online ? "online" : "silent");
        await foldAll();
        for (const each of once(late)) await tellFlip(id, upTo(each.at), each.status);
        const atOnce = await days("web");
        await foldAll();
        const folded = await days("web");
        expect(folded).toEqual(atOnce);
        const flips = await db()
          .select()
          .from(flip)
          .where(eq(flip.organizationId, host.organizationId))
          .orderBy(flip.atMs);
        const pure = uptimeOf({
          ...{ before: "unknown", heardBefore: false, fromMs: startMs, toMs: nowMs },
          changes: flips
            .filter(({ subjectId }) => subjectId === id)
            .map(({ atMs, publicStatus: status }) => ({ atMs, status })),
          hearing: flips
            .filter(({ subjectId }) => subjectId === host.id)
            .map(({ atMs, verdict }) => ({ atMs, heard: verdict === "online" })),
        });
        expect(folded?.days).toEqual(pure.days);
        expect(folded?.uptime).toBe(pure.uptime);
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});

describe("what is too old is removed", () => {
  it("flips that are folded, for one row written each; the last one stays, and days of a year are as they were", async () => {
    const id = await addService(host, "web", born);
    await addFlips(host, id, 300, today - 60 * DAY);
    const before = await days("web");
    const said: string[] = [];
    for (let done = await foldDays(env.DB, nowMs); done !== null; done = await foldDays(env.DB, nowMs)) said.push(done);
    expect(await db().select().from(flip).where(eq(flip.subjectId, id))).toHaveLength(1);
    expect(await days("web")).toEqual(before);
    const written = said.map((text) => Number(/(\d+) rows written/.exec(text)?.[1])).reduce((a, b) => a + b, 0);
    console.log(
      `folded and removed: ${written} rows written for ${(await rows()).length} days, 299 flips, ${said.length} runs`,
    );
    // Later than what is kept: taken in, but what is folded stays.
    await tellFlip(id, today - 61 * DAY, "outage");
    await foldAll();
    expect((await days("web"))?.days.slice(0, 50)).toEqual(before?.days.slice(0, 50));
  });

  it("as long as the organization says: flips, and days of uptime", async () => {
    const { organizationId } = host;
    await db()
      .insert(retention)
      .values({ organizationId, flipDays: 90, uptimeDays: 90, incidentDays: 90, auditDays: 90 });
    const id = await addService(host, "web", born);
    await addFlips(host, id, 300, today - 60 * DAY);
    await foldAll();
    expect(await db().select().from(flip).where(eq(flip.subjectId, id))).toHaveLength(300);
    await foldAll(nowMs + DAY);
    const oldest = Math.min(...(await rows()).map(({ day }) => day)) * DAY;
    expect(oldest).toBeGreaterThanOrEqual(today - 89 * DAY);
  });
});

it("a page of 100 services of 13 hosts and 90 days reads at most 20 rows for each service, and no other organization's", async () => {
  const hosts = [host];
  for (let i = 1; i < 13; i++) hosts.push(await makeHost(host.organizationId, `host-${i}`));
  await db().update(hostTable).set({ createdMs: born.createdMs });
  for (let i = 0; i < 100; i++) {
    const host = hosts[i % 13]!;
    const id = await addService(host, `service-${i}`, born);
    await addFlip(host, id, nowMs - 99 * DAY, "operational");
    await addFlips(host, id, 2, nowMs);
  }
  const other = await makeHost(await makeOrganization("Borealis"));
  await addFlips(other, `${other.id}.theirs`, 1000, nowMs);
  await foldAll();
  const counted = countRowsRead(env.DB);
  const facts = await readStatusFacts(counted.d1, slug, nowMs);
  expect(facts?.components).toHaveLength(100);
  console.log(`status page of 100 services and 90 days: ${counted.rowsRead() / 100} rows read for each`);
  expect(counted.rowsRead()).toBeLessThanOrEqual(20 * 100);
}, 60_000);
