import { type Context, Hono } from "hono";
import type { SecureHeadersVariables } from "hono/secure-headers";
import * as v from "valibot";
import { type AckLink, readAckLink } from "../alerts/ack-link.ts";
import { acknowledge, readAcknowledged } from "../alerts/acknowledge.ts";
import { ChannelRecords } from "../channels/channel-records.ts";
import type { Env } from "../env.ts";
import { AcknowledgePage, type AcknowledgeView } from "../pages/acknowledge-page.tsx";

interface AckContext {
  Bindings: Env;
  Variables: SecureHeadersVariables;
}

const form = v.object({ name: v.optional(v.pipe(v.string(), v.trim(), v.maxLength(60)), "") });

/**
 * Whoever got a message says that he looks after it, without signing in: the link in it is the right to. Opening it does nothing, since readers of messages look at
 * links before people do; the button does.
 */
export const acknowledgeRoutes = new Hono<AckContext>();

acknowledgeRoutes.get("/acknowledge/:token", async (c) => {
  const link = await linkOf(c);
  if (link === null) return show(c, null, { kind: "unknown" }, 404);
  const found = await readAcknowledged(c.env.DB, link);
  if (found.kind === "unknown") return show(c, null, { kind: "unknown" }, 404);
  if (found.kind === "over") return show(c, link, found);
  const { title, byName, of } = found;
  return show(c, link, byName === null ? { kind: "ask", title, of } : { kind: "acknowledged", title, byName });
});

acknowledgeRoutes.post("/acknowledge/:token", async (c) => {
  const link = await linkOf(c);
  if (link === null) return show(c, null, { kind: "unknown" }, 404);
  const said = v.safeParse(form, Object.fromEntries(await c.req.formData().catch(() => new FormData())));
  const channel = await new ChannelRecords(c.env.DB, link.organizationId).one(link.channelId);
  if (channel === null) return show(c, null, { kind: "unknown" }, 404);
  const own = said.success ? said.output.name : "";
  const name = own === "" ? `whoever reads ${channel.name}` : `${own} (${channel.name})`;
  const actor = { kind: "system" as const, id: channel.id, name };
  const done = await acknowledge(c.env, link, { via: "link", actor });
  return show(c, link, done, done.kind === "unknown" ? 404 : 200);
});

function linkOf(c: Context<AckContext>) {
  return readAckLink(c.env.AFLOAT_SECRET, c.req.param("token") ?? "", Date.now());
}

function show(
  c: Context<AckContext>,
  of: AckLink | null,
  view: AcknowledgeView,
  status: 200 | 404 = 200,
): Response | Promise<Response> {
  const incidentId = of?.incidentId ?? null;
  return c.html(<AcknowledgePage {...{ nonce: c.get("secureHeadersNonce") ?? "", view, incidentId }} />, status);
}
