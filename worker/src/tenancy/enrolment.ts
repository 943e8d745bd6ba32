import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { freshSecret, sha256 } from "../auth/ids.ts";
import { organization } from "../db/auth-schema.ts";
import { enrolmentKey, host } from "../db/schema.ts";
import { ORGANIZATION_HOSTS } from "../fleet/core/caps.ts";
import { placeOf, shardsOf } from "../fleet/core/placement.ts";
import { readPlacement } from "../fleet/placements.ts";

/** A key as it is shown once, and what of it is stored. */
export async function makeEnrolmentKey(): Promise<{ key: string; keyHash: string }> {
  const key = `afk_${freshSecret()}`;
  return { key, keyHash: await sha256(key) };
}

export type KeyUse =
  | {
      kind: "accepted";
      key: { id: string; name: string; tags: string[] };
      organization: { id: string; name: string; slug: string };
    }
  | { kind: "unknown" }
  | { kind: "spent"; why: "expired" | "revoked" | "used" }
  /** The organization has as many hosts as it may with so many Fleets; the key is not spent. */
  | { kind: "full"; hosts: number; fleets: number };

/**
 * Uses a key once. Two machines with one single-use key at the same moment: only one is let in, since the use is counted by
 * compare-and-set.
 */
export async function spendEnrolmentKey(d1: D1Database, key: string, nowMs: number): Promise<KeyUse> {
  const db = drizzle(d1);
  const keyHash = await sha256(key);
  const [row] = await db
    .select()
    .from(enrolmentKey)
    .innerJoin(organization, eq(organization.id, enrolmentKey.organizationId))
    .where(eq(enrolmentKey.keyHash, keyHash));
  if (row === undefined) return { kind: "unknown" };
  const { id, name, tags, revokedMs, expiresMs } = row.enrolment_key;
  if (revokedMs !== null) return { kind: "spent", why: "revoked" };
  if (expiresMs !== null && expiresMs <= nowMs) return { kind: "spent", why: "expired" };
  const full = await readFull(d1, row.organization.id);
  if (full !== null) return { kind: "full", ...full };
  const [used] = await db
    .update(enrolmentKey)
    .set({ usedCount: sql`${enrolmentKey.usedCount} + 1` })
    .where(
      and(
        eq(enrolmentKey.id, id),
        isNull(enrolmentKey.revokedMs),
        or(isNull(enrolmentKey.expiresMs), gt(enrolmentKey.expiresMs, nowMs)),
        or(eq(enrolmentKey.singleUse, false), eq(enrolmentKey.usedCount, 0)),
      ),
    )
    .returning({ id: enrolmentKey.id });
  if (used === undefined) return { kind: "spent", why: "used" };
  const { id: organizationId, name: organizationName, slug } = row.organization;
  return {
    kind: "accepted",
    key: { id, name, tags },
    organization: { id: organizationId, name: organizationName, slug },
  };
}

/** How many hosts it has, where it may have no more. */
async function readFull(d1: D1Database, organizationId: string): Promise<{ hosts: number; fleets: number } | null> {
  const fleets = shardsOf(placeOf(organizationId, await readPlacement(d1, organizationId)));
  const hosts = ORGANIZATION_HOSTS * fleets;
  const mine = and(eq(host.organizationId, organizationId), isNull(host.revokedMs));
  const last = await drizzle(d1)
    .select({ id: host.id })
    .from(host)
    .where(mine)
    .limit(1)
    .offset(hosts - 1);
  return last.length > 0 ? { hosts, fleets } : null;
}
