import { Hono } from "hono";
import { connectViewer } from "../fleet/fleet-for.ts";
import { allowed, fromOurPages, type Guarded, signedIn } from "./guard.ts";
import { problem } from "./problem.ts";

const NO_SUCH_SHARD =
  "this organization is spread over another number of Fleets: ask for ?shard=0, which says how many there are";

/** What keeps an open dashboard up to date. Its answer is the Fleet's own upgrade: no header can be added to it.
 * An organization that is spread over several Fleets is seen over a socket to each, `?shard=0` and so on. */
export const liveRoutes = new Hono<Guarded>();

liveRoutes.get("/app/live", signedIn, allowed("fleet:view"), fromOurPages, async (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    return problem(c, 426, "no-upgrade", "expected a WebSocket");
  }
  const { organization, person } = c.get("scope");
  const asked = c.req.query("shard") ?? null;
  if (asked !== null && !/^\d{1,2}$/.test(asked)) return problem(c, 400, "bad-request", "expected ?shard=0 and so on");
  const viewer = { organizationId: organization.id, userId: person.id };
  const answer = await connectViewer(c.env, c.req.raw, viewer, asked === null ? null : Number(asked));
  return answer ?? problem(c, 409, "no-such-shard", NO_SUCH_SHARD);
});
