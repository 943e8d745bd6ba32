import type { Change } from "./core/change.ts";
import {
  type Entry,
  type FleetHost,
  type FleetService,
  type FlyingCommand,
  isRepeated,
  type OpenIncident,
  type Recorded,
} from "./core/fleet-types.ts";
import type { JournalFill } from "./core/caps.ts";
import { FleetJournal } from "./journal.ts";
import { Announced } from "./announced.ts";
import { type Shard, WHOLE } from "./core/placement.ts";
import { KnownServices, type Touched } from "./known-services.ts";
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
  /** Where it matters how far one is recorded: `host`. */
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
    this.#services = new KnownServices(sql, this.hosts, this.journal, (id, recorded) => this.#learn(id, recorded));
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

  /** A host, with how far it is recorded: rows of its services may say more than its own. */
  host(hostId: string): FleetHost | undefined {
    if (this.hosts.has(hostId)) this.services(hostId);
    return this.hosts.get(hostId);
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
    // As they are by these entries, and not by later ones: what is in memory alone is told again, and must find what was before it.
    const touched = entries.flatMap(({ hostId, records }) =>
      records.flatMap((record): Touched[] => {
        if (record.kind === "service") return [{ hostId, name: record.name, service: record }];
        return record.kind === "service-removed" ? [{ hostId, name: record.name, service: null }] : [];
      }),
    );
    // How far each is recorded has to be known before it is written anew.
    for (const { hostId } of entries) this.host(hostId);
    const onDisk = this.journal.settle(entries);
    const marked = this.#mark(entries);
    const carried = this.#services.write(touched);
    this.#writeMarks(marked.filter(({ id }) => onDisk.has(id) || !carried.has(id)));
  }

  /** How far each host is recorded by these. */
  #mark(entries: readonly Entry[]): FleetHost[] {
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
    for (const host of marked.values()) this.hosts.set(host.id, host);
    return [...marked.values()];
  }

  /** A small row of its own where no service's row says it, since the host's document is large and changes seldom. */
  #writeMarks(hosts: readonly FleetHost[]): void {
    if (hosts.length === 0) return;
    const rows = hosts.map((host) => [host.id, host.journalId, host.recordedSeq, host.recordedPosition]);
    this.#write(PUT_MARKS, JSON.stringify(rows));
  }

  /** What is written of how far a host is recorded; of a journal that is not its own any more nothing. */
  #learn(hostId: string, { journalId, seq, position }: Recorded): void {
    const host = this.hosts.get(hostId);
    if (host === undefined) return;
    const recordedSeq = journalId === host.journalId ? Math.max(seq, host.recordedSeq) : host.recordedSeq;
    const recordedPosition = Math.max(position, host.recordedPosition);
    this.hosts.set(hostId, { ...host, recordedSeq, recordedPosition });
    this.journal.reach(recordedPosition);
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
    const marks = this.#sql.exec<Mark>("select host_id, journal_id, seq, position from mark");
    for (const { host_id, journal_id, seq, position } of marks) {
      this.#learn(host_id, { journalId: journal_id, seq, position });
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
