import { and, desc, eq, gt, isNull, like, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { audit, channel, delivery, incident, notice } from "../db/schema.ts";
import { TOLD_TITLE } from "../deliveries/read-deliveries.ts";
import { type Actor, auditLine } from "../tenancy/records.ts";
import { type ChannelRow, NO_SETTINGS, type StoredSettings } from "./channel-store.ts";

/** What an edit writes. `disabledMs` and `confirmedMs` stay as they are where they are not given. */
type Changes = Partial<Pick<ChannelRow, "name" | "disabledMs" | "confirmedMs" | "removedMs"> & StoredSettings>;
type Detail = Record<string, string | number | boolean | null>;

/** The channels of one organization; every change with who made it. None of it can name another organization. */
export class ChannelRecords {
  readonly organizationId: string;
  readonly #db: DrizzleD1Database;

  constructor(d1: D1Database, organizationId: string) {
    this.#db = drizzle(d1);
    this.organizationId = organizationId;
  }

  /** Those that are not removed, oldest first. */
  async list(): Promise<ChannelRow[]> {
    return this.#db.select().from(channel).where(this.#present()).orderBy(channel.createdMs);
  }

  /** One that is not removed, or null. */
  async one(id: string): Promise<ChannelRow | null> {
    const [row] = await this.#db
      .select()
      .from(channel)
      .where(and(this.#present(), eq(channel.id, id)));
    return row ?? null;
  }

  async add(row: Omit<typeof channel.$inferInsert, "organizationId">, actor: Actor): Promise<void> {
    const { organizationId } = this;
    await this.#db.batch([
      this.#db.insert(channel).values({ ...row, organizationId }),
      this.#audit(actor, "channel.added", row.id, { name: row.name, kind: row.kind }, row.createdMs),
    ]);
  }

  /** Writes the changes and who made them, both or neither. False where there is no such channel. */
  async change(id: string, changes: Changes, action: string, actor: Actor, nowMs: number): Promise<boolean> {
    const [row] = await this.#db
      .update(channel)
      .set(changes)
      .where(and(this.#present(), eq(channel.id, id)))
      .returning({ name: channel.name });
    if (row === undefined) return false;
    await this.#audit(actor, `channel.${action}`, id, { name: row.name }, nowMs);
    return true;
  }

  /** Nothing goes out on it any more, and its secrets are gone. False where there is no such channel. */
  async remove(id: string, actor: Actor, nowMs: number): Promise<boolean> {
    const disabledMs = sql`coalesce(${channel.disabledMs}, ${nowMs})`;
    const [row] = await this.#db
      .update(channel)
      .set({ ...NO_SETTINGS, removedMs: nowMs, disabledMs })
      .where(and(this.#present(), eq(channel.id, id)))
      .returning({ name: channel.name });
    if (row === undefined) return false;
    await this.#audit(actor, "channel.removed", id, { name: row.name }, nowMs);
    return true;
  }

  /** A line for what changed nothing: a test, a mail that asks. */
  async note(id: string, action: string, detail: Detail, actor: Actor, nowMs: number): Promise<void> {
    await this.#audit(actor, `channel.${action}`, id, detail, nowMs);
  }

  /** How often this was done since then: what is to have an end is counted in the audit log. */
  async countSince(action: string, sinceMs: number): Promise<number> {
    const mine = eq(audit.organizationId, this.organizationId);
    const [row] = await this.#db
      .select({ count: sql<number>`count(*)` })
      .from(audit)
      .where(and(mine, gt(audit.atMs, sinceMs), like(audit.action, `channel.${action}`)));
    return row?.count ?? 0;
  }

  /** The last attempts to tell somebody, newest first; of one channel where it is named. */
  async deliveries(limit: number, channelId?: string) {
    const mine = eq(delivery.organizationId, this.organizationId);
    return this.#db
      .select({
        ...{ atMs: delivery.atMs, ok: delivery.ok, status: delivery.status, attempt: delivery.attempt },
        ...{ answer: delivery.answer, phase: notice.phase, title: TOLD_TITLE, channel: channel.name },
      })
      .from(delivery)
      .innerJoin(notice, eq(notice.id, delivery.noticeId))
      .leftJoin(incident, eq(incident.id, notice.incidentId))
      .innerJoin(channel, eq(channel.id, delivery.channelId))
      .where(channelId === undefined ? mine : and(mine, eq(delivery.channelId, channelId)))
      .orderBy(desc(delivery.atMs))
      .limit(limit);
  }

  #present() {
    return and(eq(channel.organizationId, this.organizationId), isNull(channel.removedMs));
  }

  #audit(actor: Actor, action: string, target: string, detail: Detail, atMs: number) {
    return auditLine(this.#db, this.organizationId, actor, { action, target, detail, atMs });
  }
}
