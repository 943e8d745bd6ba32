import { type Context, Hono } from "hono";
import type { SecureHeadersVariables } from "hono/secure-headers";
import { authFor } from "../auth/auth.ts";
import { canMail } from "../outgoing/mail/send-mail.ts";
import type { Env } from "../env.ts";
import { informFleets } from "../fleet/fleet-for.ts";
import { SignInPage, type SignInStep } from "../pages/sign-in-page.tsx";
import { whoAsks } from "../tenancy/scope.ts";
import { fromOurPages } from "./guard.ts";

interface SignIn {
  Bindings: Env;
  Variables: SecureHeadersVariables;
}

/** Signing in and out by plain forms. Behind each stands better-auth's own route, with its rate limits. */
export const signInRoutes = new Hono<SignIn>();

/** Where GitHub sends a browser back to: the only route of better-auth that is open to the outside as it is. */
signInRoutes.get("/api/auth/callback/github", (c) => authFor(c.env).handler(c.req.raw));

/** A link of the operator: it works once. */
signInRoutes.get("/sign-in/link/:token", (c) => {
  const url = new URL(`${c.env.PUBLIC_URL}/api/auth/magic-link/verify`);
  url.searchParams.set("token", c.req.param("token"));
  url.searchParams.set("callbackURL", "/app");
  url.searchParams.set("errorCallbackURL", "/sign-in");
  return authFor(c.env).handler(new Request(url, { headers: c.req.raw.headers }));
});

signInRoutes.get("/sign-in", (c) => {
  if (c.req.query("no-organization") !== undefined) {
    if (c.env.SIGN_UP === "open") return c.redirect("/organization/new");
    return page(c, {
      kind: "start",
      fault: "You are signed in, but belong to no organization yet: ask to be invited.",
    });
  }
  const fault =
    c.req.query("error") === undefined ? null : "This link was used already or is too old: ask for a new one.";
  return page(c, { kind: "start", fault });
});

signInRoutes.post("/sign-in/code", fromOurPages, async (c) => {
  const form = await c.req.formData();
  const email = text(form, "email");
  const code = form.get("code");
  if (code === null) {
    // Whether the address is known is not told: the answer is the same.
    await callAuth(c, "/email-otp/send-verification-otp", { email, type: "sign-in" });
    return page(c, { kind: "code", email, fault: null });
  }
  const answer = await callAuth(c, "/sign-in/email-otp", { email, otp: text(form, "code").trim() });
  return answer.ok
    ? enter(answer)
    : page(c, { kind: "code", email, fault: faultOf(answer, "This code is not right, or too old.") });
});

signInRoutes.post("/sign-in/password", fromOurPages, async (c) => {
  const form = await c.req.formData();
  const answer = await callAuth(c, "/sign-in/email", { email: text(form, "email"), password: text(form, "password") });
  return answer.ok
    ? enter(answer)
    : page(c, { kind: "start", fault: faultOf(answer, "E-mail or password is not right.") });
});

signInRoutes.post("/sign-in/github", fromOurPages, async (c) => {
  const answer = await callAuth(c, "/sign-in/social", {
    provider: "github",
    callbackURL: "/app",
    errorCallbackURL: "/sign-in",
  });
  const found: { url?: string } = answer.ok ? await answer.clone().json() : {};
  if (found.url === undefined) return page(c, { kind: "start", fault: faultOf(answer, "GitHub cannot be reached.") });
  return withCookies(answer, found.url);
});

signInRoutes.post("/sign-out", fromOurPages, async (c) => {
  const asking = await whoAsks(c.env, c.req.raw.headers);
  if (asking.kind === "member") {
    const { organization, person } = asking.scope;
    // His open dashboards, in whatever window, show nothing more.
    await informFleets(c.env, organization.id, (fleet) => fleet.dismiss(organization.id, person.id));
  }
  return withCookies(await callAuth(c, "/sign-out", {}), "/sign-in");
});

function page(c: Context<SignIn>, step: SignInStep): Response | Promise<Response> {
  const ways = {
    code: canMail(c.env),
    password: c.env.PASSWORDS === "on",
    github: c.env.GITHUB_CLIENT_ID !== undefined,
  };
  const nonce = c.get("secureHeadersNonce") ?? "";
  return c.html(<SignInPage {...{ nonce, ways, step }} />, step.fault === null ? 200 : 400);
}

/** better-auth's own route, as if the browser had called it: with its cookies, its address and its rate limits. */
function callAuth(c: Context<SignIn>, path: string, body: object): Promise<Response> {
  const headers = new Headers({ "content-type": "application/json" });
  for (const name of ["cookie", "origin", "user-agent", "cf-connecting-ip"]) {
    const value = c.req.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  const request = new Request(`${c.env.PUBLIC_URL}/api/auth${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  return authFor(c.env).handler(request);
}

function enter(answer: Response): Response {
  return withCookies(answer, "/app");
}

function withCookies(answer: Response, location: string): Response {
  const headers = new Headers({ location });
  for (const cookie of answer.headers.getSetCookie()) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}

function faultOf(answer: Response, otherwise: string): string {
  return answer.status === 429 ? "Too many tries: wait a minute." : otherwise;
}

function text(form: FormData, field: string): string {
  const value = form.get(field);
  return typeof value === "string" ? value.slice(0, 1000) : "";
}
