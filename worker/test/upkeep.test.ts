import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { session, verification } from "../src/db/auth-schema.ts";
import worker from "../src/index.ts";
import { type Job, JOBS, runUpkeep } from "../src/upkeep/upkeep.ts";
import { db } from "./ground.ts";

const nowMs = Date.now();

async function signedIn(id: string, expiresAt: Date) {
  const at = new Date(nowMs - 86_400_000);
  await db().insert(session).values({ id, token: id, userId: "u", expiresAt, createdAt: at, updatedAt: at });
  const sent = { id, identifier: id, value: "v", expiresAt, createdAt: at, updatedAt: at };
  await db().insert(verification).values(sent);
}

describe("upkeep", () => {
  it("comes with the Worker's cron: sessions, codes and links that nobody can use any more are removed, others stay", async () => {
    await signedIn("over", new Date(nowMs - 1));
    await signedIn("good", new Date(nowMs));
    await worker.scheduled(createScheduledController({ scheduledTime: new Date(nowMs), cron: "* * * * *" }), env);
    expect((await db().select().from(session)).map(({ id }) => id)).toEqual(["good"]);
    expect((await db().select().from(verification)).map(({ id }) => id)).toEqual(["good"]);
  });

  it("a job that fails is logged, and keeps no other from its turn", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const ran: string[] = [];
    const job = (name: string, run: () => Promise<string | null>): Job => ({ name, everyMinutes: 1, run });
    await runUpkeep(env, nowMs, [
      job("rejects", () => Promise.reject(new Error("D1 is away"))),
      job("throws", () => {
        throw new Error("a bug");
      }),
      job("runs", async () => String(ran.push("runs"))),
    ]);
    expect(ran).toEqual(["runs"]);
    expect(said.mock.calls.map(([text]) => text)).toEqual([
      expect.stringContaining("rejects"),
      expect.stringContaining("throws"),
    ]);
    said.mockRestore();
  });

  it("a job runs in its own minutes only, and every job comes at least once a day", async () => {
    const minutes: number[] = [];
    const midnight = Date.UTC(2028, 1, 29);
    for (let minute = 0; minute < 60; minute++) {
      const atMs = midnight + minute * 60_000 + 59_999;
      const run = async () => String(minutes.push(minute));
      await runUpkeep(env, atMs, [{ name: "each quarter", everyMinutes: 15, run }]);
    }
    expect(minutes).toEqual([0, 15, 30, 45]);
    for (const { everyMinutes } of JOBS) expect(everyMinutes).toBeLessThanOrEqual(1440);
  });
});
