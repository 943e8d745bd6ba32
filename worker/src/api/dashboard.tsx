import { VERBS } from "@afloat/shared/domain";
import { serviceName } from "@afloat/shared/wire";
import { Hono } from "hono";
import * as v from "valibot";
import { freshId } from "../auth/ids.ts";
import { fleetFor } from "../fleet/fleet-for.ts";
import { readFirstView } from "../fleet/first-view.ts";
import { DashboardPage } from "../pages/dashboard-page.tsx";
import { may } from "../auth/roles.ts";
import { allowed, forbidden, fromOurPages, type Guarded } from "./guard.ts";
import { problem, readJson } from "./problem.ts";

/** A command not taken by its host within this time is over, milliseconds: nothing happens by surprise an hour later. */
const COMMAND_LIFE_MS = 60_000;
const BODY_LIMIT_BYTES = 4096;

const UNHEARD =
  "the command could not be handed over; should it have arrived all the same, its steps appear here. Look, then try again";

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
  const { hostId, service, verb } = body.output;
  const { organization, person, role } = c.get("scope");
  if (!may(role, `service:${verb}`)) return forbidden(c, role);
  const records = c.get("records");
  const [host, target] = await Promise.all([records.host(hostId), records.service(hostId, service)]);
  if (host === null || target === null) {
    return problem(c, 404, "no-such-service", `there is no service ${service} on this host any more`);
  }
  if (!host.remote.includes(verb)) {
    const allows = host.remote.length === 0 ? "nothing" : host.remote.join(", ");
    const message = `${host.name} allows ${allows} from afar; add ${verb} to remote: in its afloat.yaml`;
    return problem(c, 409, "not-allowed-by-host", message);
  }
  const createdMs = Date.now();
  const id = freshId();
  const times = { createdMs, expiresMs: createdMs + COMMAND_LIFE_MS };
  await records.orderCommand(
    {
      ...{ id, hostId, serviceName: service, verb, ...times },
      ...{ step: "queued", steps: [{ step: "queued", atMs: createdMs, detail: "" }] },
      ...{ byUserId: person.id, byName: person.name },
    },
    { kind: "person", ...person },
  );
  const order = {
    id,
    organizationId: organization.id,
    hostId,
    service,
    verb,
    by: person.name,
    byUserId: person.id,
    ...times,
  };
  try {
    return c.json(await fleetFor(c.env, organization.id, hostId, (fleet) => fleet.command(order)), 201);
  } catch (error) {
    console.error("a command could not be handed over", error);
    const failed = {
      step: "failed" as const,
      atMs: Date.now(),
      detail: "it could not be handed over",
    };
    await records.failCommand(id, [{ step: "queued", atMs: createdMs, detail: "" }, failed]);
    return problem(c, 503, "not-handed-over", UNHEARD);
  }
});
