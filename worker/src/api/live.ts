import { Hono } from "hono";
import { connectViewer } from "../fleet/fleet-for.ts";
import { allowed, fromOurPages, type Guarded, signedIn } from "./guard.ts";
import { problem } from "./problem.ts";

/** What keeps an open dashboard up to date. Its answer is the Fleet's own upgrade: no header can be added to it. */
export const liveRoutes = new Hono<Guarded>();

liveRoutes.get("/app/live", signedIn, allowed("fleet:view"), fromOurPages, (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    return problem(c, 426, "no-upgrade", "expected a WebSocket");
  }
  const { organization, person } = c.get("scope");
  return connectViewer(c.env, c.req.raw, { organizationId: organization.id, userId: person.id });
});
