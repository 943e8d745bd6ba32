import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { flip as flipTable } from "../src/db/schema.ts";
import type { DurableRecord, FleetHost } from "../src/fleet/core/fleet-types.ts";
import { WHOLE } from "../src/fleet/core/placement.ts";
import { FleetStore } from "../src/fleet/store.ts";
import { db, fleetOf, makeHost, makeOrganization, type TestHost } from "./ground.ts";
import { snapshot, TestAgent, turn } from "./test-agent.ts";

let host: TestHost;

beforeEach(async () => {
  host = await makeHost(await makeOrganization());
});

const seqs = async () =>
  (
    await db()
      .select({ seq: flipTable.seq })
      .from(flipTable)
      .where(eq(flipTable.subjectId, `${host.id}.web`))
  ).map(({ seq }) => seq);

describe("how far a host is recorded", () => {
  it("is known after a sleep by the rows of its services alone: what it tells then goes on, and is told once", async () => {
    const agent = await TestAgent.greet(host);
    for (const seq of [1, 2, 3]) {
      await agent.tells(turn(seq));
      await evictDurableObject(fleetOf(host));
    }
    agent.heard.length = 0;
    await agent.tells(turn(3), turn(4));
    expect(agent.heard.filter(({ type }) => type === "error")).toEqual([]);
    expect(await seqs()).toEqual([1, 2, 3, 4]);
  });

  it("is told to the host as held only once it is on disk: while the database answers at once, it is recorded by then", async () => {
    const agent = await TestAgent.greet(host);
    agent.heard.length = 0;
    await agent.tells(turn(1), turn(2));
    const acks = agent.heard.flatMap((each) => (each.type === "ack" ? [[each.held, each.recorded]] : []));
    expect(acks).toEqual([
      [0, 0],
      [2, 2],
    ]);
  });

  it("with the database away, it is held at once from the second message on", async () => {
    const agent = await TestAgent.greet(host);
    await agent.tells(turn(1));
    await env.DB.exec("alter table flip rename to flip_away");
    agent.say({ type: "events", events: [turn(2)] });
    await agent.hears("ack", ({ held }) => held === 2);
    agent.heard.length = 0;
    agent.say({ type: "events", events: [turn(3)] });
    expect(await agent.hears("ack")).toEqual({ type: "ack", held: 3, recorded: 1 });
    await env.DB.exec("alter table flip_away rename to flip");
  });
});

/** What may be done to a journal, of one of two hosts. */
type Act = "tell" | "mark" | "decide" | "record" | "keep" | "wake";
const ACTS: Act[] = ["tell", "tell", "tell", "mark", "decide", "record", "keep", "wake"];
const act = fc.record({ of: fc.constantFrom("h1", "h2"), what: fc.constantFrom(...ACTS) });

describe("a Fleet that loses its memory", () => {
  it("has all that it said to hold, and of each host no hole: the rest comes again, by any order of what happens", async () => {
    await fleetOf(host).figures();
    await runInDurableObject(fleetOf(host), (_fleet, state) => {
      const { sql } = state.storage;
      fc.assert(
        fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
          for (const table of ["organization", "host", "mark", "service", "journal"]) sql.exec(`delete from ${table}`);
          const life = new Life(sql);
          for (const { of, what } of acts) life.take(of, what);
        }),
        { numRuns: 300 },
      );
    });
  });
});

const HOSTS = ["h1", "h2"];

/** The disk of a Fleet, and what its hosts told it. */
class Life {
  readonly #sql: SqlStorage;
  #store: FleetStore;
  /** By host, its events from 1 on: whether each changes anything, and whether D1 has it. */
  readonly #events = new Map<string, { changes: boolean; recorded: boolean }[]>(HOSTS.map((id) => [id, []]));
  /** By host, the newest event that was said to be held. */
  readonly #held = new Map<string, number>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#store = new FleetStore(sql);
    this.#store.begin("o", WHOLE);
    for (const id of HOSTS) this.#store.putHost(hostOf(id));
  }

  take(id: string, what: Act): void {
    if (what === "tell") this.#tell(id, { changes: true, isLoose: true });
    if (what === "mark") this.#tell(id, { changes: false, isLoose: true });
    if (what === "decide") this.#tell(id, { changes: true, isLoose: false });
    if (what === "record") this.#record();
    if (what === "keep") this.#store.journal.keep();
    if (what === "wake") this.#wake();
    for (const each of HOSTS) this.#held.set(each, this.#store.journal.heldSeq(this.#host(each)));
  }

  /** The host tells its next event, after what this Fleet heard of it. */
  #tell(hostId: string, { changes, isLoose }: { changes: boolean; isLoose: boolean }): void {
    const { journal } = this.#store;
    const host = this.#host(hostId);
    const seq = journal.heardSeq(host) + 1;
    const events = this.#events.get(hostId)?.slice(0, seq - 1) ?? [];
    this.#events.set(hostId, [...events, { changes, recorded: false }]);
    const web = { snapshot: snapshot({ restarts: seq }), publicStatus: "operational" as const };
    const records: DurableRecord[] = changes ? [{ kind: "service", name: "web", ...web, atMs: seq }] : [];
    if (changes) this.#store.changeServices(host, { services: new Map([["web", web]]), removed: new Map() });
    const position = journal.nextPosition(0);
    journal.hold({ position, hostId, mark: { journalId: "j", seq }, patch: {}, records }, isLoose);
  }

  /** D1 takes the older half of what waits. */
  #record(): void {
    const { pending } = this.#store.journal;
    const batch = pending.slice(0, Math.ceil(pending.length / 2));
    for (const { hostId, mark } of batch) {
      const event = this.#events.get(hostId)?.[(mark?.seq ?? 0) - 1];
      if (event !== undefined) event.recorded = true;
    }
    this.#store.settle(batch);
  }

  #wake(): void {
    this.#store = new FleetStore(this.#sql);
    for (const id of HOSTS) {
      const events = this.#events.get(id) ?? [];
      const host = this.#host(id);
      const held = this.#store.journal.heldSeq(host);
      const pending = this.#store.journal.pending.flatMap(({ hostId, mark }) =>
        hostId === id ? (mark?.seq ?? 0) : [],
      );
      expect(host.recordedSeq).toBe(events.findLastIndex(({ recorded }) => recorded) + 1);
      const owed = events.flatMap(({ changes }, i) =>
        changes && i + 1 > host.recordedSeq && i + 1 <= held ? i + 1 : [],
      );
      expect(pending).toEqual(owed);
      const promised = events.slice(0, this.#held.get(id) ?? 0).findLastIndex(({ changes }) => changes) + 1;
      expect(held).toBeGreaterThanOrEqual(promised);
      const shown = events.slice(0, held).findLastIndex(({ changes }) => changes) + 1;
      expect(this.#store.services(id).get("web")?.snapshot.restarts ?? 0).toBe(shown);
    }
  }

  #host(id: string): FleetHost {
    const known = this.#store.host(id);
    if (known === undefined) throw new Error(`expected host ${id} on the disk`);
    return known;
  }
}

function hostOf(id: string): FleetHost {
  return {
    ...{ id, organizationId: "o", name: id, os: "Debian", arch: "x64", version: 1, agentVersion: null },
    ...{ journalId: "j", bootId: "b", runId: "r", remote: [], link: "online", linkSinceMs: 0, lastSeenMs: null },
    ...{ offlineAfterMs: 90_000, recordedSeq: 0, recordedPosition: 0, countFromMs: 0, sleeps: false, absence: null },
  };
}
