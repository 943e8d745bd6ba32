import { Hono } from "hono";
import type { Env } from "../env.ts";

/** What agents call: `/agent/connect`, `/agent/messages`, `/agent/enroll`. Mounted at the root. */
export const agentRoutes = new Hono<{ Bindings: Env }>();
