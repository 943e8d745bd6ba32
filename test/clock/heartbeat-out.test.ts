import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { D1Lock } from "../faults/d1-lock.ts";
import { House } from "../stories/house/house.ts";
import type { Member } from "../stories/house/member.ts";
import { channel } from "../stories/house/told.ts";
import { until } from "../stories/house/until.ts";
import { saying, Unruly } from "../stories/house/unruly.ts";

/** The upkeep comes every minute. */
const MINUTE_MS = 100_000;

let house: House;
let owner: Member;
let onCall: Unruly;
const lock = new D1Lock();
const receiver = new Unruly(saying(200, "OK"));

beforeAll(async () => {
  await receiver.listen();
  house = await House.build();
  owner = await house.found("aurora");
  // Where no channel is on, it is withheld.
  ({ receiver: onCall } = await channel(owner, "On call"));
});

afterAll(async () => {
  lock.letGo();
  receiver.close();
  onCall.close();
  await house.end();
});

const log = () => readFileSync(join(house.dir, "cloud", "server.log"), "utf8");
const health = async () => (await fetch(`${house.server.url}/healthz`)).status;

/** One more than there were. */
async function another(what: string): Promise<void> {
  const before = receiver.came.length;
  await until(what, () => receiver.came.length > before, MINUTE_MS);
}

describe("a heartbeat out", () => {
  it("comes by the clock while all is well, and by a person's hand", async () => {
    const url = `${receiver.url}/ping/secret-uuid`;
    expect((await owner.submit("/app/watch/heartbeat", { url, minutes: "1" })).status).toBe(303);
    const tested = await (await owner.submit("/app/watch/heartbeat/test", {})).text();
    expect(tested).toContain('data-tested="heard"');
    expect(receiver.came[0]).toMatchObject({ path: "/ping/secret-uuid" });
    await another("a heartbeat by the clock");
    await until("a server that is well", async () => (await health()) === 200, MINUTE_MS);
  });

  it("does not come while the database takes no writes, and comes again afterwards", async () => {
    lock.take(house);
    const before = receiver.came.length;
    await until("an upkeep that could not write", () => log().includes("heartbeats out: it failed"), MINUTE_MS);
    expect(receiver.came.length).toBe(before);
    lock.letGo();
    await another("a heartbeat once the database takes writes");
  });
});
