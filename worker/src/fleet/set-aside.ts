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

  /** Of all organizations. */
  count(): number {
    return this.#sql.exec<{ count: number }>("select count(*) as count from refused").one().count;
  }

  #write(statement: string, ...values: (string | number)[]): void {
    this.rowsWritten += this.#sql.exec(statement, ...values).rowsWritten;
  }
}

const FORGET_OLDEST = `delete from refused where organization_id = ?1
  and id <= (select id from refused where organization_id = ?1 order by id desc limit 1 offset ?2)`;
