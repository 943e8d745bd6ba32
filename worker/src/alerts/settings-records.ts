import { and, asc, desc, eq, gt, isNull, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { freshId } from "../auth/ids.ts";
import { alertRule, silence } from "../db/alert-schema.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";
import type { Matcher } from "./core/alert-types.ts";
import type { RuleSettings } from "./settings.ts";

/** An organization has so many at most. */
export const RULES = 100;
const SILENCES_SHOWN = 100;

/** Rules and silences of one organization; every change with who made it. None of it can name another organization. */
export class AlertSettings {
  readonly #organizationId: string;
  readonly #db: DrizzleD1Database;

  constructor(d1: D1Database, organizationId: string) {
    this.#db = drizzle(d1);
    this.#organizationId = organizationId;
  }

  /** In the order in which they are tried. */
  async rules() {
    return this.#db
      .select()
      .from(alertRule)
      .where(eq(alertRule.organizationId, this.#organizationId))
      .orderBy(asc(alertRule.position), asc(alertRule.id));
  }

  /** Adds a rule, or writes it over where `id` is one of the organization's. Answers its id; null where there is no such rule, or no room. */
  async putRule(
    { id, position, rule }: { id: string | null; position: number; rule: RuleSettings },
    actor: Actor,
    nowMs: number,
  ): Promise<string | null> {
    const known = await this.rules();
    if (id === null ? known.length >= RULES : known.every((each) => each.id !== id)) return null;
    const ruleId = id ?? freshId();
    const row = {
      id: ruleId,
      organizationId: this.#organizationId,
      position,
      rule,
      createdMs: nowMs,
      changedMs: nowMs,
    };
    await this.#db.batch([
      this.#db
        .insert(alertRule)
        .values(row)
        .onConflictDoUpdate({ target: alertRule.id, set: { position, rule, changedMs: nowMs } }),
      this.#audit(actor, id === null ? "alert-rule.added" : "alert-rule.changed", ruleId, { name: rule.name }, nowMs),
    ]);
    return ruleId;
  }

  /** False where there is no such rule. */
  async removeRule(id: string, actor: Actor, nowMs: number): Promise<boolean> {
    const mine = and(eq(alertRule.id, id), eq(alertRule.organizationId, this.#organizationId));
    const [row] = await this.#db.delete(alertRule).where(mine).returning({ rule: alertRule.rule });
    if (row === undefined) return false;
    await this.#audit(actor, "alert-rule.removed", id, {}, nowMs);
    return true;
  }

  /** Those that hold or are to come, and some of the last; newest first. */
  async silences() {
    return this.#db
      .select()
      .from(silence)
      .where(eq(silence.organizationId, this.#organizationId))
      .orderBy(desc(silence.endsMs))
      .limit(SILENCES_SHOWN);
  }

  async addSilence(
    of: { matcher: Matcher; reason: string; startsMs: number; endsMs: number },
    actor: Actor,
    nowMs: number,
  ): Promise<string> {
    const id = freshId();
    const by = { byUserId: actor.id, byName: actor.name, createdMs: nowMs };
    await this.#db.batch([
      this.#db.insert(silence).values({ id, organizationId: this.#organizationId, ...of, ...by }),
      this.#audit(actor, "silence.added", id, { reason: of.reason, untilMs: of.endsMs }, nowMs),
    ]);
    return id;
  }

  /** Ends one before its time. False where there is none that holds or is to come. */
  async endSilence(id: string, actor: Actor, nowMs: number): Promise<boolean> {
    const mine = and(eq(silence.id, id), eq(silence.organizationId, this.#organizationId));
    const [row] = await this.#db
      .update(silence)
      .set({ endedMs: nowMs, endsMs: sql`max(${silence.startsMs}, ${nowMs})` })
      .where(and(mine, isNull(silence.endedMs), gt(silence.endsMs, nowMs)))
      .returning({ id: silence.id });
    if (row === undefined) return false;
    await this.#audit(actor, "silence.ended", id, {}, nowMs);
    return true;
  }

  #audit(actor: Actor, action: string, target: string, detail: Record<string, string | number>, atMs: number) {
    return auditLine(this.#db, this.#organizationId, actor, { action, target, detail, atMs });
  }
}
