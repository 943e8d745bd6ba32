import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, it } from "vitest";
import { d1File } from "../faults/records.ts";
import { House } from "../stories/house/house.ts";
import { until } from "../stories/house/until.ts";

let house: House;

beforeAll(async () => {
  house = await House.build();
  await house.found("aurora");
});

afterAll(() => house.end());

/** Does something with the server's database. */
function inDatabase<T>(look: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(d1File(house), { timeout: 10_000 });
  try {
    return look(db);
  } finally {
    db.close();
  }
}

it("the server looks after its database by itself, by the clock: a session that is over is gone from it", async () => {
  const insert =
    "insert into session (id, token, user_id, expires_at, created_at, updated_at) values (?1, ?1, 'u', 1, 1, 1)";
  const count = "select count(*) as count from session where user_id = 'u'";
  const isGone = () => inDatabase((db) => db.prepare(count).get()?.["count"] === 0);
  await house.serveAgain(() => {
    inDatabase((db) => db.prepare(insert).run("over"));
  });
  await until("the session to be gone", isGone, 150_000);
});
