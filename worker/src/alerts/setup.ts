import { and, eq, isNull } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { channel } from "../db/schema.ts";

/** What people have set, as the object goes by it. */
export interface Setup {
  channels: { id: string; kind: string; name: string }[];
}

/** So long it goes by what it read last, unless it is told that something changed; milliseconds. */
const FRESH_MS = 60_000;

/** What people have set, from D1, where it is the record; the last of it is at hand while D1 is away. */
export class SetupReader {
  readonly #d1: D1Database;
  readonly #sql: SqlStorage;
  #known: Setup | null = null;
  #readMs = 0;

  constructor(d1: D1Database, sql: SqlStorage) {
    this.#d1 = d1;
    this.#sql = sql;
    sql.exec("create table if not exists setup (id integer primary key, doc text not null)");
    const [row] = sql.exec<{ doc: string }>("select doc from setup");
    // What this class itself wrote is trusted.
    if (row !== undefined) this.#known = JSON.parse(row.doc);
  }

  /** What was read last. */
  get known(): Setup {
    return this.#known ?? { channels: [] };
  }

  /** Somebody changed something: it is read anew before the next decision. */
  expire(): void {
    this.#readMs = 0;
  }

  /** Reads it where what is known may be old. Throws where D1 is away and nothing was ever read. */
  async freshen(organizationId: string, nowMs: number): Promise<void> {
    if (nowMs - this.#readMs < FRESH_MS && nowMs >= this.#readMs) return;
    try {
      const read = await readSetup(this.#d1, organizationId);
      this.#readMs = nowMs;
      this.#keep(read);
    } catch (error) {
      if (this.#known === null) throw error;
      console.warn(`alerts of ${organizationId} go by what was set before: D1 did not answer`, error);
    }
  }

  #keep(read: Setup): void {
    const doc = JSON.stringify(read);
    if (doc === JSON.stringify(this.#known)) return;
    this.#known = read;
    this.#sql.exec("insert into setup (id, doc) values (1, ?) on conflict do update set doc = excluded.doc", doc);
  }
}

async function readSetup(d1: D1Database, organizationId: string): Promise<Setup> {
  const channels = await drizzle(d1)
    .select({ id: channel.id, kind: channel.kind, name: channel.name })
    .from(channel)
    .where(and(eq(channel.organizationId, organizationId), isNull(channel.disabledMs)))
    .orderBy(channel.createdMs);
  return { channels };
}
