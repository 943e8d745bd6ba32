import { decideAlerts } from "./core/decide-alerts.ts";
import { type AlertState, applyDecision, dueAtMs, stateOf } from "./core/alert-state.ts";
import type { AlertDecision, AlertEvent, AlertRow, Setup } from "./core/alert-types.ts";

/** Where it is decided who is told: the rules' state, on the object's own disk and in memory. */
export class Desk {
  readonly #sql: SqlStorage;
  readonly #state: AlertState;
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`create table if not exists alert_row (
      kind text not null, id text not null, doc text not null, primary key (kind, id)) without rowid`);
    // What this class itself wrote is trusted.
    const rows = [...sql.exec<{ doc: string }>("select doc from alert_row")].map(({ doc }): AlertRow =>
      JSON.parse(doc),
    );
    this.#state = stateOf(rows);
  }

  /** When time alone may change something; null for never. */
  get dueMs(): number | null {
    return dueAtMs(this.#state);
  }

  /** Nothing is known of any incident. */
  get isEmpty(): boolean {
    return this.#state.incidents.size === 0;
  }

  knows(incidentId: string): boolean {
    return this.#state.incidents.has(incidentId);
  }

  /** Decides, and keeps what it came to. Whoever calls this keeps what is to be told, in the same turn. */
  decide(event: AlertEvent, setup: Setup, nowMs: number): AlertDecision {
    const decision = decideAlerts(this.#state, event, setup, nowMs);
    applyDecision(this.#state, decision);
    for (const row of decision.stored) this.#put(row);
    for (const { kind, id } of decision.removed)
      this.#write("delete from alert_row where kind = ? and id = ?", kind, id);
    return decision;
  }

  #put(row: AlertRow): void {
    this.#write(
      "insert into alert_row (kind, id, doc) values (?, ?, ?) on conflict do update set doc = excluded.doc",
      ...[row.kind, row.id, JSON.stringify(row)],
    );
  }

  #write(statement: string, ...values: string[]): void {
    this.rowsWritten += this.#sql.exec(statement, ...values).rowsWritten;
  }
}
