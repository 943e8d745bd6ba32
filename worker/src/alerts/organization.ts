/** Whose Alerts this is, since an object does not know its own name; and whether it knows what was told before it was there. */
export class Organization {
  readonly #sql: SqlStorage;
  #id: string | null = null;
  #hasBegun = false;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec("create table if not exists organization (id text primary key, begun integer not null) without rowid");
    const [row] = sql.exec<{ id: string; begun: number }>("select id, begun from organization");
    if (row === undefined) return;
    this.#id = row.id;
    this.#hasBegun = row.begun === 1;
  }

  /** Empty while nobody has said. */
  get id(): string {
    return this.#id ?? "";
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  is(id: string): void {
    if (this.#id !== null) return;
    this.#id = id;
    this.#sql.exec("insert into organization (id, begun) values (?, 0)", id);
  }

  begin(): void {
    this.#hasBegun = true;
    this.#sql.exec("update organization set begun = 1");
  }
}
