import { exports, env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { audit, flip as flipTable, host as hostTable } from "../src/db/schema.ts";
import { fleetAt } from "../src/fleet/fleet-for.ts";
import { loadHosts } from "../src/fleet/load-host.ts";
import { carryOutMove, carryOutMoves, wishMove } from "../src/fleet/move.ts";
import { move, placed, ring } from "./cells.ts";
import { db, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { look } from "./looker.ts";
import { hello, TestAgent, turn } from "./test-agent.ts";
import { told } from "./told.ts";

let organizationId: string;
let host: TestHost;
let cell: string;
let cells = 1_000;

beforeEach(async () => {
  cell = `cell-${++cells}`;
  organizationId = await makeOrganization();
  host = await makeHost(organizationId);
});

afterEach(() => {
  vi.useRealTimers();
});

const setClock = (nowMs: number) => vi.useFakeTimers({ toFake: ["Date"], now: nowMs });
/** The newest that was written of the host, as a Fleet reads it that does not know the host yet. */
const position = async () =>
  (await loadHosts(env.DB, organizationId, [host.id]))[0]?.host.recordedPosition ?? Number.POSITIVE_INFINITY;
const flips = async () =>
  (
    await db()
      .select()
      .from(flipTable)
      .where(eq(flipTable.subjectId, `${host.id}.web`))
  ).map(({ seq }) => seq);
const moves = async () =>
  (
    await db()
      .select()
      .from(audit)
      .where(and(eq(audit.organizationId, organizationId), eq(audit.action, "organization.moved")))
  ).map(({ detail }) => detail);
async function beats(agent: TestAgent): Promise<void> {
  agent.heard.length = 0;
  agent.say({ type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 });
  await agent.hears("ack");
}
const again = (lastSeq: number) => TestAgent.greet(host, { firstSeq: 1, lastSeq });

async function post(messages: object[]): Promise<{ status: number; types: string[] }> {
  const headers = { Authorization: `Bearer ${host.credential}`, "content-type": "application/json" };
  const body = JSON.stringify({ messages });
  const answer = await exports.default.fetch("https://afloat.test/agent/messages", { method: "POST", headers, body });
  const said: { messages?: { type: string; code?: string }[] } = await answer.json();
  return { status: answer.status, types: (said.messages ?? []).map(({ type, code }) => code ?? type) };
}

describe("an organization that is moved", () => {
  it("into a cell and back loses nothing and tells nothing: its hosts connect anew and go on", async () => {
    const first = await TestAgent.greet(host);
    await first.tells(turn(1));
    const looker = await look(organizationId);
    expect(await move(organizationId, cell)).toEqual({ place: cell, nextPlace: null, waits: null });
    expect(await first.isClosed()).toMatchObject({ code: 4012 });
    expect(await looker.isClosed()).toMatchObject({ code: 4012 });

    const before = await position();
    const second = await again(1);
    await second.tells(turn(2));
    expect(await position()).toBeGreaterThan(before);
    expect(await move(organizationId, organizationId)).toMatchObject({ place: organizationId, waits: null });
    await second.isClosed();
    const third = await again(2);
    await third.tells(turn(3));

    expect(await flips()).toEqual([1, 2, 3]);
    expect(await told(organizationId)).toEqual([]);
    expect(await moves()).toEqual([
      { from: organizationId, to: cell },
      { from: cell, to: organizationId },
    ]);
  });

  it("has its hosts that speak HTTP say hello once more", async () => {
    expect((await post([hello()])).types).toContain("welcome");
    await move(organizationId, cell);
    const beat = { type: "beat", journalId: "journal1", runId: "run1", lastSeq: 0 };
    expect((await post([beat])).types).toContain("hello-first");
    expect((await post([hello(), beat])).types).toEqual(["welcome", "ack"]);
    expect((await post([beat])).types).toEqual(["ack"]);
  });

  it("is told of a host that never came back from the move", async () => {
    const startMs = Date.now();
    setClock(startMs);
    await TestAgent.greet(host);
    await move(organizationId, cell);
    await evictDurableObject(fleetAt(env, cell));
    for (const ms of [91_000, 182_000]) {
      setClock(startMs + ms);
      await ring(cell);
    }
    await ring(organizationId);
    expect(await told(organizationId)).toEqual(["host-offline opened"]);
  });

  it("is told once of a second machine that goes on trying, and that is over when it does not any more", async () => {
    const [startMs, minute] = [Date.now(), 60_000];
    const clone = hello({ journalId: "journal2", bootId: "boot2" });
    const tries = async (minutes: number, agent: TestAgent) => {
      setClock(startMs + minutes * minute);
      await beats(agent);
      const second = await TestAgent.connect(host);
      second.say(clone);
      expect(await second.hears("error")).toMatchObject({ code: "in-use-elsewhere" });
    };
    setClock(startMs);
    const before = await TestAgent.greet(host);
    for (const minutes of [1, 6, 11, 16, 21, 26]) await tries(minutes, before);
    setClock(startMs + 28 * minute);
    await move(organizationId, cell);
    const after = await again(0);
    await ring(cell);
    for (const minutes of [31, 36]) await tries(minutes, after);
    await ring(cell);
    expect(await told(organizationId)).toEqual(["host-cloned opened"]);
    const open = async () => (await loadHosts(env.DB, organizationId, [host.id]))[0]?.incidents.length;
    expect(await open()).toBe(1);
    setClock(startMs + 57 * minute);
    await beats(after);
    await ring(cell);
    expect(await open()).toBe(0);
  });

  it("keeps a host out that was revoked meanwhile", async () => {
    await TestAgent.greet(host);
    await wishMove(env.DB, organizationId, cell);
    await fleetAt(env, organizationId).letGo(organizationId);
    await db().update(hostTable).set({ revokedMs: Date.now() }).where(eq(hostTable.id, host.id));
    await carryOutMoves(env);
    await expect(TestAgent.connect(host)).rejects.toThrow("401");
  });
});

describe("a move that dies half-way", () => {
  it("before the old Fleet let go: all goes on there, and the cron carries it out", async () => {
    const agent = await TestAgent.greet(host);
    await wishMove(env.DB, organizationId, cell);
    await agent.tells(turn(1));
    await carryOutMoves(env);
    await agent.isClosed();
    expect(await placed(organizationId)).toMatchObject({ place: cell, nextPlace: null });
    await (await again(1)).tells(turn(2));
    expect(await flips()).toEqual([1, 2]);
  });

  it("after it let go: no Fleet takes it over meanwhile, and hosts are asked to come again", async () => {
    await (await TestAgent.greet(host)).tells(turn(1));
    await wishMove(env.DB, organizationId, cell);
    expect(await fleetAt(env, organizationId).letGo(organizationId)).toEqual({ gone: true });
    await expect(TestAgent.connect(host)).rejects.toThrow("503");
    expect(await post([hello()])).toMatchObject({ status: 503 });
    await evictDurableObject(fleetAt(env, organizationId));
    await carryOutMoves(env);
    await (await again(1)).tells(turn(2));
    expect(await flips()).toEqual([1, 2]);
    expect(await moves()).toHaveLength(1);
  });

  it("after the new one was named: hosts find it, and those that never speak again are watched by the next run", async () => {
    const startMs = Date.now();
    setClock(startMs);
    await TestAgent.greet(host);
    await wishMove(env.DB, organizationId, cell);
    await fleetAt(env, organizationId).letGo(organizationId);
    await env.DB.prepare("update placement set place = next_place where organization_id = ?")
      .bind(organizationId)
      .run();
    await carryOutMoves(env);
    expect(await placed(organizationId)).toMatchObject({ place: cell, nextPlace: null });
    setClock(startMs + 91_000);
    await ring(cell);
    setClock(startMs + 182_000);
    await ring(cell);
    expect(await told(organizationId)).toEqual(["host-offline opened"]);
  });
});

describe("moves that get in each other's way", () => {
  it("are one: carried out three times at once it is written down once", async () => {
    await (await TestAgent.greet(host)).tells(turn(1));
    await wishMove(env.DB, organizationId, cell);
    await Promise.all([1, 2, 3].map(() => carryOutMove(env, organizationId)));
    await carryOutMoves(env);
    expect(await placed(organizationId)).toMatchObject({ place: cell, nextPlace: null });
    await (await again(1)).tells(turn(2));
    expect(await flips()).toEqual([1, 2]);
    expect(await moves()).toHaveLength(1);
  });

  it("can be called off before they begin: nobody is hung up on", async () => {
    const agent = await TestAgent.greet(host);
    await wishMove(env.DB, organizationId, cell);
    expect(await move(organizationId, organizationId)).toEqual({ place: organizationId, nextPlace: null, waits: null });
    await agent.tells(turn(1));
    expect(agent.closed).toBeNull();
    expect(await moves()).toEqual([]);
  });

  it("can be called off half-way: the old Fleet takes it over again", async () => {
    await (await TestAgent.greet(host)).tells(turn(1));
    await wishMove(env.DB, organizationId, cell);
    await fleetAt(env, organizationId).letGo(organizationId);
    await move(organizationId, organizationId);
    await (await again(1)).tells(turn(2));
    expect(await flips()).toEqual([1, 2]);
  });
});
