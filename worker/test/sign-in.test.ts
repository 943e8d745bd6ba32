import { env, exports } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeAuth } from "../src/auth/auth.ts";
import { freshId } from "../src/auth/ids.ts";
import worker from "../src/index.ts";
import { member, user } from "../src/db/auth-schema.ts";
import type { Env } from "../src/env.ts";
import { db, makeOrganization } from "./ground.ts";
import { as, ORIGIN, signIn } from "./signed-in.ts";

/** The Worker with another setting; the mails it would send are kept. */
class Server {
  readonly mails: { to: string; text: string }[] = [];
  readonly #env: Env;
  readonly #address = `2001:db8:${Math.floor(Math.random() * 65_536).toString(16)}::1`;

  constructor(settings: Partial<Env>) {
    const send = async (mail: { to: string; text: string }) => void this.mails.push(mail);
    // A database binding of its own, so that the sign-in of another setting is not remembered for it.
    const DB: D1Database = Object.create(env.DB);
    for (const name of ["prepare", "batch", "exec"] as const) DB[name] = env.DB[name].bind(env.DB) as never;
    this.#env = { ...env, DB, EMAIL: { send } as never, EMAIL_FROM: "afloat@afloat.test", ...settings };
  }

  post(path: string, fields: Record<string, string>, cookie = ""): Promise<Response> {
    const headers = { origin: ORIGIN, cookie, "cf-connecting-ip": this.#address };
    return this.#fetch(
      new Request(ORIGIN + path, { method: "POST", headers, body: new URLSearchParams(fields), redirect: "manual" }),
    );
  }

  get(path: string, cookie = ""): Promise<Response> {
    return this.#fetch(new Request(ORIGIN + path, { headers: { cookie, accept: "text/html" }, redirect: "manual" }));
  }

  async #fetch(request: Request): Promise<Response> {
    return worker.fetch(request, this.#env, {
      waitUntil: () => {},
      passThroughOnException: () => {},
      props: {},
    });
  }

  code(): string {
    return /\d{6}/.exec(this.mails.at(-1)?.text ?? "")?.[0] ?? "";
  }
}

const cookieOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");

async function addPerson(organizationId: string): Promise<string> {
  const email = `${freshId()}@afloat.test`;
  const { internalAdapter } = await makeAuth(env).$context;
  const person = await internalAdapter.createUser({ email, name: "Anna", emailVerified: true }, { method: "admin" });
  await db()
    .insert(member)
    .values({ id: freshId(), organizationId, userId: person.id, role: "viewer", createdAt: new Date() });
  return email;
}

let email: string;

beforeEach(async () => {
  email = await addPerson(await makeOrganization());
});

afterEach(async () => {
  await db().delete(user).where(eq(user.email, email));
});

describe("signing in", () => {
  it("by a code that was mailed: the right one lets in, a wrong one does not", async () => {
    const server = new Server({});
    expect(await (await server.post("/sign-in/code", { email })).text()).toContain("a code is on its way");
    const wrong = await server.post("/sign-in/code", { email, code: server.code() === "000000" ? "111111" : "000000" });
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toContain("not right");
    const right = await server.post("/sign-in/code", { email, code: server.code() });
    expect(right.headers.get("location")).toBe("/app");
    expect((await server.get("/app", cookieOf(right))).status).toBe(200);
  });

  it("does not tell whether an address is known: the page is the same, and nothing is mailed to strangers", async () => {
    const server = new Server({});
    const bare = async (to: string) =>
      (await (await server.post("/sign-in/code", { email: to })).text())
        .replaceAll(to, "")
        .replaceAll(/nonce="[^"]*"/g, "");
    expect(await bare("stranger@afloat.test")).toBe(await bare(email));
    expect(server.mails.map(({ to }) => to)).toEqual([email]);
  });

  it("tries are limited: nobody can guess his way through all codes", async () => {
    const server = new Server({});
    await server.post("/sign-in/code", { email });
    const answers: string[] = [];
    for (let i = 0; i < 12; i++)
      answers.push(await (await server.post("/sign-in/code", { email, code: `${100_000 + i}` })).text());
    expect(answers.at(-1)).toContain("Too many tries");
  });

  it("offers only what this server can: without mail, without GitHub, without passwords, it says who can help", async () => {
    const server = new Server({ EMAIL: undefined as never });
    const text = await (await server.get("/sign-in")).text();
    expect(text).toContain("by a link that works once");
    expect(text).not.toContain("<form");
  });

  it("passwords are a setting, and off unless it is made", async () => {
    const refused = await new Server({}).post("/sign-in/password", { email, password: "correct horse battery" });
    expect(refused.status).toBe(400);
  });

  it("signing out ends the session, also for a cookie that was copied", async () => {
    const cookie = await signIn(await makeOrganization(), "owner");
    expect((await as(cookie, "GET", "/app")).status).toBe(200);
    const out = await as(cookie, "POST", "/sign-out", new URLSearchParams());
    expect(out.headers.get("location")).toBe("/sign-in");
    const [token] = cookie.split("; ");
    expect((await as(token ?? "", "GET", "/app")).status).toBe(302);
  });

  it("an old or used link leads back to the page that says so", async () => {
    const answer = await exports.default.fetch(`${ORIGIN}/sign-in?error=INVALID_TOKEN`);
    expect(await answer.text()).toContain("used already or is too old");
  });
});

describe("an organization of one's own", () => {
  it("may be founded where anybody may sign up: by whoever proves his address, as its owner, with a status page", async () => {
    const server = new Server({ SIGN_UP: "open" });
    const stranger = `${freshId()}@afloat.test`;
    await server.post("/sign-in/code", { email: stranger });
    const cookie = cookieOf(await server.post("/sign-in/code", { email: stranger, code: server.code() }));
    expect((await server.get("/app", cookie)).headers.get("location")).toBe("/sign-in?no-organization");
    const slug = `s${freshId()}`;
    expect((await server.post("/organization/new", { name: "Mine", slug: "Not Good" }, cookie)).status).toBe(400);
    expect((await server.post("/organization/new", { name: "Mine", slug }, cookie)).headers.get("location")).toBe(
      "/app",
    );
    expect(await (await server.get("/app", cookie)).text()).toContain("Mine");
    expect((await server.get(`/s/${slug}`)).status).toBe(200);
    const again = await server.post("/organization/new", { name: "Mine", slug }, cookie);
    expect(again.status, "a name that is taken").toBe(400);
  });

  it("and nowhere else", async () => {
    const server = new Server({});
    const stranger = `${freshId()}@afloat.test`;
    await server.post("/sign-in/code", { email: stranger });
    expect(server.mails).toEqual([]);
    const cookie = await signIn(await makeOrganization(), "viewer");
    const answer = await server.post("/organization/new", { name: "Mine", slug: `s${freshId()}` }, cookie);
    expect(answer.status).toBe(400);
  });
});
