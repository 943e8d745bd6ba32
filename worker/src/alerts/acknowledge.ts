import { and, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { acknowledgement } from "../db/alert-schema.ts";
import { incident } from "../db/schema.ts";
import type { Env } from "../env.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";
import { alertsFor } from "./alerts-for.ts";

/** What came of it: somebody may have been quicker, or it was over before. */
export type Acknowledged =
  | { kind: "acknowledged"; byName: string; title: string }
  | { kind: "over"; title: string }
  | { kind: "unknown" };

/** That somebody looks after an incident: recorded, and then told. Who was first stays; asked again, it is told again. */
export async function acknowledge(
  env: Env,
  { organizationId, incidentId }: { organizationId: string; incidentId: string },
  { via, actor }: { via: "page" | "link"; actor: Actor },
): Promise<Acknowledged> {
  const found = await readAcknowledged(env.DB, { organizationId, incidentId });
  if (found.kind !== "open") return found;
  if (found.byName === null) await record(env, { organizationId, incidentId }, via, actor);
  const now = await readAcknowledged(env.DB, { organizationId, incidentId });
  const by = now.kind === "open" ? now.by : null;
  if (now.kind !== "open" || by === null) return { kind: "over", title: found.title };
  await alertsFor(env, organizationId).acknowledge(organizationId, incidentId, by);
  return { kind: "acknowledged", byName: by.name, title: found.title };
}

/** How an incident stands: what it is called, what is wrong since when, and who looks after it. */
export async function readAcknowledged(
  d1: D1Database,
  { organizationId, incidentId }: { organizationId: string; incidentId: string },
) {
  const [row] = await drizzle(d1)
    .select({
      kind: incident.kind,
      title: incident.title,
      cause: incident.cause,
      openedMs: incident.openedMs,
      closedMs: incident.closedMs,
      byId: acknowledgement.byId,
      byName: acknowledgement.byName,
    })
    .from(incident)
    .leftJoin(acknowledgement, eq(acknowledgement.incidentId, incident.id))
    .where(and(eq(incident.id, incidentId), eq(incident.organizationId, organizationId)));
  if (row === undefined) return { kind: "unknown" as const };
  const { kind, title, cause, openedMs, closedMs, byId, byName } = row;
  if (closedMs !== null) return { kind: "over" as const, title };
  return {
    kind: "open" as const,
    ...{ title, byName, of: { kind, cause, openedMs } },
    by: byId === null || byName === null ? null : { id: byId, name: byName },
  };
}

async function record(
  { DB }: Env,
  { organizationId, incidentId }: { organizationId: string; incidentId: string },
  via: "page" | "link",
  actor: Actor,
): Promise<void> {
  const db = drizzle(DB);
  const atMs = Date.now();
  const by = { via, byId: actor.id, byName: actor.name };
  await db.batch([
    db
      .insert(acknowledgement)
      .values({ incidentId, organizationId, atMs, ...by })
      .onConflictDoNothing(),
    auditLine(db, organizationId, actor, {
      action: "incident.acknowledged",
      target: incidentId,
      detail: { via },
      atMs,
    }),
  ]);
}
