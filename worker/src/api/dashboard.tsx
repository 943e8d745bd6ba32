import { VERBS } from "@afloat/shared/domain";
import { serviceName } from "@afloat/shared/wire";
import { Hono } from "hono";
import * as v from "valibot";
import { readFirstView } from "../fleet/first-view.ts";
import { DashboardPage } from "../pages/dashboard-page.tsx";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { orderCommand } from "./order-command.ts";
import { problem, readJson } from "./problem.ts";

const BODY_LIMIT_BYTES = 4096;

const wanted = v.object({
  hostId: v.pipe(v.string(), v.regex(/^[a-z0-9]{1,64}$/)),
  service: serviceName,
  verb: v.picklist(VERBS),
});

/** The dashboard: the page, what keeps it live, and the commands it gives. All behind `signedIn`. */
export const dashboardRoutes = new Hono<Guarded>();

dashboardRoutes.get("/app", allowed("fleet:view"), async (c) => {
  const { organization, person, role } = c.get("scope");
  const nowMs = Date.now();
  const [fleet, pages] = await Promise.all([
    readFirstView(c.env.DB, organization.id, nowMs),
    c.get("records").statusPages(),
  ]);
  const [page] = pages;
  const statusPageUrl = page === undefined ? null : `/s/${page.slug}`;
  const nonce = c.get("secureHeadersNonce") ?? "";
  return c.html(<DashboardPage {...{ nonce, fleet, organization, person, role, nowMs, statusPageUrl }} />);
});

dashboardRoutes.post("/app/commands", fromOurPages, allowed("fleet:view"), async (c) => {
  const body = v.safeParse(wanted, await readJson(c.req.raw, BODY_LIMIT_BYTES));
  if (!body.success) return problem(c, 400, "bad-request", "expected { hostId, service, verb }");
  const ordered = await orderCommand(c, body.output);
  return ordered.kind === "ordered" ? c.json(ordered.command, 201) : ordered.answer;
});
