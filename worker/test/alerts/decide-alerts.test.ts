import { expect, test } from "vitest";
import { incident, Watch } from "./alert-ground.ts";

test("a lone loop is told 300 ms after it opened, and its end", () => {
  const watch = new Watch();
  const loop = incident("restart-loop", "worker-2", "ingest");
  watch.open(loop);
  watch.to(299);
  expect(watch.messages).toEqual([]);
  watch.to(300);
  watch.to(60_000);
  watch.close(loop);
  watch.to(120_000);
  console.log(JSON.stringify(watch.messages, null, 1), watch.why);
});
