import type { Message, Why } from "./core/alert-types.ts";

/** What was decided at once: for D1, and then for the lanes. */
export interface Said {
  messages: Message[];
  why: Why[];
  /** Incidents that a message is about beyond those that it names. */
  also: { noticeId: string; incidentIds: string[] }[];
}

/** What was decided and D1 does not hold yet, on the object's own disk, oldest first. Nothing is sent that is not recorded. */
export class Outbox {
  readonly #sql: SqlStorage;
  readonly #waiting = new Map<number, Said>();
  #last = 0;

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
    this.#sql.exec(statement, this.#last, JSON.stringify(said));
  }

  /** The oldest by their ids, with about so many messages and reasons. */
  next(most: number): Map<number, Said> {
    const next = new Map<number, Said>();
    let count = 0;
    for (const [id, said] of this.#waiting) {
      if (count >= most) break;
      next.set(id, said);
      count += said.messages.length + said.why.length;
    }
    return next;
  }

  /** D1 has these. */
  settle(ids: Iterable<number>): void {
    const settled = [...ids];
    for (const id of settled) this.#waiting.delete(id);
    const statement = "delete from outbox where id in (select value from json_each(?))";
    this.#sql.exec(statement, JSON.stringify(settled));
  }
}
