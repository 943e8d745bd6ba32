import { env, exports } from "cloudflare:workers";
import { makeAuth } from "../src/auth/auth.ts";
import { freshId } from "../src/auth/ids.ts";
import { member } from "../src/db/auth-schema.ts";
import { db } from "./ground.ts";

/** A member of an organization with this role, signed in by a real link: answers his cookies. */
export async function signIn(organizationId: string, role: string): Promise<string> {
  const email = `${freshId()}@afloat.test`;
  const links: string[] = [];
  const auth = makeAuth(env, (url) => links.push(url));
  const { internalAdapter } = await auth.$context;
  const user = await internalAdapter.createUser({ email, name: role, emailVerified: true }, { method: "admin" });
  await db().insert(member).values({ id: freshId(), organizationId, userId: user.id, role, createdAt: new Date() });
  await auth.api.signInMagicLink({ body: { email }, headers: new Headers() });
  const token = new URL(links[0] ?? ORIGIN).searchParams.get("token");
  // From an address of his own: trying links is limited by address.
  const headers = { "cf-connecting-ip": `2001:db8:${Math.floor(Math.random() * 65_536).toString(16)}::1` };
  const answer = await exports.default.fetch(`${ORIGIN}/sign-in/link/${token}`, { headers, redirect: "manual" });
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

export const ORIGIN = "https://afloat.test";

/** A request as that member's browser sends it. */
export function as(cookie: string, method: string, path: string, body?: object | URLSearchParams): Promise<Response> {
  const json = body !== undefined && !(body instanceof URLSearchParams);
  return exports.default.fetch(ORIGIN + path, {
    method,
    redirect: "manual",
    headers: { cookie, origin: ORIGIN, accept: "text/html", ...(json ? { "content-type": "application/json" } : {}) },
    ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : body }),
  });
}
