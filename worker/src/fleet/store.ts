import {
  type Entry,
  type FleetHost,
  type FleetService,
  type FlyingCommand,
  isRepeated,
  type OpenIncident,
} from "./core/fleet-types.ts";

/** An entry that D1 refuses for good. */
interface SetAside {
  position: number;
  hostId: string;
  error: string;
}

/**
 * The Fleet's own disk, with a cache of it in memory. Every write is one row, since rows are what is paid for: documents
 * in tables without row ids. The cache is only ever filled from the disk, so that an eviction changes nothing.
 */
export class FleetStore {
  readonly hosts = new Map<string, FleetHost>();
  /** Keyed by `subjectId/kind`. */
  readonly incidents = new Map<string, OpenIncident>();
  readonly commands = new Map<string, FlyingCommand>();
  /** What D1 does not hold yet, oldest first. */
  readonly pending: Entry[] = [];
  readonly #services = new Map<string, Map<string, FleetService>>();
  readonly #slots = new Map<number, number>();
  readonly #sql: SqlStorage;
  #position = 0;
  /** Rows written by this Fleet since it woke, for the bill. */
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const statement of TABLES) sql.exec(statement);
    this.#load();
  }

  putHost(host: FleetHost): void {
    this.hosts.set(host.id, host);
    this.#write("insert into host (id, doc) values (?, ?) on conflict do update set doc = excluded.doc", host.id, host);
  }

  services(hostId: string): Map<string, FleetService> {
    const known = this.#services.get(hostId);
    if (known !== undefined) return known;
    const services = new Map<string, FleetService>();
    for (const row of this.#sql.exec<{ name: string; doc: string }>(
      "select name, doc from service where host_id = ? order by name",
      hostId,
    )) {
      services.set(row.name, parsed<FleetService>(row.doc));
    }
    this.#services.set(hostId, services);
    return services;
  }

  putService(hostId: string, service: FleetService): void {
    this.services(hostId).set(service.snapshot.name, service);
    this.#write(
      "insert into service (host_id, name, doc) values (?, ?, ?) on conflict do update set doc = excluded.doc",
      hostId,
      service.snapshot.name,
      service,
    );
  }

  removeService(hostId: string, name: string): void {
    if (!this.services(hostId).delete(name)) return;
    this.#write("delete from service where host_id = ? and name = ?", hostId, name);
  }

  putIncident(incident: OpenIncident): void {
    this.incidents.set(incidentKey(incident.subjectId, incident.view.kind), incident);
    this.#write(
      "insert into incident (id, doc) values (?, ?) on conflict do update set doc = excluded.doc",
      incident.view.id,
      incident,
    );
  }

  removeIncident(incident: OpenIncident): void {
    this.incidents.delete(incidentKey(incident.subjectId, incident.view.kind));
    this.#write("delete from incident where id = ?", incident.view.id);
  }

  putCommand(command: FlyingCommand): void {
    this.commands.set(command.id, command);
    this.#write(
      "insert into command (id, doc) values (?, ?) on conflict do update set doc = excluded.doc",
      command.id,
      command,
    );
  }

  removeCommand(id: string): void {
    if (this.commands.delete(id)) this.#write("delete from command where id = ?", id);
  }

  /** The position of the next entry: never one that was given before, even if this disk was lost. */
  nextPosition(nowMs: number): number {
    this.#position = Math.max(this.#position + 1, nowMs);
    return this.#position;
  }

  /**
   * Holds an entry until D1 has it. Slots of recorded entries are written over, so that holding is one row and there is
   * nothing to delete. An entry that carries only a mark, or a sample, is kept in memory: lost, the host sends it again.
   */
  hold(entry: Entry): void {
    this.pending.push(entry);
    if (isRepeated(entry) || (entry.records.length === 0 && Object.keys(entry.patch).length === 0)) return;
    const slot = this.#freeSlot();
    this.#slots.set(entry.position, slot);
    this.#write(
      "insert into journal (slot, doc) values (?, ?) on conflict do update set doc = excluded.doc",
      slot,
      entry,
    );
  }

  /** D1 has these entries. The hosts' marks say so on disk; slots past the first are given back. */
  settle(entries: readonly Entry[]): void {
    const settled = new Set(entries.map((entry) => entry.position));
    const left = this.pending.filter((entry) => !settled.has(entry.position));
    this.pending.splice(0, this.pending.length, ...left);
    for (const host of this.#marked(entries)) this.putHost(host);
    for (const entry of entries) {
      const slot = this.#slots.get(entry.position);
      this.#slots.delete(entry.position);
      if (slot !== undefined && slot > 0) this.#write("delete from journal where slot = ?", slot);
    }
  }

  /** This entry cannot be written to D1, and must not hold up the others: kept for a person to look at. */
  setAside(entry: Entry, error: string): void {
    this.#write(
      "insert into set_aside (position, host_id, error, doc) values (?, ?, ?, ?)",
      entry.position,
      entry.hostId,
      error,
      entry,
    );
    this.settle([entry]);
  }

  /** What was set aside, newest first. */
  asides(): SetAside[] {
    return this.#sql
      .exec<{ position: number; host_id: string; error: string }>(
        "select position, host_id, error from set_aside order by position desc limit 100",
      )
      .toArray()
      .map((row) => ({ position: row.position, hostId: row.host_id, error: row.error }));
  }

  #marked(entries: readonly Entry[]): FleetHost[] {
    const marked = new Map<string, FleetHost>();
    for (const entry of entries) {
      const host = marked.get(entry.hostId) ?? this.hosts.get(entry.hostId);
      if (host === undefined || isRepeated(entry)) continue;
      const continues = entry.mark !== null && entry.mark.journalId === host.journalId;
      marked.set(host.id, {
        ...host,
        recordedPosition: Math.max(host.recordedPosition, entry.position),
        recordedSeq: continues && entry.mark !== null ? Math.max(host.recordedSeq, entry.mark.seq) : host.recordedSeq,
      });
    }
    return [...marked.values()];
  }

  #freeSlot(): number {
    const used = new Set(this.#slots.values());
    let slot = 0;
    while (used.has(slot)) slot += 1;
    return slot;
  }

  #load(): void {
    for (const row of this.#sql.exec<{ doc: string }>("select doc from host")) {
      const host = parsed<FleetHost>(row.doc);
      this.hosts.set(host.id, host);
      this.#position = Math.max(this.#position, host.recordedPosition);
    }
    for (const row of this.#sql.exec<{ doc: string }>("select doc from incident")) {
      const incident = parsed<OpenIncident>(row.doc);
      this.incidents.set(incidentKey(incident.subjectId, incident.view.kind), incident);
    }
    for (const row of this.#sql.exec<{ doc: string }>("select doc from command")) {
      const command = parsed<FlyingCommand>(row.doc);
      this.commands.set(command.id, command);
    }
    for (const row of this.#sql.exec<{ slot: number; doc: string }>("select slot, doc from journal")) {
      const entry = parsed<Entry>(row.doc);
      this.#position = Math.max(this.#position, entry.position);
      if (entry.position <= (this.hosts.get(entry.hostId)?.recordedPosition ?? 0)) continue;
      this.pending.push(entry);
      this.#slots.set(entry.position, row.slot);
    }
    this.pending.sort((a, b) => a.position - b.position);
  }

  #write(statement: string, ...values: (string | number | object)[]): void {
    const bound = values.map((value) => (typeof value === "object" ? JSON.stringify(value) : value));
    this.rowsWritten += this.#sql.exec(statement, ...bound).rowsWritten;
  }
}

/** One open incident of a kind per subject. */
export function incidentKey(subjectId: string, kind: string): string {
  return `${subjectId}/${kind}`;
}

/** What this class itself wrote is trusted. */
function parsed<T>(doc: string): T {
  const value: T = JSON.parse(doc);
  return value;
}

const TABLES = [
  "create table if not exists host (id text primary key, doc text not null) without rowid",
  "create table if not exists service (host_id text, name text, doc text not null, primary key (host_id, name)) without rowid",
  "create table if not exists incident (id text primary key, doc text not null) without rowid",
  "create table if not exists command (id text primary key, doc text not null) without rowid",
  "create table if not exists journal (slot integer primary key, doc text not null) without rowid",
  "create table if not exists set_aside (position integer primary key, host_id text not null, error text not null, doc text not null) without rowid",
];
