import { Hono } from "hono";
import type { SecureHeadersVariables } from "hono/secure-headers";
import * as v from "valibot";
import { authFor } from "../auth/auth.ts";
import type { Env } from "../env.ts";
import { placeNewOrganization } from "../fleet/placements.ts";
import { FoundPage } from "../pages/found-page.tsx";
import { makeFirstPage, organizationName, organizationSlug } from "../tenancy/founding.ts";
import { Records } from "../tenancy/records.ts";
import { fromOurPages } from "./guard.ts";

const form = v.object({ name: organizationName, slug: organizationSlug });

/** Founding an organization, for somebody who is signed in and belongs to none; only where anybody may sign up. */
export const organizationRoutes = new Hono<{ Bindings: Env; Variables: SecureHeadersVariables }>();

organizationRoutes.get("/organization/new", (c) => {
  if (c.env.SIGN_UP !== "open") return c.redirect("/sign-in?no-organization");
  return c.html(<FoundPage nonce={c.get("secureHeadersNonce") ?? ""} fault={null} />);
});

organizationRoutes.post("/organization/new", fromOurPages, async (c) => {
  const again = (fault: string) => c.html(<FoundPage nonce={c.get("secureHeadersNonce") ?? ""} fault={fault} />, 400);
  const { headers } = c.req.raw;
  const auth = authFor(c.env);
  const session = await auth.api.getSession({ headers });
  if (session === null) return c.redirect("/sign-in", 303);
  const wanted = v.safeParse(form, Object.fromEntries(await c.req.formData()));
  if (!wanted.success) return again(wanted.issues[0].message);
  const { name, slug } = wanted.output;
  try {
    const made = await auth.api.createOrganization({ body: { name, slug }, headers });
    await placeNewOrganization(c.env, made.id);
    const actor = { kind: "person" as const, id: session.user.id, name: session.user.name };
    await makeFirstPage(new Records(c.env.DB, made.id), { slug, title: name }, actor);
  } catch (error) {
    // better-auth's own words: taken, or not allowed here.
    return again(error instanceof Error ? error.message : "this did not work");
  }
  return c.redirect("/app", 303);
});
