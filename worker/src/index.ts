import { Hono } from "hono";
import { agentRoutes } from "./api/agent.ts";
import type { Env } from "./env.ts";

export { Fleet } from "./fleet/fleet.ts";

const app = new Hono<{ Bindings: Env }>();
app.route("/", agentRoutes);

export default app;
