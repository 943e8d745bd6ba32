import type { Change } from "./core/change.ts";
import { type FleetHost, type FleetService, type Recorded, serviceIdOf } from "./core/fleet-types.ts";
import type { FleetJournal } from "./journal.ts";
import { PUT_SERVICES } from "./store-tables.ts";

/** A service as it is on disk: beside it how far its host is recorded by then, so that a change is one row. */
interface StoredService extends FleetService {
  recorded?: Recorded;
}

/** A service that changed; null: it is gone. */
export interface Touched {
  hostId: string;
  name: string;
  service: FleetService | null;
}

/** The services of all hosts, on the Fleet's disk and in memory: written when D1 has them, and until then as the journal says. */
export class KnownServices {
  readonly #sql: SqlStorage;
  readonly #hosts: ReadonlyMap<string, FleetHost>;
  readonly #journal: FleetJournal;
  readonly #known = new Map<string, Map<string, FleetService>>();
  /** How many each organization has, from when somebody asked. */
  readonly #counts = new Map<string, number>();
  readonly #learn: (hostId: string, recorded: Recorded) => void;
  rowsWritten = 0;

  /** `learn`: is told how far a host is recorded, when its services are read. */
  constructor(
    sql: SqlStorage,
    hosts: ReadonlyMap<string, FleetHost>,
    journal: FleetJournal,
    learn: (hostId: string, recorded: Recorded) => void,
  ) {
    this.#sql = sql;
    this.#hosts = hosts;
    this.#journal = journal;
    this.#learn = learn;
  }

  /** A host's services, by name. */
  of(hostId: string): ReadonlyMap<string, FleetService> {
    const known = this.#known.get(hostId);
    if (known !== undefined) return known;
    const services = new Map<string, FleetService>();
    for (const row of this.#sql.exec<{ name: string; doc: string }>(
      "select name, doc from service where host_id = ? order by name",
      hostId,
    )) {
      // What this class itself wrote is trusted.
      const { recorded, ...service }: StoredService = JSON.parse(row.doc);
      services.set(row.name, service);
      if (recorded !== undefined) this.#learn(hostId, recorded);
    }
    for (const { records } of this.#journal.pending.filter((entry) => entry.hostId === hostId)) {
      for (const record of records) {
        if (record.kind === "service") services.set(record.name, record);
        else if (record.kind === "service-removed") services.delete(record.name);
      }
    }
    this.#known.set(hostId, services);
    return services;
  }

  /** Those of a host that was not known. */
  adopt(host: FleetHost, services: readonly FleetService[]): void {
    this.#known.set(host.id, new Map(services.map((service) => [service.snapshot.name, service])));
    this.#count(host.organizationId, services.length);
    this.write(services.map((service) => ({ hostId: host.id, name: service.snapshot.name, service })));
  }

  /** A host's services as they are from now on; written when D1 has them. */
  change(host: FleetHost, { services, removed }: Pick<Change, "services" | "removed">): void {
    const before = this.of(host.id);
    const after = new Map([...before, ...services]);
    for (const name of removed.keys()) after.delete(name);
    this.#known.set(host.id, after);
    this.#count(host.organizationId, after.size - before.size);
  }

  /** How many are known of all hosts of an organization. */
  count(organizationId: string): number {
    let count = this.#counts.get(organizationId);
    if (count !== undefined) return count;
    count = 0;
    for (const host of this.#hosts.values()) {
      if (host.organizationId === organizationId) count += this.of(host.id).size;
    }
    this.#counts.set(organizationId, count);
    return count;
  }

  /** Counts them anew when somebody asks. */
  recount(organizationId: string): void {
    this.#counts.delete(organizationId);
  }

  /** Their hosts are gone from the disk. */
  forget(hostIds: Iterable<string>): void {
    for (const id of hostIds) this.#known.delete(id);
  }

  /** These are on disk from now on, the last of each. Answers the hosts of which a row says how far they are recorded. */
  write(touched: readonly Touched[]): Set<string> {
    const last = new Map(touched.map((each) => [serviceIdOf(each.hostId, each.name), each]));
    const rows = [...last.values()].flatMap(({ hostId, name, service }) =>
      service === null ? [] : [[hostId, name, docOf(service, this.#hosts.get(hostId))]],
    );
    if (rows.length > 0) this.#write(PUT_SERVICES, JSON.stringify(rows));
    for (const { hostId, name, service } of last.values()) {
      if (service === null) this.#write("delete from service where host_id = ? and name = ?", hostId, name);
    }
    return new Set(rows.flatMap(([hostId]) => hostId ?? []));
  }

  #count(organizationId: string, more: number): void {
    const count = this.#counts.get(organizationId);
    if (count !== undefined) this.#counts.set(organizationId, count + more);
  }

  #write(statement: string, ...values: string[]): void {
    this.rowsWritten += this.#sql.exec(statement, ...values).rowsWritten;
  }
}

function docOf({ snapshot, publicStatus }: FleetService, host: FleetHost | undefined): string {
  const doc: StoredService = { snapshot, publicStatus };
  if (host !== undefined) {
    doc.recorded = { journalId: host.journalId, seq: host.recordedSeq, position: host.recordedPosition };
  }
  return JSON.stringify(doc);
}
