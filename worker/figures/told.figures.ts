import { expect, it, vi } from "vitest";
import { makeChannel } from "../test/ground.ts";
import { MovedAlerts } from "../test/alerts/moved-alerts.ts";
import { Outside } from "../test/alerts/receiver.ts";
import { countDatabaseRows, databaseBytes, say } from "./counted-database.ts";
import { countObjectRows } from "./counted-object.ts";

const MINUTE_MS = 60_000;
/** Enough of them that what they take is not lost in a page. */
const INCIDENTS = 200;

it("what it costs to tell of an incident that comes alone, and of its end, is counted", async () => {
  const moved = await MovedAlerts.make();
  const outside = new Outside();
  await makeChannel(moved.organizationId, "https://hook.test/");
  const object = await countObjectRows(moved.object);
  const database = countDatabaseRows();
  const emptyBytes = await databaseBytes();
  // What its Fleet writes is counted with the Fleet.
  let ofFleet = 0;
  const happens = async (name: string, phase: "opened" | "closed") => {
    const news = moved.news(name, phase);
    const before = database.now().written;
    await moved.record([news]);
    ofFleet += database.now().written - before;
    await moved.object.news(moved.organizationId, [news]);
  };
  for (let i = 0; i < INCIDENTS; i++) {
    await happens(`i${i}`, "opened");
    await moved.pass(5 * MINUTE_MS);
    await happens(`i${i}`, "closed");
    await moved.pass(55 * MINUTE_MS);
  }
  // All of it is forgotten.
  for (let hour = 0; hour < 25; hour++) await moved.pass(60 * MINUTE_MS);
  expect(outside.received.length).toBe(2 * INCIDENTS);
  // It rings, is told both news, and is asked and told of each of two attempts.
  const calls = moved.rings + 2 * INCIDENTS + 4 * INCIDENTS;
  say({
    told: {
      fleetRows: object.now() / INCIDENTS,
      databaseRows: (database.now().written - ofFleet) / INCIDENTS,
      databaseRead: database.now().read / INCIDENTS,
      calls: calls / INCIDENTS,
      bytes: ((await databaseBytes()) - emptyBytes) / INCIDENTS,
    },
  });
  vi.useRealTimers();
  vi.unstubAllGlobals();
});
