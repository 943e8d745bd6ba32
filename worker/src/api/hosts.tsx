import { Hono } from "hono";
import { freshId } from "../auth/ids.ts";
import { informFleet } from "../fleet/fleet-for.ts";
import { isRemoved } from "../fleet/removed-hosts.ts";
import { AddHostPage } from "../pages/add-host-page.tsx";
import { makeEnrolmentKey } from "../tenancy/enrolment.ts";
import { allowed, fromOurPages, type Guarded } from "./guard.ts";
import { problem } from "./problem.ts";

/** A key made on the page works for an hour, milliseconds: it is meant to be pasted now. */
const KEY_LIFE_MS = 3_600_000;

/** Adding hosts and taking them out. All behind `signedIn`. */
export const hostRoutes = new Hono<Guarded>();

hostRoutes.get("/app/hosts/new", allowed("host:enrol"), (c) => {
  const { organization, person, role } = c.get("scope");
  const nonce = c.get("secureHeadersNonce") ?? "";
  return c.html(<AddHostPage {...{ nonce, organization, person, role, publicUrl: c.env.PUBLIC_URL, made: null }} />);
});

hostRoutes.post("/app/hosts/new", fromOurPages, allowed("host:enrol"), async (c) => {
  const { organization, person, role } = c.get("scope");
  const singleUse = (await c.req.formData()).get("reusable") === null;
  const { key, keyHash } = await makeEnrolmentKey();
  const createdMs = Date.now();
  const expiresMs = createdMs + KEY_LIFE_MS;
  const name = `made by ${person.name}`;
  await c
    .get("records")
    .addEnrolmentKey(
      { id: freshId(), name, keyHash, singleUse, tags: [], createdBy: person.id, createdMs, expiresMs },
      { kind: "person", ...person },
    );
  const nonce = c.get("secureHeadersNonce") ?? "";
  const made = { key, singleUse, expiresMs };
  return c.html(<AddHostPage {...{ nonce, organization, person, role, publicUrl: c.env.PUBLIC_URL, made }} />);
});

hostRoutes.post("/app/hosts/:id/revoke", fromOurPages, allowed("host:revoke"), async (c) => {
  const { organization, person } = c.get("scope");
  const id = c.req.param("id");
  const revoked = await c.get("records").revokeHost(id, { kind: "person", ...person }, Date.now());
  // Where its Fleet could not be told when it was removed, it is told by whoever tries again.
  const isGone = revoked || (await isRemoved(c.env.DB, organization.id, id));
  if (!isGone) return problem(c, 404, "no-such-host", "there is no such host");
  await informFleet(c.env, organization.id, id, (fleet) => fleet.revoke(id, null, organization.id));
  return c.redirect("/app", 303);
});
