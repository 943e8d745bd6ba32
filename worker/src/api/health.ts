import { Hono } from "hono";
import type { Env } from "../env.ts";
import { readHealth } from "../pulse/read-health.ts";

/** For whoever watches the Worker from outside, without signing in. What each is for: docs/watching-the-watcher.md. */
export const healthRoutes = new Hono<{ Bindings: Env }>();

/** The Worker runs: it asks nobody else, so that a restart is never prescribed for what a restart does not cure. */
healthRoutes.get("/livez", (c) => {
  c.header("Cache-Control", "no-store");
  return c.json({ ok: true });
});

/** The Worker does what it is there for; else which part does not. It wakes a person, and restarts nothing. */
healthRoutes.get("/healthz", async (c) => {
  const health = await readHealth(c.env.DB, Date.now());
  c.header("Cache-Control", "no-store");
  return c.json(health, health.ok ? 200 : 503);
});
