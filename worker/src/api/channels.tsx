import { Hono } from "hono";
import * as v from "valibot";
import { makeWebhook } from "../notices/channels.ts";
import { type ChannelsNews, ChannelsPage } from "../pages/channels-page.tsx";
import { faultOfUrl } from "../outgoing/core/destination.ts";
import { reachOf } from "../outgoing/reach.ts";
import { may } from "../auth/roles.ts";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem } from "./problem.ts";
import type { Context } from "hono";

const SHOWN_DELIVERIES = 20;
const form = v.object({ name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)), url: v.string() });

/** Who is told when something will not stay up. All behind `signedIn`. */
export const channelRoutes = new Hono<Guarded>();

channelRoutes.get("/app/channels", allowed("channel:view"), (c) => page(c, { kind: "none" }));

channelRoutes.post("/app/channels", fromOurPages, allowed("channel:edit"), async (c) => {
  const wanted = v.safeParse(form, Object.fromEntries(await c.req.formData()));
  if (!wanted.success) return page(c, { kind: "fault", text: "expected a name of 1 to 100 characters" }, 400);
  const fault = faultOfUrl(wanted.output.url, reachOf(c.env));
  if (fault !== null) return page(c, { kind: "fault", text: fault }, 400);
  const { person } = c.get("scope");
  const { secret } = await makeWebhook(c.env, c.get("records"), wanted.output, { kind: "person", ...person });
  return page(c, { kind: "made", name: wanted.output.name, secret });
});

channelRoutes.post("/app/channels/:id/remove", fromOurPages, allowed("channel:edit"), async (c) => {
  const { person } = c.get("scope");
  const removed = await c.get("records").disableChannel(c.req.param("id"), { kind: "person", ...person }, Date.now());
  if (!removed) return problem(c, 404, "no-such-channel", "there is no such channel");
  return c.redirect("/app/channels", 303);
});

async function page(c: Context<Guarded>, news: ChannelsNews, status: 200 | 400 = 200): Promise<Response> {
  const { organization, person, role } = c.get("scope");
  const records = c.get("records");
  const [all, deliveries] = await Promise.all([records.channels(), records.deliveries(SHOWN_DELIVERIES)]);
  const channels = all
    .filter(({ disabledMs }) => disabledMs === null)
    .map(({ id, kind, name, url, createdMs }) => ({ id, kind, name, url, createdMs }));
  const nonce = c.get("secureHeadersNonce") ?? "";
  const mayEdit = may(role, "channel:edit");
  return c.html(
    <ChannelsPage {...{ nonce, organization, person, role, channels, deliveries, news, mayEdit }} />,
    status,
  );
}
