import { expect, it } from "vitest";
import { freePort } from "../demo/ports.ts";
import { Walk } from "./walk.ts";

it("a random walk of half a minute: at most one instance, none lost, nothing left behind", async () => {
  const seed = Number(process.env["WALK_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`the walk's seed: WALK_SEED=${seed}`);
  const walk = new Walk(await freePort(34_400), seed);
  try {
    const steps = await walk.walk(30_000);
    console.log(`${steps} steps`);
    expect(steps).toBeGreaterThan(20);
  } finally {
    await walk.end();
  }
});
