import { Hono } from "hono";
import type { Env } from "../env.ts";
import script from "./install.sh";

/** What a new host fetches: the script, and the agent with its checksum. Public: nothing secret is in it. */
export const installRoutes = new Hono<{ Bindings: Env }>();

installRoutes.get("/install.sh", (c) => {
  c.header("Content-Type", "text/x-shellscript; charset=utf-8");
  c.header("Cache-Control", "no-cache");
  return c.body(script.replaceAll("__AFLOAT_URL__", c.env.PUBLIC_URL));
});

const ASSETS: Record<string, string> = {
  "/agent/afloat.cjs": "text/javascript; charset=utf-8",
  "/agent/release.json": "application/json",
  "/dashboard.js": "text/javascript; charset=utf-8",
};

// The platform serves these by itself, before the Worker is asked; the embedded server asks the Worker.
for (const [path, type] of Object.entries(ASSETS)) {
  installRoutes.get(path, async (c) => {
    const found = await c.env.ASSETS.fetch(new Request(new URL(path, c.env.PUBLIC_URL)));
    if (!found.ok) return c.text("not built into this Worker", 404);
    const headers = { "Content-Type": type, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff" };
    return new Response(found.body, { headers });
  });
}
