import { decideAlerts } from "./core/decide-alerts.ts";
import { type AlertState, applyDecision, dueAtMs, stateOf } from "./core/alert-state.ts";
import type { AlertDecision, AlertEvent, AlertRow, Message, Setup } from "./core/alert-types.ts";
import type { Said } from "./outbox.ts";

/** Where it is decided who is told: the rules' state, on the object's own disk and in memory. */
export class Desk {
  readonly #sql: SqlStorage;
  readonly #state: AlertState;

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

  /** Decides, and keeps what it came to. Whoever calls this keeps what is to be told, in the same turn. */
  decide(event: AlertEvent, setup: Setup, nowMs: number): Said {
    const decision = decideAlerts(this.#state, event, setup, nowMs);
    applyDecision(this.#state, decision);
    for (const row of decision.stored) this.#put(row);
    for (const { kind, id } of decision.removed)
      this.#write("delete from alert_row where kind = ? and id = ?", kind, id);
    const { messages, why } = decision;
    return { messages, why, also: messages.flatMap((message) => beyondOf(message, decision)) };
  }

  #put(row: AlertRow): void {
    this.#write(
      "insert into alert_row (kind, id, doc) values (?, ?, ?) on conflict do update set doc = excluded.doc",
      ...[row.kind, row.id, JSON.stringify(row)],
    );
  }

  #write(statement: string, ...values: string[]): void {
    this.#sql.exec(statement, ...values);
  }
}

/** Of very many incidents a message names the first only; the others are about it as well. */
function beyondOf({ id, alertId, more, incidents }: Message, { stored }: AlertDecision): Said["also"] {
  if (more === 0) return [];
  const alerts = new Set(stored.flatMap((row) => (row.kind === "alert" && row.threadId === alertId ? row.id : [])));
  const named = new Set(incidents.map((incident) => incident.id));
  const incidentIds = stored.flatMap((row) => {
    const isOf = row.kind === "incident" && row.standing === "told" && alerts.has(row.alertId ?? "");
    return isOf && !named.has(row.id) ? row.id : [];
  });
  return [{ noticeId: id, incidentIds }];
}
