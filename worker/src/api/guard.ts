import type { Role } from "@afloat/shared/domain";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { NONCE, secureHeaders, type SecureHeadersVariables } from "hono/secure-headers";
import { may, type Permission } from "../auth/roles.ts";
import type { Env } from "../env.ts";
import { Records } from "../tenancy/records.ts";
import { type Scope, whoAsks } from "../tenancy/scope.ts";
import { problem } from "./problem.ts";

/** What every route behind sign-in finds in its context. */
export interface Guarded {
  Bindings: Env;
  Variables: SecureHeadersVariables & { scope: Scope; records: Records };
}

/** What a page of ours may load: itself, by nonce, and nothing from elsewhere. */
export const pageHeaders = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: [NONCE],
    styleSrc: [NONCE],
    connectSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    formAction: ["'self'", "https://github.com"],
    frameAncestors: ["'none'"],
    baseUri: ["'none'"],
  },
  referrerPolicy: "same-origin",
});

/** What was painted for one person is kept by nobody. */
export const notStored = createMiddleware(async (c, next) => {
  await next();
  c.header("Cache-Control", "no-store");
});

/** Lets in members alone; pages send others to sign in, everything else is told so. */
export const signedIn = createMiddleware<Guarded>(async (c, next) => {
  const asking = await whoAsks(c.env, c.req.raw.headers);
  if (asking.kind === "member") {
    c.set("scope", asking.scope);
    c.set("records", new Records(c.env.DB, asking.scope.organization.id));
    return next();
  }
  const isPage = c.req.method === "GET" && (c.req.header("accept") ?? "").includes("text/html");
  if (!isPage) return problem(c, 401, "signed-out", "sign in first");
  return c.redirect(asking.kind === "nobody" ? "/sign-in?no-organization" : "/sign-in");
});

/**
 * What changes something, or listens for long, is asked from our own pages alone. A browser says where a request comes from,
 * by Origin or by Sec-Fetch-Site, and lets no page change either.
 */
export const fromOurPages = createMiddleware<{ Bindings: Env }>(async (c, next) => {
  const origin = c.req.header("origin");
  const ours = origin === undefined ? c.req.header("sec-fetch-site") === "same-origin" : origin === originOf(c.env);
  if (ours) return next();
  const message = `expected a request from a page of ${c.env.PUBLIC_URL}, got one from ${origin ?? "elsewhere"}: open Afloat by that address`;
  return problem(c, 403, "other-origin", message);
});

function originOf(env: Env): string {
  return new URL(env.PUBLIC_URL).origin;
}

/** Lets those pass whose role may do this. */
export function allowed(permission: Permission) {
  return createMiddleware<Guarded>(async (c, next) => {
    const { role } = c.get("scope");
    return may(role, permission) ? next() : forbidden(c, role);
  });
}

/** Said to those whose role may not do this. */
export function forbidden(c: Context, role: Role): Response {
  return problem(c, 403, "forbidden", `as ${role} you may not do this; ask an owner or admin of your organization`);
}
