import { and, eq, gt, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { heartbeatOut } from "../db/alert-schema.ts";
import { audit } from "../db/schema.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";

export type HeartbeatRow = typeof heartbeatOut.$inferSelect;

/** The heartbeat out of one organization; every change with who made it. None of it can name another organization. */
export class HeartbeatRecords {
  readonly organizationId: string;
  readonly #db: DrizzleD1Database;

  constructor(d1: D1Database, organizationId: string) {
    this.#db = drizzle(d1);
    this.organizationId = organizationId;
  }

  async one(): Promise<HeartbeatRow | null> {
    const [row] = await this.#db.select().from(heartbeatOut).where(this.#own());
    return row ?? null;
  }

  /** Sets it, due at once. `sealedUrl` null: the address stays as it is, and so does what is known of it. False where there is none then. */
  async set(
    { sealedUrl, intervalMs }: { sealedUrl: string | null; intervalMs: number },
    actor: Actor,
    nowMs: number,
  ): Promise<boolean> {
    const { organizationId } = this;
    const due = { intervalMs, nextMs: nowMs };
    if (sealedUrl === null) {
      const kept = await this.#db
        .update(heartbeatOut)
        .set(due)
        .where(this.#own())
        .returning({ is: heartbeatOut.nextMs });
      if (kept.length === 0) return false;
    } else {
      const fresh = { ...due, sealedUrl, createdMs: nowMs, calledMs: null, heardMs: null, answer: null, runs: null };
      await this.#db
        .insert(heartbeatOut)
        .values({ organizationId, ...fresh })
        .onConflictDoUpdate({ target: heartbeatOut.organizationId, set: fresh });
    }
    const detail = { everyMinutes: intervalMs / 60_000, address: sealedUrl === null ? "as it was" : "new" };
    await this.note("set", detail, actor, nowMs);
    return true;
  }

  /** It is called no more, and its address is gone. False where there was none. */
  async remove(actor: Actor, nowMs: number): Promise<boolean> {
    const gone = await this.#db.delete(heartbeatOut).where(this.#own()).returning({ is: heartbeatOut.nextMs });
    if (gone.length === 0) return false;
    await this.note("removed", {}, actor, nowMs);
    return true;
  }

  async note(action: string, detail: Record<string, string | number | boolean | null>, actor: Actor, nowMs: number) {
    const done = { action: `heartbeat.${action}`, target: this.organizationId, detail, atMs: nowMs };
    await auditLine(this.#db, this.organizationId, actor, done);
  }

  /** How often this was done since then. */
  async countSince(action: string, sinceMs: number): Promise<number> {
    const mine = and(eq(audit.organizationId, this.organizationId), gt(audit.atMs, sinceMs));
    const [row] = await this.#db
      .select({ count: sql<number>`count(*)` })
      .from(audit)
      .where(and(mine, eq(audit.action, `heartbeat.${action}`)));
    return row?.count ?? 0;
  }

  #own() {
    return eq(heartbeatOut.organizationId, this.organizationId);
  }
}
