import { agentPost } from "@afloat/shared/wire";
import { Hono } from "hono";
import * as v from "valibot";
import { readCredential } from "../credential.ts";
import type { Env } from "../env.ts";
import { connectAgent, fleetFor } from "../fleet/fleet-for.ts";
import { readMessage } from "../fleet/frame.ts";
import type { AgentIdentity } from "../fleet/identity.ts";
import { problem, readJson } from "./problem.ts";

const POST_LIMIT_BYTES = 512 * 1024;

/** Where agents knock: by WebSocket, and by HTTP where WebSockets cannot pass. The credential is checked without D1. */
export const agentRoutes = new Hono<{ Bindings: Env; Variables: { agent: AgentIdentity } }>();

for (const path of ["/agent/connect", "/agent/messages"]) {
  agentRoutes.use(path, async (c, next) => {
    const credential = /^Bearer (afa_\S+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    const agent = credential === undefined ? null : await readCredential(c.env.AFLOAT_SECRET, credential);
    if (agent === null)
      return problem(c, 401, "unauthorized", "expected this host's credential: enrol it with `afloat enroll`");
    c.set("agent", agent);
    return next();
  });
}

agentRoutes.get("/agent/connect", (c) => {
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    return problem(c, 426, "no-upgrade", "expected a WebSocket; without one, use POST /agent/messages");
  }
  return connectAgent(c.env, c.req.raw, c.get("agent"));
});

agentRoutes.post("/agent/messages", async (c) => {
  const body = v.safeParse(agentPost, await readJson(c.req.raw, POST_LIMIT_BYTES));
  if (!body.success) return problem(c, 400, "bad-message", `expected { messages }: ${body.issues[0].message}`);
  const agent = c.get("agent");
  const frames = body.output.messages.map(readMessage);
  const messages = await fleetFor(c.env, agent.organizationId, agent.hostId, (fleet) => fleet.post(agent, frames));
  return c.json({ messages, gzip: true });
});
