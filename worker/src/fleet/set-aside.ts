import type { SetAsideView } from "../live.ts";

/** What cannot be recorded, and must not hold up the rest. */
export interface Refused {
  organizationId: string;
  hostId: string;
  /** In the words of whoever refused it. */
  why: string;
  /** As it came, for a person to look at. */
  doc: string;
}

/** As it is carried over to another Fleet. */
export interface AsideRow extends Refused {
  atMs: number;
}

/** Rows in one answer: of 16 KB each. */
const CARRIED = 100;

/** Rows kept of an organization; the oldest go first. */
const KEPT = 1_000;
/** Of one, characters. */
const DOC_LIMIT = 16_384;

/** What was set aside, on the Fleet's disk. */
export class SetAside {
  readonly #sql: SqlStorage;
  /** What was read of each organization. */
  readonly #views = new Map<string, SetAsideView | null>();
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      "create table if not exists refused (id integer primary key, at_ms integer not null, organization_id text not null, host_id text not null, why text not null, doc text not null)",
    );
  }

  put(refused: readonly Refused[], nowMs: number): void {
    for (const { organizationId, hostId, why, doc } of refused) {
      const row = [nowMs, organizationId, hostId, why.slice(0, 500), doc.slice(0, DOC_LIMIT)];
      this.#write("insert into refused (at_ms, organization_id, host_id, why, doc) values (?, ?, ?, ?, ?)", ...row);
    }
    for (const organizationId of new Set(refused.map((each) => each.organizationId))) {
      this.#write(FORGET_OLDEST, organizationId, KEPT);
    }
    this.#views.clear();
  }

  /** How many there are of an organization, and the newest; null while there is none. */
  view(organizationId: string): SetAsideView | null {
    const known = this.#views.get(organizationId);
    if (known !== undefined) return known;
    const rows = this.#sql.exec<{ at_ms: number; host_id: string; why: string }>(
      "select at_ms, host_id, why from refused where organization_id = ? order by id desc",
      organizationId,
    );
    const [newest, ...others] = rows.toArray();
    const view =
      newest === undefined
        ? null
        : { count: others.length + 1, atMs: newest.at_ms, hostId: newest.host_id, why: newest.why };
    this.#views.set(organizationId, view);
    return view;
  }

  /** The oldest after this one; `last` is null where there is none. */
  rows(organizationId: string, after: number): { rows: AsideRow[]; last: number | null } {
    const found = this.#sql.exec<{ id: number; atMs: number } & Record<keyof Refused, string>>(
      `select id, at_ms as atMs, organization_id as organizationId, host_id as hostId, why, doc from refused
       where organization_id = ? and id > ? order by id limit ?`,
      ...[organizationId, after, CARRIED],
    );
    const rows = found.toArray();
    return { rows: rows.map(({ id: _id, ...row }) => row), last: rows.at(-1)?.id ?? null };
  }

  keep(rows: readonly AsideRow[]): void {
    for (const { organizationId, hostId, why, doc, atMs } of rows) {
      this.#write(KEEP, atMs, organizationId, hostId, why, doc);
    }
    this.#views.clear();
  }

  drop(organizationId: string): void {
    this.#write("delete from refused where organization_id = ?", organizationId);
    this.#views.clear();
  }

  /** Of all organizations. */
  count(): number {
    return this.#sql.exec<{ count: number }>("select count(*) as count from refused").one().count;
  }

  #write(statement: string, ...values: (string | number)[]): void {
    this.rowsWritten += this.#sql.exec(statement, ...values).rowsWritten;
  }
}

const KEEP = `insert into refused (at_ms, organization_id, host_id, why, doc) select ?1, ?2, ?3, ?4, ?5
  where not exists (select 1 from refused where at_ms = ?1 and organization_id = ?2 and host_id = ?3 and doc = ?5)`;

const FORGET_OLDEST = `delete from refused where organization_id = ?1
  and id <= (select id from refused where organization_id = ?1 order by id desc limit 1 offset ?2)`;
