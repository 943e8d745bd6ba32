import { and, desc, eq, gt, isNull } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { freshId } from "../auth/ids.ts";
import { silence } from "../db/alert-schema.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";
import type { WantedSilence } from "./core/wanted-silence.ts";

/** Shown for so long after it was over, milliseconds. */
const PAST_MS = 7 * 86_400_000;
const LIMIT = 500;

export type SilenceRow = typeof silence.$inferSelect;

/** An organization's silences, for people: everything here is its own, and what it changes it writes into the audit log. */
export class SilenceRecords {
  readonly #organizationId: string;
  readonly #db: DrizzleD1Database;

  constructor(d1: D1Database, organizationId: string) {
    this.#organizationId = organizationId;
    this.#db = drizzle(d1);
  }

  /** Those that hold, and those that are over not for long, the newest first. */
  async list(nowMs: number): Promise<SilenceRow[]> {
    return this.#db
      .select()
      .from(silence)
      .where(and(eq(silence.organizationId, this.#organizationId), gt(silence.endsMs, nowMs - PAST_MS)))
      .orderBy(desc(silence.startsMs), desc(silence.id))
      .limit(LIMIT);
  }

  /** From now on. Answers its id. */
  async begin({ matcher, reason, forMs }: WantedSilence, actor: Actor, nowMs: number): Promise<string> {
    const id = freshId();
    const row = { id, organizationId: this.#organizationId, matcher, reason, startsMs: nowMs, endsMs: nowMs + forMs };
    await this.#db.batch([
      this.#db.insert(silence).values({ ...row, byUserId: actor.id, byName: actor.name, createdMs: nowMs }),
      this.#audit(actor, "silence.begun", id, { reason, forMs }, nowMs),
    ]);
    return id;
  }

  /** Ends it before its time. False where it is over, or none. */
  async end(id: string, actor: Actor, nowMs: number): Promise<boolean> {
    const holds = and(
      ...[eq(silence.organizationId, this.#organizationId), eq(silence.id, id)],
      ...[isNull(silence.endedMs), gt(silence.endsMs, nowMs)],
    );
    const [row] = await this.#db.update(silence).set({ endedMs: nowMs }).where(holds).returning();
    if (row === undefined) return false;
    await this.#audit(actor, "silence.ended", id, { reason: row.reason }, nowMs);
    return true;
  }

  #audit(actor: Actor, action: string, target: string, detail: Record<string, string | number>, atMs: number) {
    return auditLine(this.#db, this.#organizationId, actor, { action, target, detail, atMs });
  }
}
