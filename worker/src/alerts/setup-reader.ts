import { type KnownSetup, readSetup } from "../rules/read-setup.ts";

/** So long it goes by what it read last, unless it is told that something changed; milliseconds. */
const FRESH_MS = 60_000;
const NOTHING: KnownSetup = { rules: [], channels: [], silences: [], maintenance: [] };

/** What people have set, from D1; the last of it is at hand while D1 is away. */
export class SetupReader {
  readonly #d1: D1Database;
  readonly #sql: SqlStorage;
  #known: KnownSetup | null = null;
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
  get known(): KnownSetup {
    return this.#known ?? NOTHING;
  }

  /** It was read once at least. */
  get isKnown(): boolean {
    return this.#known !== null;
  }

  /** Somebody changed something: it is read anew before the next decision. */
  expire(): void {
    this.#readMs = 0;
  }

  /** Reads it where what is known may be old, and answers whether it is another. Throws where D1 is away and nothing was ever read. */
  async freshen(organizationId: string, nowMs: number): Promise<boolean> {
    if (nowMs - this.#readMs < FRESH_MS && nowMs >= this.#readMs) return false;
    try {
      const read = await readSetup(this.#d1, organizationId, nowMs);
      this.#readMs = nowMs;
      return this.#keep(read);
    } catch (error) {
      if (this.#known === null) throw error;
      console.warn(`alerts of ${organizationId} go by what was set before: D1 did not answer`, error);
      return false;
    }
  }

  #keep(read: KnownSetup): boolean {
    const doc = JSON.stringify(read);
    if (doc === JSON.stringify(this.#known)) return false;
    this.#known = read;
    this.#sql.exec("insert into setup (id, doc) values (1, ?) on conflict do update set doc = excluded.doc", doc);
    return true;
  }
}
