import { enrollRequest } from "@afloat/shared/wire";
import { Hono } from "hono";
import * as v from "valibot";
import { freshId } from "../auth/ids.ts";
import { makeCredential } from "../credential.ts";
import type { Env } from "../env.ts";
import { informFleet } from "../fleet/fleet-for.ts";
import { type KeyUse, spendEnrolmentKey } from "../tenancy/enrolment.ts";
import { Records } from "../tenancy/records.ts";
import { problem, readJson } from "./problem.ts";

const BODY_LIMIT_BYTES = 16 * 1024;
const SPENT = {
  expired: "this enrolment key has expired: make a new one on the dashboard, under Add a host",
  revoked: "this enrolment key was revoked: make a new one on the dashboard, under Add a host",
  used: "this enrolment key works once and was used already: make a new one on the dashboard, under Add a host",
};

/** A new host shows its enrolment key and gets its own credential. */
export const enrollRoutes = new Hono<{ Bindings: Env }>();

enrollRoutes.post("/agent/enroll", async (c) => {
  const key = /^Bearer (afk_[A-Za-z0-9_-]{43})$/.exec(c.req.header("authorization") ?? "")?.[1];
  if (key === undefined) return problem(c, 401, "no-key", "expected an enrolment key (afk_…) as Authorization: Bearer");
  const body = v.safeParse(enrollRequest, await readJson(c.req.raw, BODY_LIMIT_BYTES));
  if (!body.success) return problem(c, 400, "bad-request", `expected the host's facts: ${body.issues[0].message}`);
  const nowMs = Date.now();
  const use = await spendEnrolmentKey(c.env.DB, key, nowMs);
  if (use.kind === "unknown") return problem(c, 401, "unknown-key", "this enrolment key is not known here");
  if (use.kind === "full") return problem(c, 409, "too-many-hosts", fullWords(use));
  if (use.kind === "spent") return problem(c, 403, `key-${use.why}`, SPENT[use.why]);
  const { organization } = use;
  const { name, os, arch } = body.output.host;
  const id = freshId();
  await new Records(c.env.DB, organization.id).addHost(
    { id, name, os, arch, tags: use.key.tags, remote: [], linkSinceMs: nowMs, createdMs: nowMs },
    { kind: "host", id, name },
  );
  await informFleet(c.env, organization.id, id, (fleet) => fleet.introduce({ organizationId: organization.id, id }));
  return c.json({
    credential: await makeCredential(c.env.AFLOAT_SECRET, { organizationId: organization.id, hostId: id, version: 1 }),
    organization: { name: organization.name, slug: organization.slug },
    host: { id, name },
    dashboard: `${c.env.PUBLIC_URL}/app`,
  });
});

function fullWords({ hosts, fleets }: Extract<KeyUse, { kind: "full" }>): string {
  const most = `this organization has ${hosts} hosts, and may have no more with ${fleets === 1 ? "one Fleet" : `${fleets} Fleets`}`;
  return `${most}: remove one that is gone on the dashboard, or have the operator spread it over more (docs/fleet.md, "Large ones"); the key stays good`;
}
