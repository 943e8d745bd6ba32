import { expect, it } from "vitest";
import { claimPorts } from "../claim-ports.ts";
import { walkSeed } from "./random.ts";
import { Walk } from "./walk.ts";

it("a random walk of half a minute: at most one instance, none lost, nothing left behind", async () => {
  const walk = new Walk(await claimPorts(), walkSeed());
  try {
    const steps = await walk.walk(30_000);
    console.log(`${steps} steps`);
    expect(steps).toBeGreaterThan(20);
  } finally {
    await walk.end();
  }
});
