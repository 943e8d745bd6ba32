import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { fleetAt } from "../src/fleet/fleet-for.ts";

it("a Fleet nobody looks at has no watchers", async () => {
  expect(await fleetAt(env, "quiet").watchers("quiet")).toBe(0);
});
