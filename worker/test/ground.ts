import { env } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/d1";
import { freshId } from "../src/auth/ids.ts";
import { makeCredential } from "../src/credential.ts";
import type { WantedRule } from "../src/rules/core/wanted-rule.ts";
import { alertRule } from "../src/db/alert-schema.ts";
import { organization } from "../src/db/auth-schema.ts";
import { channel, host } from "../src/db/schema.ts";
import { fleetAt } from "../src/fleet/fleet-for.ts";
import { seal } from "../src/channels/seal.ts";
import { loadHosts } from "../src/fleet/load-host.ts";

/** The ground that a test of the Worker stands on: rows in a real database. */

export const db = () => drizzle(env.DB);

export async function makeOrganization(name = "Aurora"): Promise<string> {
  const id = freshId();
  await db()
    .insert(organization)
    .values({ id, name, slug: `${name.toLowerCase()}-${id.slice(0, 6)}`, createdAt: new Date() });
  return id;
}

export interface TestHost {
  organizationId: string;
  id: string;
  name: string;
  credential: string;
}

export async function makeHost(organizationId: string, name = "web-1", id = freshId()): Promise<TestHost> {
  const createdMs = Date.now();
  await db()
    .insert(host)
    .values({
      ...{ id, organizationId, name, os: "Debian", arch: "x64", tags: [], remote: [] },
      ...{ linkSinceMs: createdMs, createdMs },
    });
  const credential = await makeCredential(env.AFLOAT_SECRET, { organizationId, hostId: id, version: 1 });
  return { organizationId, id, name, credential };
}

/** A webhook channel; nobody listens at its address, unless one is given. */
export async function makeChannel(organizationId: string, url = "http://127.0.0.1:9/"): Promise<string> {
  const id = freshId();
  const sealedSecret = await seal(env.AFLOAT_SECRET, `whsec_${btoa("a secret of the tests")}`);
  const createdMs = Date.now();
  await db().insert(channel).values({
    id,
    organizationId,
    kind: "webhook",
    name: "On call",
    url,
    sealedSecret,
    createdMs,
  });
  return id;
}

/** Every alert by this rule; `said` is what differs from the defaults. */
export async function makeRule(organizationId: string, said: Partial<WantedRule>): Promise<void> {
  const steps: WantedRule["tell"]["steps"] = [{ afterMs: 0, channelIds: "all" }];
  const rule = {
    name: "all",
    match: {},
    severity: null,
    tell: { steps },
    confirmMs: 0,
    group: "host" as const,
    ...said,
  };
  const times = { createdMs: Date.now(), changedMs: Date.now() };
  await db()
    .insert(alertRule)
    .values({ id: freshId(), organizationId, position: 1, rule, ...times });
}

export const fleetOf = (of: TestHost) => fleetAt(env, of.organizationId);

/** How far the database has a host's journal, as a Fleet reads it that does not know the host yet. */
export async function recordedSeq({ organizationId, id }: TestHost): Promise<number | undefined> {
  const [loaded] = await loadHosts(env.DB, organizationId, [id]);
  return loaded?.host.recordedSeq;
}
