import { drizzle } from "drizzle-orm/d1";
import type { NamedMaintenance } from "../maintenance/core/maintenance.ts";
import { readMaintenance } from "../maintenance/read-maintenance.ts";
import { type HostStanding, HostStandings, IN_NONE } from "./host-standings.ts";

/** So long after its end it still says of late events that they fell into it, milliseconds. */
const BEHIND_MS = 86_400_000;
/** A Fleet knows of it so long before it begins; it asks again each day. Milliseconds. */
const AHEAD_MS = 8 * 86_400_000;

/** An organization's maintenance as far as a Fleet has a use for it, from D1. */
export async function loadMaintenance(
  d1: D1Database,
  organizationId: string,
  nowMs: number,
): Promise<NamedMaintenance[]> {
  const window = { fromMs: nowMs - BEHIND_MS, toMs: nowMs + AHEAD_MS, limit: 500 };
  const rows = await readMaintenance(drizzle(d1), organizationId, window);
  return rows.map(({ id, title, startsMs, endsMs, cancelledMs, scope }) => {
    return { id, title, startsMs, endsMs, cancelledMs, scope };
  });
}

/**
 * What a Fleet knows of maintenance, on its own disk: an alarm must not wait for D1. A row for each organization, written when
 * something changed.
 */
export class Announced {
  readonly #sql: SqlStorage;
  readonly #of = new Map<string, { all: NamedMaintenance[]; hosts: HostStandings }>();
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec("create table if not exists maintenance (id text primary key, doc text not null) without rowid");
    for (const { id, doc } of sql.exec<{ id: string; doc: string }>("select id, doc from maintenance")) {
      // What this class itself wrote is trusted.
      const all: NamedMaintenance[] = JSON.parse(doc);
      this.#of.set(id, { all, hosts: new HostStandings(all) });
    }
  }

  of(organizationId: string): readonly NamedMaintenance[] {
    return this.#of.get(organizationId)?.all ?? [];
  }

  /** How one of its hosts stands to it. */
  ofHost(organizationId: string, hostId: string, nowMs: number): HostStanding {
    return this.#of.get(organizationId)?.hosts.of(hostId, nowMs) ?? IN_NONE;
  }

  /** Answers whether that is anything new. */
  put(organizationId: string, all: NamedMaintenance[]): boolean {
    const doc = JSON.stringify(all);
    if (doc === JSON.stringify(this.of(organizationId))) return false;
    this.#of.set(organizationId, { all, hosts: new HostStandings(all) });
    const statement = "insert into maintenance (id, doc) values (?, ?) on conflict do update set doc = excluded.doc";
    this.rowsWritten += this.#sql.exec(statement, organizationId, doc).rowsWritten;
    return true;
  }

  /** The organization is with another Fleet from now on. */
  forget(organizationId: string): void {
    if (this.#of.delete(organizationId)) this.#sql.exec("delete from maintenance where id = ?", organizationId);
  }
}
