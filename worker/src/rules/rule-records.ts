import { and, asc, eq, max } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import type { Rule } from "../alerts/core/alert-types.ts";
import { freshId } from "../auth/ids.ts";
import { alertRule } from "../db/alert-schema.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";
import type { WantedRule } from "./core/wanted-rule.ts";
import { ruleOf } from "./rule-doc.ts";

/** Of one organization. */
export const RULES_LIMIT = 100;

/** An organization's rules, for people: everything here is its own, and what it changes it writes into the audit log. */
export class RuleRecords {
  readonly #organizationId: string;
  readonly #db: DrizzleD1Database;

  constructor(d1: D1Database, organizationId: string) {
    this.#organizationId = organizationId;
    this.#db = drizzle(d1);
  }

  /** In the order in which they are tried. */
  async list(): Promise<Rule[]> {
    const rows = await this.#db
      .select()
      .from(alertRule)
      .where(eq(alertRule.organizationId, this.#organizationId))
      .orderBy(asc(alertRule.position), asc(alertRule.id))
      .limit(RULES_LIMIT);
    return rows.flatMap((row) => ruleOf(row) ?? []);
  }

  async one(id: string): Promise<Rule | null> {
    const [row] = await this.#db.select().from(alertRule).where(this.#own(id));
    return row === undefined ? null : ruleOf(row);
  }

  /** As the last one. Answers its id; null where there are too many. */
  async add(wanted: WantedRule, actor: Actor, nowMs: number): Promise<string | null> {
    if ((await this.list()).length >= RULES_LIMIT) return null;
    const [last] = await this.#db
      .select({ position: max(alertRule.position) })
      .from(alertRule)
      .where(eq(alertRule.organizationId, this.#organizationId));
    const id = freshId();
    const row = { id, organizationId: this.#organizationId, position: (last?.position ?? 0) + 1, rule: wanted };
    await this.#db.batch([
      this.#db.insert(alertRule).values({ ...row, createdMs: nowMs, changedMs: nowMs }),
      this.#audit(actor, "rule.added", id, wanted.name, nowMs),
    ]);
    return id;
  }

  /** False where there is no such rule. */
  async change(id: string, wanted: WantedRule, actor: Actor, nowMs: number): Promise<boolean> {
    const set = { rule: wanted, changedMs: nowMs };
    const [row] = await this.#db.update(alertRule).set(set).where(this.#own(id)).returning({ id: alertRule.id });
    if (row === undefined) return false;
    await this.#audit(actor, "rule.changed", id, wanted.name, nowMs);
    return true;
  }

  /** Tried before the one that was tried before it, or after the one after it. False where there is no such rule. */
  async move(id: string, to: "up" | "down", actor: Actor, nowMs: number): Promise<boolean> {
    const rules = await this.list();
    const from = rules.findIndex((rule) => rule.id === id);
    const moved = rules[from];
    if (moved === undefined) return false;
    const at = Math.max(0, Math.min(rules.length - 1, from + (to === "up" ? -1 : 1)));
    const order = rules.toSpliced(from, 1).toSpliced(at, 0, moved);
    const changed = order.flatMap((rule, i) => (rule.position === i + 1 ? [] : { id: rule.id, position: i + 1 }));
    await this.#db.batch([
      this.#audit(actor, "rule.moved", id, moved.name, nowMs),
      ...changed.map((each) => this.#db.update(alertRule).set({ position: each.position }).where(this.#own(each.id))),
    ]);
    return true;
  }

  /** False where there is no such rule. */
  async remove(id: string, actor: Actor, nowMs: number): Promise<boolean> {
    const rule = await this.one(id);
    const [row] = await this.#db.delete(alertRule).where(this.#own(id)).returning({ id: alertRule.id });
    if (row === undefined) return false;
    await this.#audit(actor, "rule.removed", id, rule?.name ?? "", nowMs);
    return true;
  }

  #own(id: string) {
    return and(eq(alertRule.organizationId, this.#organizationId), eq(alertRule.id, id));
  }

  #audit(actor: Actor, action: string, target: string, name: string, atMs: number) {
    return auditLine(this.#db, this.#organizationId, actor, { action, target, detail: { name }, atMs });
  }
}
