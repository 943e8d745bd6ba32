import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { JOURNAL_LIMIT_BYTES, isJournalFull } from "../src/fleet/core/caps.ts";
import { fairBatch } from "../src/fleet/core/fair-batch.ts";
import type { Entry } from "../src/fleet/core/fleet-types.ts";
import { cellOf, readCells } from "../src/fleet/core/placement.ts";
import { fleetAt } from "../src/fleet/fleet-for.ts";
import { mendLostAlarmsOfCells } from "../src/upkeep/lost-alarms.ts";
import { placeIn, ring } from "./cells.ts";
import { makeHost, makeOrganization } from "./ground.ts";
import { look } from "./looker.ts";
import { eventually, flip, loopOpened, TestAgent, turn } from "./test-agent.ts";
import { told } from "./told.ts";

let aurora: string;
let borealis: string;
let cell: string;
let cells = 0;

beforeEach(async () => {
  cell = `cell-${++cells}`;
  aurora = await makeOrganization("Aurora");
  borealis = await makeOrganization("Borealis");
  for (const organizationId of [aurora, borealis]) await placeIn(cell, organizationId);
});

afterEach(() => {
  vi.useRealTimers();
});

const setClock = (nowMs: number) => vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
const fleet = () => fleetAt(env, cell);

describe("two organizations that share a cell", () => {
  it("see nothing of each other on their dashboards", async () => {
    const ours = await makeHost(aurora, "ours");
    const theirs = await makeHost(borealis, "theirs");
    const [us, them] = [await TestAgent.greet(ours), await TestAgent.greet(theirs)];
    const looker = await look(borealis);
    await us.tells(flip(1, { name: "secret" }), { ...loopOpened(2), service: "secret" });
    await them.tells(flip(1, { name: "shown" }));
    await eventually("their own", () => JSON.stringify(looker.seen).includes("shown") || null);
    const seen = JSON.stringify(looker.seen);
    for (const word of [ours.id, aurora, "secret", "ours"]) expect(seen).not.toContain(word);
    expect(await fleet().watchers(borealis)).toBe(1);
    expect(await fleet().watchers(aurora)).toBe(0);
    expect(await told(borealis)).toEqual([]);
  });

  it("can neither order anything from each other's hosts nor revoke them, nor close each other's dashboards", async () => {
    const theirs = await makeHost(borealis);
    const them = await TestAgent.greet(theirs);
    const looker = await look(borealis);
    const times = { createdMs: Date.now(), expiresMs: Date.now() + 60_000 };
    const order = { id: "order-1", organizationId: aurora, hostId: theirs.id, service: "web", by: "Eve", ...times };
    const { steps } = await fleet().command({ ...order, verb: "restart" });
    expect(steps.at(-1)).toMatchObject({ step: "refused" });
    await fleet().revoke(theirs.id, null, aurora);
    await fleet().dismiss(aurora, "anybody");
    await them.tells(turn(1));
    expect(them.heard.filter(({ type }) => type === "command" || type === "error")).toEqual([]);
    expect(looker.closed()).toBeNull();
  });

  it("are not taken for one: four silent hosts of each are eight alerts, and not many at once", async () => {
    const startMs = Date.now();
    setClock(startMs);
    for (const organizationId of [aurora, borealis]) {
      for (let i = 1; i <= 4; i++) await TestAgent.greet(await makeHost(organizationId, `web-${i}`));
    }
    setClock(startMs + 91_000);
    await ring(cell);
    for (const organizationId of [aurora, borealis]) {
      expect(await told(organizationId)).toEqual(Array.from({ length: 4 }, () => "host-offline opened"));
    }
  });

  it("do not find an organization of elsewhere: it is not taken over, whoever asks", async () => {
    const elsewhere = await makeOrganization("Elsewhere");
    const host = await makeHost(elsewhere);
    const post = { organizationId: elsewhere, hostId: host.id, version: 1 };
    await runInDurableObject(fleet(), async (instance) => {
      await expect(instance.post(post, [])).rejects.toThrow("another Fleet looks after this organization");
    });
  });
});

describe("a noisy organization of a cell", () => {
  const entry = (organization: string, position: number, records = 1): Entry => ({
    ...{ position, hostId: organization, mark: null, patch: {} },
    records: Array.from({ length: records }, () => ({ kind: "incident-closed", id: "i", atMs: 1 })),
  });

  it("does not hold up the others on the way to the database; each keeps its own order", () => {
    const pending = [1, 2, 3, 4, 5].map((at) => entry("loud", at)).concat(entry("quiet", 6), entry("quiet", 7));
    const batch = fairBatch(pending, (hostId) => hostId, 8);
    expect(batch.map(({ position }) => position)).toEqual([1, 6, 2, 7]);
    expect(fairBatch([entry("loud", 1, 20)], (hostId) => hostId, 8)).toHaveLength(1);
    expect(fairBatch([], () => "", 8)).toEqual([]);
  });

  it("leaves room in the journal for each of the others while the database is away", () => {
    const half = JOURNAL_LIMIT_BYTES / 2;
    expect(isJournalFull({ bytes: half - 1, ownBytes: half - 1, organizations: 4 })).toBe(false);
    expect(isJournalFull({ bytes: half, ownBytes: half, organizations: 4 })).toBe(true);
    expect(isJournalFull({ bytes: half, ownBytes: half / 4 - 1, organizations: 4 })).toBe(false);
    expect(isJournalFull({ bytes: half, ownBytes: half, organizations: 1 })).toBe(false);
    expect(isJournalFull({ bytes: JOURNAL_LIMIT_BYTES, ownBytes: 0, organizations: 4 })).toBe(true);
  });
});

describe("what a cell costs", () => {
  it("is one alarm for all: 40 organizations write the rows of one, and none in the database", async () => {
    const startMs = Date.now();
    setClock(startMs);
    const agents = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const organizationId = await makeOrganization(`Small-${i}`);
        await placeIn(cell, organizationId);
        return TestAgent.greet(await makeHost(organizationId));
      }),
    );
    const before = await fleet().figures();
    let rung = 0;
    for (let ms = 0; ms < 4 * 60_000; rung++) {
      const dueMs = await runInDurableObject(fleet(), (_fleet, state) => state.storage.getAlarm());
      if (dueMs === null) throw new Error("no alarm is set");
      ms = dueMs - startMs;
      setClock(dueMs - 100);
      for (const agent of agents) {
        agent.heard.length = 0;
        agent.say({ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 });
      }
      for (const agent of agents) await agent.hears("ack");
      setClock(dueMs);
      await ring(cell);
    }
    const after = await fleet().figures();
    expect(after.databaseRowsWritten - before.databaseRowsWritten).toBe(0);
    expect(after.rowsWritten - before.rowsWritten).toBe(rung);
    expect(rung).toBeLessThanOrEqual(4);
  }, 60_000);
});

describe("a cell that lost its disk", () => {
  it("is found by the cron within the hour, and knows all of its organizations again", async () => {
    const startMs = Date.now();
    setClock(startMs);
    for (const organizationId of [aurora, borealis]) await TestAgent.greet(await makeHost(organizationId));
    await runInDurableObject(fleet(), (_fleet, state) => state.storage.deleteAll());
    await evictDurableObject(fleet());
    for (let minute = 0; minute < 60; minute++) await mendLostAlarmsOfCells(env, minute * 60_000);
    for (const ms of [91_000, 182_000]) {
      setClock(startMs + ms);
      await ring(cell);
    }
    for (const organizationId of [aurora, borealis])
      expect(await told(organizationId)).toEqual(["host-offline opened"]);
  });
});

describe("the setting FLEET_CELLS", () => {
  it("is a whole number from 1 to 10,000, or nothing", () => {
    expect([undefined, "", "1", "10000"].map(readCells)).toEqual([null, null, 1, 10_000]);
    for (const wrong of ["0", "1.5", "many", "10001"]) expect(() => readCells(wrong)).toThrow("FLEET_CELLS: expected");
  });

  it("puts about as many organizations into each cell", () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 1_000; i++) {
      const name = cellOf(`organization-${i * 7919}`, 4);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(["cell-0", "cell-1", "cell-2", "cell-3"]);
    for (const count of counts.values()) expect(count).toBeGreaterThan(150);
  });
});
