import type { Change } from "./core/change.ts";
import { type FleetHost, type FleetService, serviceIdOf } from "./core/fleet-types.ts";
import type { FleetJournal } from "./journal.ts";
import { PUT_SERVICES } from "./store-tables.ts";

/** The services of all hosts, on the Fleet's disk and in memory: written when D1 has them, and until then as the journal says. */
export class KnownServices {
  readonly #sql: SqlStorage;
  readonly #hosts: ReadonlyMap<string, FleetHost>;
  readonly #journal: FleetJournal;
  readonly #known = new Map<string, Map<string, FleetService>>();
  /** How many each organization has, from when somebody asked. */
  readonly #counts = new Map<string, number>();
  rowsWritten = 0;

  constructor(sql: SqlStorage, hosts: ReadonlyMap<string, FleetHost>, journal: FleetJournal) {
    this.#sql = sql;
    this.#hosts = hosts;
    this.#journal = journal;
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
      const service: FleetService = JSON.parse(row.doc);
      services.set(row.name, service);
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
    this.write(services.map(({ snapshot }) => [host.id, snapshot.name]));
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

  /** These are on disk from now on as they are known. */
  write(touched: readonly (readonly [hostId: string, name: string])[]): void {
    const rows = new Map<string, readonly [string, string, string]>();
    const gone = new Map<string, readonly [string, string]>();
    for (const [hostId, name] of touched) {
      const service = this.of(hostId).get(name);
      const id = serviceIdOf(hostId, name);
      if (service === undefined) gone.set(id, [hostId, name]);
      else rows.set(id, [hostId, name, docOf(service)]);
    }
    if (rows.size > 0) this.#write(PUT_SERVICES, JSON.stringify([...rows.values()]));
    for (const [hostId, name] of gone.values()) {
      this.#write("delete from service where host_id = ? and name = ?", hostId, name);
    }
  }

  #count(organizationId: string, more: number): void {
    const count = this.#counts.get(organizationId);
    if (count !== undefined) this.#counts.set(organizationId, count + more);
  }

  #write(statement: string, ...values: string[]): void {
    this.rowsWritten += this.#sql.exec(statement, ...values).rowsWritten;
  }
}

function docOf({ snapshot, publicStatus }: FleetService): string {
  return JSON.stringify({ snapshot, publicStatus });
}
