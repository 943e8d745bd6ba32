import { runDurableObjectAlarm } from "cloudflare:test";
import { and, eq, inArray, ne } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JournalEvent } from "@afloat/shared/wire";
import { uptimeOf } from "@afloat/shared/core/uptime";
import { audit, flip as flipTable, host as hostTable, incident, notice, service } from "../src/db/schema.ts";
import { webhookPayload } from "../src/channels/webhook/payload.ts";
import { tellingOf } from "../src/notices/telling-of.ts";
import { readChanges } from "../src/uptime/changes.ts";
import { db, fleetOf, makeChannel, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { flip, hello, loopClosed, loopOpened, snapshot, TestAgent } from "./test-agent.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Three in the morning, of a day to come: an alarm that is set for then must not ring by the machine's own clock. */
const NIGHT_MS = (Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS + 3 * 3_600_000;

let organizationId: string;
beforeEach(async () => {
  at(0);
  organizationId = await makeOrganization();
  await makeChannel(organizationId);
});
afterEach(() => {
  vi.useRealTimers();
});

/** It is so many minutes past three. */
const at = (minutes: number) => vi.useFakeTimers({ toFake: ["Date"], now: NIGHT_MS + minutes * MINUTE_MS });
const ms = (minutes: number) => NIGHT_MS + minutes * MINUTE_MS;

const crashed = { verdict: "down", reasonCode: "exited", state: "backoff", pid: null } as const;

/** What happens on a host in an hour and a half; each line says when. A service is down, another loops and recovers, one loops on. */
function story(): { minute: number; events: ((seq: number) => JournalEvent)[] }[] {
  const over = loopOpened(0, ms(20));
  const open = { ...loopOpened(0, ms(40)), service: "ingest" };
  const fixed = { sinceMs: ms(0), upSinceMs: ms(0) };
  return [
    { minute: 1, events: [(seq) => flip(seq, fixed, ms(1)), (seq) => flip(seq, { ...fixed, name: "ingest" }, ms(1))] },
    { minute: 12, events: [(seq) => flip(seq, { ...fixed, ...crashed, restarts: 1 }, ms(12))] },
    { minute: 14, events: [(seq) => flip(seq, { ...fixed, restarts: 1 }, ms(14))] },
    {
      minute: 20,
      events: [
        (seq) => flip(seq, { ...fixed, ...crashed, loop: over.loop, restarts: 5 }, ms(20)),
        (seq) => ({ ...over, seq, atMs: ms(20) }),
      ],
    },
    {
      minute: 30,
      events: [
        (seq) => ({ ...loopClosed(seq, over, ms(30)), seq }),
        (seq) => flip(seq, { ...fixed, restarts: 5 }, ms(30)),
      ],
    },
    {
      minute: 40,
      events: [
        (seq) => flip(seq, { ...fixed, ...crashed, name: "ingest", loop: open.loop, restarts: 4 }, ms(40)),
        (seq) => ({ ...open, seq, atMs: ms(40) }),
      ],
    },
    {
      minute: 80,
      events: [(seq) => flip(seq, { ...fixed, restarts: 5, reason: "the endpoint answered 204" }, ms(80))],
    },
  ];
}

/** Numbered as the host's journal has it. */
function journal(): { minute: number; events: JournalEvent[] }[] {
  let seq = 0;
  return story().map(({ minute, events }) => ({ minute, events: events.map((make) => make(++seq)) }));
}

/** How the services stand after these events. */
function standing(events: readonly JournalEvent[]) {
  const byName = new Map(events.flatMap((each) => (each.kind === "flip" ? [[each.snapshot.name, each.snapshot]] : [])));
  return [...byName.values()];
}

async function liveThrough(host: TestHost): Promise<void> {
  const agent = await TestAgent.greet(host, { ranMs: 0 });
  for (const { minute, events } of journal()) {
    at(minute);
    await agent.tells(...events);
  }
}

/** Cut off at minute 5, missed at its deadline, as the alarm finds it. */
async function fallsSilent(agent: TestAgent): Promise<void> {
  agent.close();
  await agent.isClosed();
  at(6.6);
  await runDurableObjectAlarm(fleetOf(agent.host));
  const [row] = await db().select().from(hostTable).where(eq(hostTable.id, agent.host.id));
  expect(row?.link).toBe("silent");
}

/** From minute 5 to minute 65 nobody can reach it. `batch`: events in one message afterwards. */
async function brokenThrough(host: TestHost, batch: number): Promise<void> {
  const agent = await TestAgent.greet(host, { ranMs: 0 });
  const all = journal();
  for (const { minute, events } of all.filter(({ minute }) => minute < 5)) {
    at(minute);
    await agent.tells(...events);
  }
  at(5);
  await fallsSilent(agent);
  at(65);
  const late = all.filter(({ minute }) => minute >= 5 && minute < 65).flatMap(({ events }) => events);
  const lastSeq = late.at(-1)?.seq ?? 0;
  const services = standing([...all.filter(({ minute }) => minute < 65).flatMap(({ events }) => events)]);
  const back = await TestAgent.greet(host, { firstSeq: 1, lastSeq, ranMs: 65 * MINUTE_MS, services });
  for (let i = 0; i < late.length; i += batch) await back.tells(...late.slice(i, i + batch));
  at(80);
  await back.tells(...(all.at(-1)?.events ?? []));
}

/** Everything D1 has of a host's services, but for names and places. */
async function recordOf(host: TestHost) {
  const rows = JSON.stringify([
    await db()
      .select()
      .from(flipTable)
      .where(and(eq(flipTable.organizationId, host.organizationId), ne(flipTable.journalId, "fleet")))
      .orderBy(flipTable.atMs, flipTable.seq),
    await db()
      .select()
      .from(incident)
      .where(and(eq(incident.hostId, host.id), ne(incident.kind, "host-offline")))
      .orderBy(incident.openedMs),
    (await db().select().from(service).where(eq(service.hostId, host.id)).orderBy(service.name)).map(
      // By which message it came is another matter.
      ({ seq: _seq, recordedSeq: _recordedSeq, ...row }) => row,
    ),
  ]);
  return JSON.parse(rows.replaceAll(host.id, "HOST").replaceAll(host.organizationId, "ORGANIZATION"));
}

async function uptimeOfWeb(host: TestHost) {
  const window = { organizationId: host.organizationId, fromMs: ms(0), toMs: ms(90) };
  const subjects = [`${host.id}.web`, host.id].map((id) => ({ id, ...window }));
  const changes = await readChanges(db(), subjects, 5000);
  const own = changes.get(`${host.id}.web`) ?? [];
  const link = changes.get(host.id) ?? [];
  return uptimeOf({
    ...{ before: "unknown", heardBefore: false, fromMs: ms(0), toMs: ms(90) },
    changes: own.map(({ atMs, publicStatus }) => ({ atMs, status: publicStatus })),
    hearing: link.map(({ atMs, verdict }) => ({ atMs, heard: verdict === "online" })),
  }).timeIn;
}

/** What the Fleet has people told; what alerting makes of it, in its own time, is another matter. */
const noticesOf = async (of: TestHost) =>
  (
    await db()
      .select()
      .from(notice)
      .innerJoin(incident, eq(incident.id, notice.incidentId))
      .where(
        and(
          eq(notice.organizationId, of.organizationId),
          ne(incident.kind, "host-offline"),
          inArray(notice.phase, ["opened", "closed"]),
        ),
      )
      .orderBy(incident.openedMs, notice.createdMs)
  ).map((row) => ({
    ...row,
    late: webhookPayload(tellingOf({ ...row, hostName: of.name, sendId: row.notice.id }, { name: "A", slug: "a" }, ""))
      .data.incident?.late,
  }));

describe("an hour in which a host could not be reached", () => {
  it.each([1, 200])("leaves the same record as if the link had never broken, told in messages of %i", async (batch) => {
    const whole = await makeHost(organizationId);
    await liveThrough(whole);
    at(0);
    const broken = await makeHost(await makeOrganization("Borealis"));
    await brokenThrough(broken, batch);
    expect(await recordOf(broken)).toEqual(await recordOf(whole));
    // Of that hour nothing stays unknown: the host watched, and told.
    expect(await uptimeOfWeb(broken)).toEqual(await uptimeOfWeb(whole));
    expect((await uptimeOfWeb(whole)).outage).toBe(12 * MINUTE_MS);
  });

  it.each([1, 200])(
    "wakes nobody for what was over by then, and says of the rest that it is late, in messages of %i",
    async (batch) => {
      const host = await makeHost(organizationId);
      await brokenThrough(host, batch);
      expect((await noticesOf(host)).map(({ notice: { phase }, late }) => [phase, late])).toEqual([
        [
          "closed",
          "happened at 03:20 UTC, was over at 03:30 UTC, told at 04:05 UTC, since the host could not be reached",
        ],
        ["opened", "happened at 03:40 UTC, told at 04:05 UTC, since the host could not be reached"],
      ]);
    },
  );

  it("tells once of what was over by then, also where only its beginning would have been told", async () => {
    const host = await makeHost(organizationId);
    const agent = await TestAgent.greet(host);
    await agent.tells(flip(1, {}, ms(1)));
    at(65);
    const back = await TestAgent.greet(host, { firstSeq: 1, lastSeq: 3, services: [snapshot()] });
    await back.tells({ kind: "notice", seq: 2, atMs: ms(20), service: "web", code: "endpoint-unproven", text: "404" });
    await back.tells(flip(3, {}, ms(30)));
    expect((await noticesOf(host)).map(({ notice: { phase } }) => phase)).toEqual(["closed"]);
  });

  it("told at once, nothing is called late", async () => {
    const host = await makeHost(organizationId);
    await liveThrough(host);
    expect((await noticesOf(host)).map(({ notice: { phase }, late }) => [phase, late])).toEqual([
      ["opened", null],
      ["closed", null],
      ["opened", null],
    ]);
  });

  it("stays unknown up to where an agent that had died began to watch again", async () => {
    const host = await makeHost(organizationId);
    const agent = await TestAgent.greet(host);
    at(1);
    await agent.tells(flip(1, {}, ms(1)));
    at(5);
    await fallsSilent(agent);
    at(65);
    // Its machine came up 20 minutes ago.
    const again = await TestAgent.greet(host, { firstSeq: 1, lastSeq: 2, runId: "run2", ranMs: 20 * MINUTE_MS });
    await again.tells({ kind: "agent-started", seq: 2, atMs: ms(45), runId: "run2", version: "0.1.0" });
    const { unknown, operational } = await uptimeOfWeb(host);
    expect(Math.round((unknown - MINUTE_MS) / MINUTE_MS)).toBe(40);
    expect(Math.round(operational / MINUTE_MS)).toBe(49);
  });
});

describe("what a host does not tell one by one", () => {
  it("is passed over in one step; what it lost is written down for people, what it counted is not", async () => {
    const host = await makeHost(organizationId);
    const agent = await TestAgent.greet(host);
    const omitted = { kind: "omitted", fromMs: ms(-9), atMs: ms(-2) } as const;
    const services: never[] = [];
    await agent.tells(flip(1, {}, ms(-10)));
    await agent.tells({ ...omitted, services, from: 2, seq: 9_000, why: "storm", counts: { exited: 8_999 } });
    await agent.tells({
      ...omitted,
      services,
      from: 9_001,
      seq: 9_100,
      why: "dropped",
      counts: { exited: 60, flip: 40 },
    });
    // Some of it was known already: it goes on behind that.
    await agent.tells(
      { ...omitted, services, from: 9_050, seq: 9_200, why: "damaged", counts: { unknown: 151 } },
      flip(9_201),
    );
    const lines = await db().select().from(audit).where(eq(audit.target, host.id));
    expect(
      lines.map(({ action, detail }) => [action, detail["why"], detail["kinds"], detail["from"], detail["upTo"]]),
    ).toEqual([
      ["host.events-lost", "dropped", "60 exited, 40 flip", "9001", "9100"],
      ["host.events-lost", "damaged", "151 unknown", "9050", "9200"],
    ]);
    agent.heard.length = 0;
    // Behind a hole of which nobody knows nothing is taken: with hello it comes again.
    agent.say({
      type: "events",
      events: [{ ...omitted, services, from: 9_203, seq: 9_300, why: "storm", counts: { exited: 98 } }],
    });
    expect(await agent.hears("error")).toMatchObject({ code: "hello-first" });
    agent.say(hello({ firstSeq: 1, lastSeq: 9_300 }));
    expect(await agent.hears("welcome")).toMatchObject({ held: 9_201 });
  });

  it("by a clock that is far off: how its services stand is shown by ours", async () => {
    const host = await makeHost(organizationId);
    const services = [snapshot({ sinceMs: ms(-10), upSinceMs: ms(-10) })];
    await TestAgent.greet(host, { clockMs: ms(-10), ranMs: 0, services });
    await vi.waitFor(async () => {
      const [row] = await db().select().from(service).where(eq(service.hostId, host.id));
      expect(row?.snapshot).toMatchObject({ sinceMs: ms(0), upSinceMs: ms(0) });
    });
  });
});
