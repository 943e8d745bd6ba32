import { type Context, Hono } from "hono";
import * as v from "valibot";
import { readStanding } from "../alerts/read-standing.ts";
import { may } from "../auth/roles.ts";
import { ChannelRecords } from "../channels/channel-records.ts";
import { type Telling, tellingsOf } from "../deliveries/core/tellings.ts";
import { ATTEMPTS, readDeliveries } from "../deliveries/read-deliveries.ts";
import { repeatDelivery } from "../deliveries/repeat-delivery.ts";
import { DeliveriesPage } from "../pages/deliveries-page.tsx";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem } from "./problem.ts";
import { isJson } from "./typed.ts";

const asked = v.object({
  channel: v.fallback(v.nullable(v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/))), null),
  before: v.fallback(v.nullable(v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))), null),
});

/** Whether people heard what they were told. All behind `signedIn`. */
export const deliveryRoutes = new Hono<Guarded>();

deliveryRoutes.get("/app/deliveries", allowed("channel:view"), async (c) => {
  const { organization, person, role } = c.get("scope");
  const [{ tellings, beforeMs, channelId }, standing, channels] = await Promise.all([
    readAsked(c),
    readStanding(c.env, c.get("scope").organization.id),
    new ChannelRecords(c.env.DB, c.get("scope").organization.id).list(),
  ]);
  const nonce = c.get("secureHeadersNonce") ?? "";
  const props = { nonce, organization, person, role, tellings, beforeMs, channelId, standing, nowMs: Date.now() };
  const shown = { mayRepeat: may(role, "delivery:repeat"), repeated: c.req.query("repeated") !== undefined };
  return c.html(<DeliveriesPage {...props} {...shown} channels={channels.map(({ id, name }) => ({ id, name }))} />);
});

deliveryRoutes.get("/app/deliveries.json", allowed("channel:view"), async (c) => {
  const [{ tellings, beforeMs }, standing] = await Promise.all([
    readAsked(c),
    readStanding(c.env, c.get("scope").organization.id),
  ]);
  return c.json({ messages: tellings.map(asJson), before: beforeMs, channels: standing?.channels ?? null });
});

deliveryRoutes.post("/app/deliveries/:notice/:channel/repeat", fromOurPages, allowed("delivery:repeat"), async (c) => {
  const { organization, person } = c.get("scope");
  const of = { noticeId: c.req.param("notice"), channelId: c.req.param("channel") };
  const repeated = await repeatDelivery(c.env, organization.id, of, { kind: "person", ...person }, Date.now());
  if (!repeated) return problem(c, 404, "no-such-delivery", "there is no such message, or no such channel any more");
  return isJson(c) ? c.json({ repeated }, 202) : c.redirect("/app/deliveries?repeated", 303);
});

async function readAsked(c: Context<Guarded>) {
  const { channel: channelId, before } = v.parse(asked, { channel: null, before: null, ...c.req.query() });
  const rows = await readDeliveries(c.env.DB, c.get("scope").organization.id, { channelId, beforeMs: before });
  const beforeMs = rows.length < ATTEMPTS ? null : (rows.at(-1)?.atMs ?? null);
  return { tellings: tellingsOf(rows), beforeMs, channelId };
}

function asJson({ createdMs, attempts, ...telling }: Telling) {
  const tried = attempts.map(({ atMs, attempt, ok, status, answer, tookMs }) => ({
    ...{ at: new Date(atMs).toISOString(), attempt, ok, status, answer, tookMs },
  }));
  return { ...telling, createdAt: new Date(createdMs).toISOString(), attempts: tried };
}
