import { Hono } from "hono";
import { deliverNotices } from "./alerts/deliver.ts";
import { acknowledgeRoutes } from "./api/acknowledge.tsx";
import { agentRoutes } from "./api/agent.ts";
import { channelRoutes } from "./api/channels.tsx";
import { consentRoutes } from "./api/consent.tsx";
import { dashboardRoutes } from "./api/dashboard.tsx";
import { enrollRoutes } from "./api/enroll.ts";
import { notStored, pageHeaders, signedIn } from "./api/guard.ts";
import { healthRoutes } from "./api/health.ts";
import { hostRoutes } from "./api/hosts.tsx";
import { incidentRoutes } from "./api/incidents.tsx";
import { installRoutes } from "./api/install.ts";
import { liveRoutes } from "./api/live.ts";
import { maintenanceRoutes } from "./api/maintenance.tsx";
import { organizationRoutes } from "./api/organization.tsx";
import { problem } from "./api/problem.ts";
import { retentionRoutes } from "./api/retention.tsx";
import { signInRoutes } from "./api/sign-in.tsx";
import { deliveryRoutes } from "./api/deliveries.tsx";
import { ruleRoutes } from "./api/rules.tsx";
import { silenceRoutes } from "./api/silences.tsx";
import { stockRoutes } from "./api/stock.tsx";
import { watchRoutes } from "./api/watch.tsx";
import type { Env, NoticeMessage } from "./env.ts";
import { isElsewhere } from "./fleet/elsewhere.ts";
import { takePulses } from "./pulse/queue-pulse.ts";
import { runbookRoutes } from "./runbook/routes.tsx";
import { statusRoutes } from "./status/routes.tsx";
import { runUpkeep } from "./upkeep/upkeep.ts";

export { Alerts } from "./alerts/alerts.ts";
export { Fleet } from "./fleet/fleet.ts";
export { Operator } from "./operator.ts";

const app = new Hono<{ Bindings: Env }>();

// Agents and new hosts: by credential or key, no cookies.
app.route("/", agentRoutes);
app.route("/", enrollRoutes);
app.route("/", installRoutes);
// The public.
app.route("/", statusRoutes);
app.route("/", runbookRoutes);
app.route("/", healthRoutes);
app.get("/", (c) => c.redirect("/app"));
// People.
app.route("/", liveRoutes);
for (const path of ["/app", "/app/*"]) app.use(path, pageHeaders, notStored, signedIn);
for (const path of ["/sign-in", "/sign-in/*", "/organization/*", "/alerts-by-mail/*", "/acknowledge/*"])
  app.use(path, pageHeaders, notStored);
app.route("/", consentRoutes);
app.route("/", acknowledgeRoutes);
app.route("/", signInRoutes);
app.route("/", organizationRoutes);
app.route("/", dashboardRoutes);
app.route("/", incidentRoutes);
app.route("/", hostRoutes);
app.route("/", channelRoutes);
app.route("/", deliveryRoutes);
app.route("/", watchRoutes);
app.route("/", ruleRoutes);
app.route("/", silenceRoutes);
app.route("/", stockRoutes);
app.route("/", maintenanceRoutes);
app.route("/", retentionRoutes);

app.notFound((c) => problem(c, 404, "not-found", `there is nothing at ${c.req.path}`));
app.onError((error, c) => {
  if (isElsewhere(error)) {
    c.header("Retry-After", "2");
    return problem(c, 503, "moving", "this organization is being moved to another place: try again in a moment");
  }
  console.error(`${c.req.method} ${c.req.path}`, error);
  return problem(c, 500, "failed", "something went wrong on our side; it is in the log");
});

export default {
  fetch: app.fetch,
  queue: async (batch, env) => deliverNotices(await takePulses(batch, env), env),
  scheduled: ({ scheduledTime }, env) => runUpkeep(env, scheduledTime),
} satisfies ExportedHandler<Env, NoticeMessage>;
