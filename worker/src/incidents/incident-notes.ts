import { and, count, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { freshId } from "../auth/ids.ts";
import { incidentNote } from "../db/alert-schema.ts";
import { incident } from "../db/schema.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";
import { NOTES } from "./core/window.ts";

/** Writes down what a person says about an incident of this organization. `none`: there is no such incident; `full`: it has very many. */
export async function addNote(
  d1: D1Database,
  organizationId: string,
  { incidentId, text }: { incidentId: string; text: string },
  actor: Actor,
  nowMs: number,
): Promise<"added" | "none" | "full"> {
  const db = drizzle(d1);
  const [[found], [notes]] = await db.batch([
    db
      .select({ id: incident.id })
      .from(incident)
      .where(and(eq(incident.id, incidentId), eq(incident.organizationId, organizationId))),
    db.select({ count: count() }).from(incidentNote).where(eq(incidentNote.incidentId, incidentId)),
  ]);
  if (found === undefined) return "none";
  if ((notes?.count ?? 0) >= NOTES) return "full";
  const id = freshId();
  const by = { byUserId: actor.id, byName: actor.name };
  await db.batch([
    db.insert(incidentNote).values({ id, organizationId, incidentId, atMs: nowMs, ...by, text }),
    auditLine(db, organizationId, actor, { action: "incident.noted", target: incidentId, detail: {}, atMs: nowMs }),
  ]);
  return "added";
}
