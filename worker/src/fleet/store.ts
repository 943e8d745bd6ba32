import type { Change } from "./core/change.ts";
import {
  type Entry,
  type FleetHost,
  type FleetService,
  type FlyingCommand,
  isRepeated,
  type OpenIncident,
} from "./core/fleet-types.ts";
import type { JournalFill } from "./core/caps.ts";
import { FleetJournal } from "./journal.ts";
import { Announced } from "./announced.ts";
import { type Shard, WHOLE } from "./core/placement.ts";
import { KnownServices } from "./known-services.ts";
import { SetAside } from "./set-aside.ts";
import { FORGET_HOSTS, type Mark, ORGANIZATIONS, PUT_MARKS, PUT_SHARD, TABLES } from "./store-tables.ts";

/** All that D1 holds of a host for which a Fleet has a use. */
export interface LoadedHost {
  host: FleetHost;
  services: FleetService[];
  incidents: OpenIncident[];
  /** Ids of those of which nobody was told. */
  untold: ReadonlySet<string>;
  commands: FlyingCommand[];
}

/**
 * The Fleet's own disk, with a cache of it in memory. Every write is one row, since rows are what is paid for: documents
 * in tables without row ids. The cache is only ever filled from the disk, so that an eviction changes nothing: services
 * are written when D1 has them, and until then what the journal says of them is laid over what is written.
 */
export class FleetStore {
  readonly hosts = new Map<string, FleetHost>();
  /** Keyed by `subjectId/kind`. */
  readonly incidents = new Map<string, OpenIncident>();
  readonly commands = new Map<string, FlyingCommand>();
  readonly journal: FleetJournal;
  /** What D1 refuses for good. */
  readonly aside: SetAside;
  /** Maintenance that people announced. */
  readonly announced: Announced;
  readonly #services: KnownServices;
  /** Those that were begun, and which part of each is here. */
  readonly #organizations = new Map<string, Shard>();
  readonly #sql: SqlStorage;
  #rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const statement of TABLES) sql.exec(statement);
    this.journal = new FleetJournal(sql);
    this.#services = new KnownServices(sql, this.hosts, this.journal);
    this.aside = new SetAside(sql);
    this.announced = new Announced(sql);
    this.#load();
  }

  /** Rows written by this Fleet since it woke, for the bill. */
  get rowsWritten(): number {
    const parts = [this.journal, this.#services, this.aside, this.announced];
    return parts.reduce((sum, { rowsWritten }) => sum + rowsWritten, this.#rowsWritten);
  }

  /** Was this organization's state ever read from D1 into this disk? */
  isBegun(organizationId: string): boolean {
    return this.#organizations.has(organizationId);
  }

  /** Which of its hosts are with this Fleet; of one that was not begun none is. */
  shardOf(organizationId: string): Shard {
    return this.#organizations.get(organizationId) ?? WHOLE;
  }

  /** The organization is known from now on, or one part of it. */
  begin(organizationId: string, shard: Shard): void {
    this.#organizations.set(organizationId, shard);
    this.#services.recount(organizationId);
    this.#write("insert into organization (id) values (?) on conflict do nothing", organizationId);
    if (shard.of > 1) this.#write(PUT_SHARD, organizationId, shard.at, shard.of);
  }

  /** Takes over what D1 holds of a host that this Fleet did not know. */
  adopt({ host, services, incidents, commands }: LoadedHost): void {
    this.journal.reach(host.recordedPosition);
    this.putHost(host);
    this.#services.adopt(host, services);
    for (const incident of incidents) this.putIncident(incident);
    for (const command of commands) this.putCommand(command);
  }

  /** Forgets an organization of which D1 has everything. Answers its hosts. What was set aside stays, for a person. */
  forget(organizationId: string): string[] {
    const ids = this.#hostIds(organizationId);
    for (const incident of [...this.incidents.values()]) {
      if (ids.has(incident.view.hostId)) this.removeIncident(incident);
    }
    for (const command of [...this.commands.values()]) {
      if (ids.has(command.hostId)) this.removeCommand(command.id);
    }
    for (const id of ids) this.hosts.delete(id);
    this.#services.forget(ids);
    this.journal.forget(ids);
    const gone = JSON.stringify([...ids]);
    for (const statement of FORGET_HOSTS) this.#write(statement, gone);
    if (this.shardOf(organizationId).of > 1) this.#write("delete from shard where organization_id = ?", organizationId);
    this.#organizations.delete(organizationId);
    this.#write("delete from organization where id = ?", organizationId);
    return [...ids];
  }

  /** What comes late of an organization that has left is dropped: another Fleet has it. */
  putHost(host: FleetHost): void {
    if (!this.isBegun(host.organizationId)) return;
    this.hosts.set(host.id, host);
    this.#write("insert into host (id, doc) values (?, ?) on conflict do update set doc = excluded.doc", host.id, host);
  }

  /** A host's services, by name; changed by `changeServices` alone. */
  services(hostId: string): ReadonlyMap<string, FleetService> {
    return this.#services.of(hostId);
  }

  /** Services of a host as they are from now on; written when D1 has them. */
  changeServices(host: FleetHost, changed: Pick<Change, "services" | "removed">): void {
    this.#services.change(host, changed);
  }

  /** How many services are known of all hosts of an organization. */
  serviceCount(organizationId: string): number {
    return this.#services.count(organizationId);
  }

  /** How much of what waits for D1 is an organization's. */
  fill(organizationId: string): JournalFill {
    const { bytes } = this.journal;
    const organizations = this.#organizations.size;
    if (organizations <= 1) return { bytes, ownBytes: bytes, organizations };
    return { bytes, ownBytes: this.journal.bytesOf(this.#hostIds(organizationId)), organizations };
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

  /** D1 has these entries, or they are set aside: the hosts' marks and services say so on disk, in one turn. */
  settle(entries: readonly Entry[]): void {
    const touched = entries.flatMap(({ hostId, records }) =>
      records.flatMap((record): [string, string][] =>
        record.kind === "service" || record.kind === "service-removed" ? [[hostId, record.name]] : [],
      ),
    );
    // Loaded before the entries go: what is not loaded yet is read from disk with them laid over.
    for (const [hostId] of touched) this.services(hostId);
    this.journal.settle(entries);
    this.#services.write(touched);
    this.#mark(entries);
  }

  /** How far each host is recorded: a small row of its own, since the host's document is large and changes seldom. */
  #mark(entries: readonly Entry[]): void {
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
    if (marked.size === 0) return;
    for (const host of marked.values()) this.hosts.set(host.id, host);
    const rows = [...marked.values()].map((host) => [host.id, host.journalId, host.recordedSeq, host.recordedPosition]);
    this.#write(PUT_MARKS, JSON.stringify(rows));
  }

  #hostIds(organizationId: string): Set<string> {
    const hosts = [...this.hosts.values()].filter((host) => host.organizationId === organizationId);
    return new Set(hosts.map(({ id }) => id));
  }

  #load(): void {
    for (const { doc } of this.#sql.exec<{ doc: string }>("select doc from host")) {
      const host = parsed<FleetHost>(doc);
      this.hosts.set(host.id, host);
    }
    for (const mark of this.#sql.exec<Mark>("select host_id, journal_id, seq, position from mark")) {
      const host = this.hosts.get(mark.host_id);
      if (host === undefined) continue;
      const recordedSeq = mark.journal_id === host.journalId ? Math.max(mark.seq, host.recordedSeq) : host.recordedSeq;
      const recordedPosition = Math.max(mark.position, host.recordedPosition);
      this.hosts.set(host.id, { ...host, recordedSeq, recordedPosition });
    }
    for (const { doc } of this.#sql.exec<{ doc: string }>("select doc from incident")) {
      const incident = parsed<OpenIncident>(doc);
      this.incidents.set(incidentKey(incident.subjectId, incident.view.kind), incident);
    }
    for (const { doc } of this.#sql.exec<{ doc: string }>("select doc from command")) {
      const command = parsed<FlyingCommand>(doc);
      this.commands.set(command.id, command);
    }
    for (const { id, at, of } of this.#sql.exec<{ id: string } & Record<"at" | "of", number>>(ORGANIZATIONS)) {
      this.#organizations.set(id, { at, of });
    }
    this.journal.load(this.hosts);
  }

  #write(statement: string, ...values: (string | number | object)[]): void {
    const bound = values.map((value) => (typeof value === "object" ? JSON.stringify(value) : value));
    this.#rowsWritten += this.#sql.exec(statement, ...bound).rowsWritten;
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
