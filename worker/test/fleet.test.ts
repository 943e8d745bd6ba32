import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { fleetFor } from "../src/fleet/fleet-for.ts";

it("a Fleet nobody looks at has no watchers", async () => {
  expect(await fleetFor(env, "quiet").watchers()).toBe(0);
});
