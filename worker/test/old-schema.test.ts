import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { flip as flipTable } from "../src/db/schema.ts";
import { db, fleetOf, makeHost, makeOrganization, recordedSeq, type TestHost } from "./ground.ts";
import { applyMigrations, columnsOf, contents, type Contents, emptyDatabase } from "./seeded.ts";
import { eventually, TestAgent, turn } from "./test-agent.ts";

/** The schema of before `0004_silence.sql`, which brings columns that the Fleet writes with every change of a host's link. */
const BEFORE = env.TEST_MIGRATIONS.findIndex(({ name }) => name === "0004_silence.sql");
let host: TestHost;

beforeEach(async () => {
  await emptyDatabase();
  await applyMigrations(0, env.TEST_MIGRATIONS.length);
  host = await makeHost(await makeOrganization());
});

afterEach(() => {
  vi.useRealTimers();
});

/** The same rows under the older schema, as they are when a new Worker is deployed before its migration is applied. */
async function goBack(): Promise<void> {
  const all = await contents();
  await emptyDatabase();
  await applyMigrations(0, BEFORE);
  for (const [table, rows] of Object.entries(all)) await insert(table, rows);
}

async function insert(table: string, rows: Contents[string]): Promise<void> {
  const known = (await columnsOf(table)).map(({ name }) => name);
  for (const row of known.length === 0 ? [] : rows) {
    const values = known.map((name) => row[name] ?? null);
    const places = known.map(() => "?").join(", ");
    await env.DB.prepare(`insert into "${table}" (${known.map((name) => `"${name}"`).join(", ")}) values (${places})`)
      .bind(...values)
      .run();
  }
}

const pass = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });

async function alarmAfter(ms: number): Promise<void> {
  pass(ms);
  await evictDurableObject(fleetOf(host));
  expect(await runDurableObjectAlarm(fleetOf(host)), "an alarm is set").toBe(true);
  vi.useRealTimers();
}

const seqs = async () =>
  (
    await db()
      .select({ seq: flipTable.seq })
      .from(flipTable)
      .where(eq(flipTable.subjectId, `${host.id}.web`))
  ).map(({ seq }) => seq);

describe("a new Worker whose migration is not applied yet", () => {
  it("holds what hosts tell, sets nothing aside, and records all of it once the migration is there", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1));
    await goBack();
    agent.say({ type: "events", events: [turn(2)] });
    await agent.hears("ack", ({ held }) => held === 2);
    for (const passedMs of [120_000, 240_000]) await alarmAfter(passedMs);
    expect((await fleetOf(host).figures()).pending).toBeGreaterThan(0);
    expect(await fleetOf(host).figures()).toMatchObject({ setAside: 0 });
    await applyMigrations(BEFORE, env.TEST_MIGRATIONS.length);
    await alarmAfter(400_000);
    expect(await fleetOf(host).figures()).toMatchObject({ pending: 0, setAside: 0 });
    expect(await seqs()).toEqual([1, 2]);
    expect(await recordedSeq(host)).toBe(2);
  });

  it("does not know hosts that are not on the Fleet's disk: they are told to come again, and are let in then", async () => {
    await goBack();
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const headers = { Upgrade: "websocket", Authorization: `Bearer ${host.credential}` };
    const answer = await exports.default.fetch("https://afloat.test/agent/connect", { headers });
    said.mockRestore();
    expect(answer.status, "a failure of ours: the agent keeps what it has, and comes again").toBe(500);
    await applyMigrations(BEFORE, env.TEST_MIGRATIONS.length);
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1));
    await eventually("the flip", async () => ((await seqs()).length === 1 ? true : undefined));
  });
});
