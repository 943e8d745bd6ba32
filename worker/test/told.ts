import { asc, eq } from "drizzle-orm";
import { incident, notice } from "../src/db/schema.ts";
import { db } from "./ground.ts";

/** What people of an organization were told, in order: `host-offline opened`. */
export async function told(organizationId: string): Promise<string[]> {
  const rows = await db()
    .select({ kind: incident.kind, phase: notice.phase })
    .from(notice)
    .innerJoin(incident, eq(incident.id, notice.incidentId))
    .where(eq(notice.organizationId, organizationId))
    .orderBy(asc(notice.createdMs), asc(notice.id));
  return rows.map(({ kind, phase }) => `${kind} ${phase}`);
}
