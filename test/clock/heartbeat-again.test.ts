import { afterAll, beforeAll, expect, it } from "vitest";
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
const receiver = new Unruly(saying(200, "OK"));

beforeAll(async () => {
  await receiver.listen();
  house = await House.build();
  owner = await house.found("aurora");
  // Where no channel is on, it is withheld.
  ({ receiver: onCall } = await channel(owner, "On call"));
});

afterAll(async () => {
  receiver.close();
  onCall.close();
  await house.end();
});

/** One more than there were. */
async function another(what: string): Promise<void> {
  const before = receiver.came.length;
  await until(what, () => receiver.came.length > before, MINUTE_MS);
}

it("a heartbeat out comes again with the server when that was gone", async () => {
  const url = `${receiver.url}/ping/secret-uuid`;
  expect((await owner.submit("/app/watch/heartbeat", { url, minutes: "1" })).status).toBe(303);
  await another("a heartbeat by the clock");
  await house.serveAgain(async () => {
    await expect(fetch(`${house.server.url}/livez`)).rejects.toThrow();
  });
  expect((await fetch(`${house.server.url}/livez`)).status).toBe(200);
  await another("a heartbeat of the server that is back");
  const page = await (await owner.get("/app/watch")).text();
  expect(page).toContain('data-heartbeat="heard"');
});
