import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { and, eq, isNull } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { host as hostTable, incident } from "../src/db/schema.ts";
import { fleetAt } from "../src/fleet/fleet-for.ts";
import { carryOutMoves, wishMove } from "../src/fleet/move.ts";
import { ring } from "./cells.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { as, signIn } from "./signed-in.ts";
import { loopOpened, TestAgent } from "./test-agent.ts";
import { told } from "./told.ts";

let host: TestHost;
let startMs: number;

const at = (ms: number) => vi.useFakeTimers({ toFake: ["Date"], now: startMs + ms });

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
  startMs = Date.now();
  at(0);
});

afterEach(() => {
  vi.useRealTimers();
});

const row = async () => (await db().select().from(hostTable).where(eq(hostTable.id, host.id)))[0];
const openKinds = async () =>
  (
    await db()
      .select()
      .from(incident)
      .where(and(eq(incident.hostId, host.id), isNull(incident.closedMs)))
  )
    .map(({ kind }) => kind)
    .toSorted();

/** As the page does before it tells the Fleet. */
const removeInDatabase = () => db().update(hostTable).set({ revokedMs: Date.now() }).where(eq(hostTable.id, host.id));

/** One of its services loops, and people know that it is silent. */
async function silentAndTold(): Promise<void> {
  const agent = await TestAgent.greet(host);
  await agent.tells(loopOpened(1, Date.now()));
  at(91_000);
  await ring(host.organizationId);
  expect(await openKinds()).toEqual(["host-offline", "restart-loop"]);
}

async function loseDisk(): Promise<void> {
  await runInDurableObject(fleetOf(host), (_fleet, state) => state.storage.deleteAll());
  await evictDurableObject(fleetOf(host));
  await fleetOf(host).wake(host.organizationId);
}

/** Nobody is told while it is on its way from one Fleet to the other. */
async function removedWhileMoved(): Promise<string> {
  const cell = `cell-${host.id}`;
  await wishMove(env.DB, host.organizationId, cell);
  await fleetAt(env, host.organizationId).letGo(host.organizationId);
  await removeInDatabase();
  await carryOutMoves(env);
  return cell;
}

describe("a host that is removed", () => {
  it("has no open incident any more, also where its Fleet did not know it: after its disk was lost", async () => {
    await silentAndTold();
    await loseDisk();
    await removeInDatabase();
    await fleetOf(host).revoke(host.id, null, host.organizationId);
    expect(await openKinds()).toEqual([]);
    expect(await row()).toMatchObject({ link: "away" });
    expect(await told(host.organizationId)).not.toContain("host-offline closed");
  });

  it("while its organization is moved is not missed, and has no open incident at its new Fleet", async () => {
    await TestAgent.greet(host);
    const cell = await removedWhileMoved();
    expect(await row()).toMatchObject({ link: "away" });
    at(91_000);
    await ring(cell);
    expect(await told(host.organizationId)).toEqual([]);
  });

  it("while its organization is moved, and it was silent, has no open incident either", async () => {
    await silentAndTold();
    await removedWhileMoved();
    expect(await openKinds()).toEqual([]);
  });

  it("and knocks at a Fleet that was never told is let in no more, and not missed", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(loopOpened(1, Date.now()));
    await loseDisk();
    await removeInDatabase();
    await loseDisk();
    await expect(TestAgent.connect(host)).rejects.toThrow("401");
    at(91_000);
    await ring(host.organizationId);
    at(182_000);
    await ring(host.organizationId);
    expect(await told(host.organizationId)).not.toContain("host-offline opened");
    expect(await openKinds()).toEqual([]);
    expect(await row()).toMatchObject({ link: "away" });
  });

  it("without its Fleet being told is found by the check that Fleet and database agree", async () => {
    await silentAndTold();
    await removeInDatabase();
    await fleetOf(host).reconcile(host.organizationId);
    expect(await openKinds()).toEqual([]);
    await expect(TestAgent.connect(host)).rejects.toThrow("401");
  });

  it("is told to its Fleet by whoever tries again, where that failed; one that never was is not found", async () => {
    const cookie = await signIn(host.organizationId, "owner");
    const agent = await TestAgent.greet(host);
    await removeInDatabase();
    const remove = async (id: string) => (await as(cookie, "POST", `/app/hosts/${id}/revoke`)).status;
    expect(await remove(host.id)).toBe(303);
    expect(await agent.isClosed()).toMatchObject({ code: 4003 });
    expect(await row()).toMatchObject({ link: "away" });
    expect(await remove("nobody")).toBe(404);
    const theirs = await makeHost(await makeOrganization("Borealis"));
    await db().update(hostTable).set({ revokedMs: 1 }).where(eq(hostTable.id, theirs.id));
    expect(await remove(theirs.id)).toBe(404);
  });
});
