import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { delivery } from "../../src/db/schema.ts";
import { db, makeChannel, makeRule } from "../ground.ts";
import { MovedAlerts } from "./moved-alerts.ts";

/** Receivers on real sockets that are away, in moved time. */

const MINUTE_MS = 60_000;
/** An hour is long, alarm by alarm. */
const LONG_MS = 120_000;
const receiver = inject("receiver");

let moved: MovedAlerts;

beforeEach(async () => {
  moved = await MovedAlerts.make();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A webhook at the receiver: what it answers is told as it goes. */
class Hook {
  readonly channelId: string;
  readonly #path: string;

  private constructor(channelId: string, path: string) {
    this.channelId = channelId;
    this.#path = path;
  }

  static async make(path: string): Promise<Hook> {
    const own = `${path}-${moved.organizationId}`;
    return new Hook(await makeChannel(moved.organizationId, `${receiver}/${own}/as-told`), own);
  }

  async answers(how: string): Promise<void> {
    await (await fetch(`${receiver}/answers/${this.#path}/${how}`)).text();
  }

  /** The messages that it heard, in order. */
  async heard(): Promise<string[]> {
    const heard: string[] = await (await fetch(`${receiver}/heard/${this.#path}`)).json();
    return heard.map((id) => moved.nameOf(id));
  }

  async came(): Promise<number> {
    return Number(await (await fetch(`${receiver}/came/${this.#path}`)).text());
  }
}

describe("receivers that are away for an hour", { timeout: LONG_MS }, () => {
  it("hear everything once and in order within 2 minutes of their return, and are tried once a minute until then", async () => {
    // Each incident by itself, so that a message is one incident's.
    await makeRule(moved.organizationId, { group: "none", reminderMs: null });
    const hooks = new Map<string, Hook>();
    for (const how of ["fails", "redirects", "asksForPeace"]) {
      const hook = await Hook.make(how);
      await hook.answers(how);
      hooks.set(how, hook);
    }
    const names = Array.from({ length: 20 }, (_, i) => `i${i}`);
    for (const name of names) {
      await moved.happens(name, "opened");
      await moved.pass(MINUTE_MS);
      await moved.happens(name, "closed");
      await moved.pass(2 * MINUTE_MS);
    }
    for (const [how, hook] of hooks) {
      expect(await hook.heard(), how).toEqual([]);
      const tries = await hook.came();
      expect(tries, how).toBeGreaterThan(how === "asksForPeace" ? 35 : 55);
      expect(tries, how).toBeLessThan(60 * 2 + 10);
      await hook.answers("ok");
    }
    await moved.pass(2 * MINUTE_MS);
    const expected = names.flatMap((name) => [`${name}.closed`, `${name}.opened`]).sort();
    for (const [how, hook] of hooks) {
      const heard = await hook.heard();
      // That a channel was told to be dead by another is a message as well, and has no incident.
      const ofIncidents = heard.filter((name) => expected.includes(name));
      expect(ofIncidents.toSorted(), how).toEqual(expected);
      for (const name of names) {
        expect(heard.indexOf(`${name}.opened`), how).toBeLessThan(heard.indexOf(`${name}.closed`));
      }
    }
  });
});

describe("a receiver that is away for ten minutes", { timeout: LONG_MS }, () => {
  it("is told of through another, once, and once when it hears again", async () => {
    const [ops, spare] = [await Hook.make("ops"), await Hook.make("spare")];
    await ops.answers("resets");
    await moved.happens("ingest", "opened");
    await moved.pass(9 * MINUTE_MS);
    expect(await spare.heard()).toEqual(["ingest.opened"]);
    await moved.pass(5 * MINUTE_MS);
    expect((await spare.heard()).length, "that it is away").toBe(2);
    await ops.answers("ok");
    await moved.pass(3 * MINUTE_MS);
    expect((await spare.heard()).length, "that it hears again").toBe(3);
    expect(await ops.heard()).toContain("ingest.opened");
    const failed = await db().select().from(delivery).where(eq(delivery.channelId, ops.channelId));
    expect(failed.filter(({ ok }) => !ok).length).toBeGreaterThan(10);
  });
});
