/** A notice as D1 is to have it. */
export interface NoticeRow {
  id: string;
  incidentId: string;
  phase: string;
  createdMs: number;
}

/** What was decided at once: for D1, and then for the lanes. */
export interface Said {
  notices: NoticeRow[];
  sends: { noticeId: string; channelId: string; lane: string }[];
}

/** What was decided and D1 does not hold yet, on the object's own disk, oldest first. Nothing is sent that is not recorded. */
export class Outbox {
  readonly #sql: SqlStorage;
  readonly #waiting = new Map<number, Said>();
  #last = 0;
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec("create table if not exists outbox (id integer primary key, doc text not null)");
    for (const { id, doc } of sql.exec<{ id: number; doc: string }>("select id, doc from outbox order by id")) {
      // What this class itself wrote is trusted.
      const said: Said = JSON.parse(doc);
      this.#waiting.set(id, said);
      this.#last = id;
    }
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  put(said: Said): void {
    this.#last += 1;
    this.#waiting.set(this.#last, said);
    const statement = "insert into outbox (id, doc) values (?, ?)";
    this.rowsWritten += this.#sql.exec(statement, this.#last, JSON.stringify(said)).rowsWritten;
  }

  /** The oldest, with about so many notices. */
  next(notices: number): { ids: number[]; said: Said[] } {
    const ids: number[] = [];
    const said: Said[] = [];
    let count = 0;
    for (const [id, each] of this.#waiting) {
      if (count >= notices) break;
      ids.push(id);
      said.push(each);
      count += each.notices.length;
    }
    return { ids, said };
  }

  /** D1 has these. */
  settle(ids: readonly number[]): void {
    for (const id of ids) this.#waiting.delete(id);
    const statement = "delete from outbox where id in (select value from json_each(?))";
    this.rowsWritten += this.#sql.exec(statement, JSON.stringify(ids)).rowsWritten;
  }
}
