import { and, desc, eq, isNull, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import type { AnySQLiteColumn } from "drizzle-orm/sqlite-core";
import { DEFAULT_RETENTION, type Retention } from "../retention/core/retention.ts";
import { audit, command, enrolmentKey, host, retention, service, statusPage } from "../db/schema.ts";

type StepTaken = (typeof command.$inferSelect)["steps"][number];

/** Who did it, for the audit log. */
export interface Actor {
  kind: "person" | "host" | "operator" | "system";
  id: string;
  name: string;
}

type Detail = Record<string, string | number | boolean | null>;
type NewCommand = Omit<typeof command.$inferInsert, "organizationId">;

/**
 * The one place where the organization comes into a query: everything a person, an operator or a key may read or change
 * through the Worker goes through here, and none of it can name another organization. (The Fleet has its own statements,
 * each with its host; the status page reads by its public slug.)
 */
export class Records {
  readonly organizationId: string;
  readonly #db: DrizzleD1Database;

  constructor(d1: D1Database, organizationId: string) {
    this.#db = drizzle(d1);
    this.organizationId = organizationId;
  }

  /** A host that is not revoked, or null. */
  async host(id: string) {
    const [row] = await this.#db
      .select()
      .from(host)
      .where(and(this.#own(host), eq(host.id, id), isNull(host.revokedMs)));
    return row ?? null;
  }

  /** A service of a host, as long as it is configured; else null. */
  async service(hostId: string, name: string) {
    const [row] = await this.#db
      .select()
      .from(service)
      .where(and(this.#own(service), eq(service.hostId, hostId), eq(service.name, name), isNull(service.removedMs)));
    return row ?? null;
  }

  /** Writes the command and who gave it, both or neither. */
  async orderCommand(row: NewCommand, actor: Actor): Promise<void> {
    await this.#db.batch([
      this.#db.insert(command).values({ ...row, organizationId: this.organizationId }),
      this.#audit(actor, `command.${row.verb}`, `${row.hostId}/${row.serviceName}`, { command: row.id }, row.createdMs),
    ]);
  }

  /** A command that could not be handed to its Fleet: nothing was done, and nothing will be. */
  async failCommand(id: string, steps: StepTaken[]): Promise<void> {
    await this.#db
      .update(command)
      .set({ step: "failed", steps })
      .where(and(this.#own(command), eq(command.id, id)));
  }

  async addEnrolmentKey(row: Omit<typeof enrolmentKey.$inferInsert, "organizationId">, actor: Actor): Promise<void> {
    await this.#db.batch([
      this.#db.insert(enrolmentKey).values({ ...row, organizationId: this.organizationId }),
      this.#audit(actor, "enrolment-key.made", row.id, { name: row.name, singleUse: row.singleUse }, row.createdMs),
    ]);
  }

  async statusPages() {
    return this.#db.select().from(statusPage).where(this.#own(statusPage)).orderBy(statusPage.createdMs);
  }

  async addStatusPage(row: Omit<typeof statusPage.$inferInsert, "organizationId">, actor: Actor): Promise<void> {
    await this.#db.batch([
      this.#db.insert(statusPage).values({ ...row, organizationId: this.organizationId }),
      this.#audit(actor, "status-page.made", row.id, { slug: row.slug }, row.createdMs),
    ]);
  }

  async addHost(row: Omit<typeof host.$inferInsert, "organizationId">, actor: Actor): Promise<void> {
    await this.#db.batch([
      this.#db.insert(host).values({ ...row, organizationId: this.organizationId }),
      this.#audit(actor, "host.enrolled", row.id, { name: row.name }, row.createdMs),
    ]);
  }

  /** Bars every credential given so far. False where there is no such host. */
  async revokeHost(id: string, actor: Actor, nowMs: number): Promise<boolean> {
    const mine = and(this.#own(host), eq(host.id, id), isNull(host.revokedMs));
    const [row] = await this.#db
      .update(host)
      .set({ revokedMs: nowMs, credentialVersion: sql`${host.credentialVersion} + 1` })
      .where(mine)
      .returning({ id: host.id });
    if (row === undefined) return false;
    await this.#audit(actor, "host.revoked", id, {}, nowMs);
    return true;
  }

  /** How long it keeps what; the defaults where it said nothing. */
  async retention(): Promise<Retention> {
    const [row] = await this.#db.select().from(retention).where(this.#own(retention));
    const { flipDays, uptimeDays, incidentDays, auditDays } = row ?? DEFAULT_RETENTION;
    return { flipDays, uptimeDays, incidentDays, auditDays };
  }

  /** Sets how long it keeps what. What holds already leaves no line in the audit log. */
  async keepFor(days: Retention, actor: Actor, nowMs: number): Promise<void> {
    const before = await this.retention();
    const changed = Object.entries(days).filter(([key, value]) => Reflect.get(before, key) !== value);
    if (changed.length === 0) return;
    const row = { organizationId: this.organizationId, ...days };
    const detail = Object.fromEntries(changed.map(([key, value]) => [key, `${Reflect.get(before, key)} to ${value}`]));
    await this.#db.batch([
      this.#db.insert(retention).values(row).onConflictDoUpdate({ target: retention.organizationId, set: days }),
      this.#audit(actor, "retention.set", this.organizationId, detail, nowMs),
    ]);
  }

  async auditLines(limit: number) {
    return this.#db.select().from(audit).where(this.#own(audit)).orderBy(desc(audit.atMs)).limit(limit);
  }

  #own(table: { organizationId: AnySQLiteColumn }) {
    return eq(table.organizationId, this.organizationId);
  }

  #audit(actor: Actor, action: string, target: string, detail: Detail, atMs: number) {
    return auditLine(this.#db, this.organizationId, actor, { action, target, detail, atMs });
  }
}

/** The statement that writes who did what, for the batch in which it is done. */
export function auditLine(
  db: DrizzleD1Database,
  organizationId: string,
  { kind: actorKind, id: actorId, name: actorName }: Actor,
  done: { action: string; target: string; detail: Detail; atMs: number },
) {
  const id = crypto.randomUUID();
  return db.insert(audit).values({ id, organizationId, ...{ actorKind, actorId, actorName }, ...done });
}
