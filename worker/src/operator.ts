import { WorkerEntrypoint } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { Hono } from "hono";
import * as v from "valibot";
import { LINK_SECONDS, makeAuth } from "./auth/auth.ts";
import { freshId } from "./auth/ids.ts";
import { tellAlerts } from "./alerts/tell-alerts.ts";
import { addChannel } from "./channels/add-channel.ts";
import { ChannelRecords } from "./channels/channel-records.ts";
import { webhook } from "./channels/webhook/webhook.ts";
import { organization } from "./db/auth-schema.ts";
import { migrate } from "./db/migrations.ts";
import type { Env } from "./env.ts";
import { cellName, SHARDS_LIMIT, shardsPlace } from "./fleet/core/placement.ts";
import { carryOutMove, wishMove } from "./fleet/move.ts";
import { placeNewOrganization } from "./fleet/placements.ts";
import { faultOfUrl } from "./outgoing/core/destination.ts";
import { reachOf } from "./outgoing/reach.ts";
import { makeEnrolmentKey } from "./tenancy/enrolment.ts";
import { makeFirstPage, organizationName, organizationSlug } from "./tenancy/founding.ts";
import { type Actor, Records } from "./tenancy/records.ts";

/**
 * What the person who runs the server may do without signing in: apply migrations, found the first organization, ask for a
 * sign-in link. Reached only through the embedded server's Unix socket, which only its owner can open; no route leads here.
 */
export class Operator extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    return routes.fetch(request, this.env);
  }
}

const AUDIT_LINES = 200;
const OPERATOR: Actor = { kind: "operator", id: "operator", name: "operator" };
const slug = organizationSlug;
const name = organizationName;
const email = v.pipe(v.string(), v.email());

const founding = v.object({ email, name, organization: name, slug });
const linkFor = v.object({ email });
const keyFor = v.object({ slug, name, singleUse: v.boolean(), expiresInMs: v.nullable(v.number()) });
const channelFor = v.object({ slug, name, url: v.string() });
const MOVES = `expected { slug, cell: 3 }, { slug, cell: null } or { slug, shards: 4 }, with 1 to ${SHARDS_LIMIT} shards`;
const whole = v.pipe(v.number(), v.integer());
/** `cell`: its number; null for a Fleet of its own. `shards`: so many Fleets of its own. */
const move = v.union(
  [
    v.strictObject({ slug, cell: v.nullable(v.pipe(whole, v.minValue(0))) }),
    v.strictObject({ slug, shards: v.pipe(whole, v.minValue(1, MOVES), v.maxValue(SHARDS_LIMIT, MOVES)) }),
  ],
  MOVES,
);

const routes = new Hono<{ Bindings: Env }>();

routes.post("/migrate", async (c) => c.json({ applied: await migrate(c.env.DB) }));

/** Idempotent: what is there already stays as it is. */
routes.post("/found", async (c) => {
  const wanted = v.parse(founding, await c.req.json());
  const organizationId = (await idOf(c.env, wanted.slug)) ?? (await found(c.env, wanted));
  return c.json({ organizationId, statusPage: `${c.env.PUBLIC_URL}/s/${wanted.slug}` });
});

routes.post("/sign-in-link", async (c) => {
  const { email: to } = v.parse(linkFor, await c.req.json());
  const links: string[] = [];
  const auth = makeAuth(c.env, (url) => links.push(url));
  await auth.api.signInMagicLink({ body: { email: to }, headers: new Headers() });
  const token = new URL(links[0] ?? c.env.PUBLIC_URL).searchParams.get("token");
  return c.json({ url: `${c.env.PUBLIC_URL}/sign-in/link/${token}`, worksForSeconds: LINK_SECONDS });
});

routes.post("/enrolment-key", async (c) => {
  const wanted = v.parse(keyFor, await c.req.json());
  const records = await recordsOf(c.env, wanted.slug);
  const { key, keyHash } = await makeEnrolmentKey();
  const createdMs = Date.now();
  const expiresMs = wanted.expiresInMs === null ? null : createdMs + wanted.expiresInMs;
  const row = {
    id: freshId(),
    name: wanted.name,
    keyHash,
    singleUse: wanted.singleUse,
    tags: [],
    createdMs,
    expiresMs,
  };
  await records.addEnrolmentKey({ ...row, createdBy: OPERATOR.id }, OPERATOR);
  return c.json({ key });
});

/** A webhook; people add the other kinds on the page. */
routes.post("/channel", async (c) => {
  const wanted = v.parse(channelFor, await c.req.json());
  const fault = faultOfUrl(wanted.url, reachOf(c.env));
  if (fault !== null) return c.json({ error: fault }, 400);
  const { organizationId } = await recordsOf(c.env, wanted.slug);
  const values: Record<string, unknown> = { ...webhook.made(), url: wanted.url };
  const records = new ChannelRecords(c.env.DB, organizationId);
  const id = await addChannel(c.env, records, { kind: webhook, name: wanted.name, values }, OPERATOR);
  await tellAlerts(c.env, organizationId);
  return c.json({ id, secret: values["secret"] });
});

/** The newest lines of an organization's audit log. */
routes.post("/audit", async (c) => {
  const { slug: of } = v.parse(v.object({ slug }), await c.req.json());
  return c.json(await (await recordsOf(c.env, of)).auditLines(AUDIT_LINES));
});

/**
 * Moves an organization into a cell, to a Fleet of its own, or to several. Answers how that stands: what waits is tried again each minute by the cron,
 * and asked again, this goes on where it ended.
 */
routes.post("/move", async (c) => {
  const to = v.parse(move, await c.req.json());
  const { organizationId } = await recordsOf(c.env, to.slug);
  await wishMove(c.env.DB, organizationId, placeIn(organizationId, to));
  return c.json(await carryOutMove(c.env, organizationId));
});

routes.onError((error, c) => c.json({ error: error.message }, 400));

function placeIn(organizationId: string, to: v.InferOutput<typeof move>): string {
  if ("shards" in to) return shardsPlace(organizationId, to.shards);
  return to.cell === null ? organizationId : cellName(to.cell);
}

async function found(env: Env, wanted: v.InferOutput<typeof founding>): Promise<string> {
  const auth = makeAuth(env);
  const { internalAdapter } = await auth.$context;
  const known = await internalAdapter.findUserByEmail(wanted.email);
  const owner =
    known?.user ??
    (await internalAdapter.createUser(
      { email: wanted.email, name: wanted.name, emailVerified: true },
      { method: "admin" },
    ));
  const made = await auth.api.createOrganization({
    body: { name: wanted.organization, slug: wanted.slug, userId: owner.id },
  });
  await placeNewOrganization(env, made.id);
  await makeFirstPage(new Records(env.DB, made.id), { slug: wanted.slug, title: wanted.organization }, OPERATOR);
  return made.id;
}

async function idOf(env: Env, wanted: string): Promise<string | null> {
  const [row] = await drizzle(env.DB)
    .select({ id: organization.id })
    .from(organization)
    .where(eq(organization.slug, wanted));
  return row?.id ?? null;
}

async function recordsOf(env: Env, wanted: string): Promise<Records> {
  const id = await idOf(env, wanted);
  if (id === null) throw new Error(`there is no organization ${wanted}`);
  return new Records(env.DB, id);
}
