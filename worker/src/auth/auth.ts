import { betterAuth } from "better-auth/minimal";
import { drizzleAdapter } from "better-auth/adapters/drizzle";
import { emailOTP, magicLink, organization } from "better-auth/plugins";
import { drizzle } from "drizzle-orm/d1";
import * as tables from "../db/auth-schema.ts";
import type { Env } from "../env.ts";
import { freshId } from "./ids.ts";
import { sendSignInCode } from "./mail.ts";
import { access, roles } from "./roles.ts";

/** How long a sign-in link of the operator works, seconds. */
export const LINK_SECONDS = 15 * 60;

/** Where a link goes that the operator asked for. */
export type LinkTaker = (url: string) => void;

/**
 * Sign-in and organizations. `takeLink` is given by the operator alone: without it nobody can ask for a link, and only such
 * a link, an e-mailed code, GitHub or (where it is switched on) a password lets a person in.
 */
export function makeAuth(env: Env, takeLink?: LinkTaker) {
  const signUpIsOpen = env.SIGN_UP === "open";
  return betterAuth({
    appName: "Afloat",
    baseURL: env.PUBLIC_URL,
    basePath: "/api/auth",
    secret: env.AFLOAT_SECRET,
    trustedOrigins: [env.PUBLIC_URL],
    telemetry: { enabled: false },
    logger: { level: "error" },
    database: drizzleAdapter(drizzle(env.DB, { schema: tables }), { provider: "sqlite", schema: tables }),
    session: { expiresIn: 30 * 86_400, cookieCache: { enabled: true, maxAge: 60 } },
    rateLimit: { enabled: true, storage: "database", window: 60, max: 100 },
    advanced: {
      database: { generateId: () => freshId() },
      // Set by the platform, never by the client. Where it is missing (self-hosted) nobody's address is believed.
      ipAddress: { ipAddressHeaders: ["cf-connecting-ip"] },
      cookiePrefix: "afloat",
    },
    emailAndPassword: { enabled: env.PASSWORDS === "on", disableSignUp: !signUpIsOpen, minPasswordLength: 10 },
    ...(env.GITHUB_CLIENT_ID !== undefined && env.GITHUB_CLIENT_SECRET !== undefined
      ? {
          socialProviders: {
            github: {
              clientId: env.GITHUB_CLIENT_ID,
              clientSecret: env.GITHUB_CLIENT_SECRET,
              disableSignUp: !signUpIsOpen,
            },
          },
        }
      : {}),
    plugins: [
      organization({ ac: access, roles, creatorRole: "owner", allowUserToCreateOrganization: signUpIsOpen }),
      emailOTP({
        disableSignUp: !signUpIsOpen,
        storeOTP: "hashed",
        sendVerificationOTP: ({ email, otp }) => sendSignInCode(env, email, otp),
      }),
      magicLink({
        disableSignUp: true,
        storeToken: "hashed",
        expiresIn: LINK_SECONDS,
        sendMagicLink: ({ url }) => {
          if (takeLink === undefined) throw new Error("sign-in links are given by the operator alone");
          takeLink(url);
        },
      }),
    ],
  });
}

export type Auth = ReturnType<typeof makeAuth>;

/** One per isolate: making it costs more than a request, and its bindings stay the same. */
const made = new WeakMap<D1Database, Auth>();

export function authFor(env: Env): Auth {
  const known = made.get(env.DB);
  if (known !== undefined) return known;
  const auth = makeAuth(env);
  made.set(env.DB, auth);
  return auth;
}
