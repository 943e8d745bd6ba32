import { type Entry, type FleetHost, isRepeated } from "./core/fleet-types.ts";

/** Slots that are written over instead of being deleted, since each deletion is a row that is paid for. */
const KEPT_SLOTS = 16;

/** The Fleet's own journal: what D1 does not hold yet, on disk and in memory, oldest first. */
export class FleetJournal {
  readonly pending: Entry[] = [];
  /** What of it is on disk, characters of JSON. */
  bytes = 0;
  readonly #sql: SqlStorage;
  readonly #slots = new Map<number, { slot: number; bytes: number }>();
  /** What of it is each host's. */
  readonly #bytesOf = new Map<string, number>();
  /** Slots that may be written over; the last is taken first. */
  readonly #free: number[] = [];
  #slotsEver = 0;
  /** The newest mark of each host that was ever heard. */
  readonly #heard = new Map<string, { journalId: string; seq: number }>();
  /** The same without what is only in memory. */
  readonly #held = new Map<string, { journalId: string; seq: number }>();
  /** Of each host, what is in memory alone until D1 has it, or does not take it at once. */
  readonly #loose = new Map<string, Entry[]>();
  #position = 0;
  rowsWritten = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec("create table if not exists journal (slot integer primary key, doc text not null) without rowid");
  }

  /** Reads it back from disk. What a host's `recordedPosition` reaches over is in D1 already. */
  load(hosts: ReadonlyMap<string, FleetHost>): void {
    for (const { recordedPosition } of hosts.values()) this.#position = Math.max(this.#position, recordedPosition);
    for (const { slot, doc } of this.#sql.exec<{ slot: number; doc: string }>("select slot, doc from journal")) {
      // What this class itself wrote is trusted.
      const entry: Entry = JSON.parse(doc);
      this.#slotsEver = Math.max(this.#slotsEver, slot + 1);
      this.#position = Math.max(this.#position, entry.position);
      if (entry.position <= (hosts.get(entry.hostId)?.recordedPosition ?? 0)) {
        this.#free.push(slot);
        continue;
      }
      this.#take(entry, { slot, bytes: doc.length });
    }
    this.pending.sort((a, b) => a.position - b.position);
  }

  /** The position of the next entry: never one that was given before, even if this disk was lost. */
  nextPosition(nowMs: number): number {
    this.#position = Math.max(this.#position + 1, nowMs);
    return this.#position;
  }

  /**
   * Holds an entry until D1 has it. An entry that carries only a mark, or a sample, is kept in memory: lost, the host sends it again. So is
   * one of which `isLoose` says that it may be, since D1 takes it at once; it does not count as held before it is on disk, or recorded.
   */
  hold(entry: Entry, isLoose = false): void {
    const onlyInMemory = entry.records.length === 0 && Object.keys(entry.patch).length === 0;
    if (onlyInMemory || isRepeated(entry)) return this.#take(entry, null);
    if (!isLoose) {
      // What is on disk must have no hole before it: by its mark all before it would count as held.
      this.#keepOf(entry.hostId);
      return this.#take(entry, this.#write(entry));
    }
    const loose = this.#loose.get(entry.hostId);
    if (loose === undefined) this.#loose.set(entry.hostId, [entry]);
    else loose.push(entry);
    this.#take(entry, null);
  }

  /** From now on all that waits for D1 is on disk. Answers the hosts of which something was not. */
  keep(): string[] {
    const hostIds = [...this.#loose.keys()];
    for (const hostId of hostIds) this.#keepOf(hostId);
    return hostIds;
  }

  /**
   * These are in D1. Whoever calls this writes how far each host is recorded, in the same turn: answers those of which something was on
   * disk, where it would count as pending when it is read again.
   */
  settle(entries: readonly Entry[]): Set<string> {
    const settled = new Set(entries);
    if (this.pending.length <= entries.length) this.pending.length = 0;
    else this.pending.splice(0, this.pending.length, ...this.pending.filter((entry) => !settled.has(entry)));
    const freed: number[] = [];
    const onDisk = new Set<string>();
    this.#tighten(settled);
    for (const { position, hostId } of entries) {
      const place = this.#slots.get(position);
      if (place === undefined) continue;
      this.#slots.delete(position);
      this.#weigh(hostId, -place.bytes);
      freed.push(place.slot);
      onDisk.add(hostId);
    }
    this.#free.push(...freed.sort((a, b) => b - a));
    const past = freed.filter((slot) => slot >= KEPT_SLOTS);
    if (past.length > 0) {
      const statement = "delete from journal where slot in (select value from json_each(?))";
      this.rowsWritten += this.#sql.exec(statement, JSON.stringify(past)).rowsWritten;
    }
    return onDisk;
  }

  /** Another Fleet gave positions up to this one. */
  reach(position: number): void {
    this.#position = Math.max(this.#position, position);
  }

  /** These hosts have left, with nothing pending. Their slots must not be read again: by whom they are recorded is not known any more. */
  forget(hostIds: ReadonlySet<string>): void {
    for (const hostId of hostIds) {
      for (const known of [this.#heard, this.#held, this.#loose]) known.delete(hostId);
    }
    const statement = "delete from journal where doc ->> 'hostId' in (select value from json_each(?))";
    this.rowsWritten += this.#sql.exec(statement, JSON.stringify([...hostIds])).rowsWritten;
  }

  /** What waits of these hosts, characters of JSON. */
  bytesOf(hostIds: Iterable<string>): number {
    let bytes = 0;
    for (const hostId of hostIds) bytes += this.#bytesOf.get(hostId) ?? 0;
    return bytes;
  }

  /** The newest event of this host's journal that was heard: what comes next continues it. */
  heardSeq(host: FleetHost): number {
    return newestOf(host, this.#heard.get(host.id));
  }

  /** The newest that is on disk or recorded: what may be told to the host. */
  heldSeq(host: FleetHost): number {
    return newestOf(host, this.#held.get(host.id));
  }

  #take(entry: Entry, place: { slot: number; bytes: number } | null): void {
    const { hostId, mark } = entry;
    this.pending.push(entry);
    if (place !== null) this.#place(entry, place);
    const before = this.#heard.get(hostId);
    if (mark === null || (before?.journalId === mark.journalId && before.seq >= mark.seq)) return;
    this.#heard.set(hostId, mark);
    if (!this.#loose.has(hostId)) this.#held.set(hostId, mark);
  }

  #place(entry: Entry, place: { slot: number; bytes: number }): void {
    this.#slots.set(entry.position, place);
    this.#weigh(entry.hostId, place.bytes);
  }

  /** Slots of recorded entries are written over, so that this is one row. */
  #write(entry: Entry): { slot: number; bytes: number } {
    const slot = this.#free.pop() ?? this.#slotsEver++;
    const doc = JSON.stringify(entry);
    this.rowsWritten += this.#sql.exec(
      "insert into journal (slot, doc) values (?, ?) on conflict do update set doc = excluded.doc",
      slot,
      doc,
    ).rowsWritten;
    return { slot, bytes: doc.length };
  }

  #keepOf(hostId: string): void {
    for (const entry of this.#loose.get(hostId) ?? []) this.#place(entry, this.#write(entry));
    this.#loose.delete(hostId);
    const heard = this.#heard.get(hostId);
    if (heard !== undefined) this.#held.set(hostId, heard);
  }

  /** What is in D1 is loose no more. */
  #tighten(settled: ReadonlySet<Entry>): void {
    for (const hostId of new Set([...settled].map((entry) => entry.hostId))) {
      const rest = (this.#loose.get(hostId) ?? []).filter((entry) => !settled.has(entry));
      if (rest.length > 0) this.#loose.set(hostId, rest);
      else this.#loose.delete(hostId);
    }
  }

  #weigh(hostId: string, bytes: number): void {
    this.bytes += bytes;
    const own = (this.#bytesOf.get(hostId) ?? 0) + bytes;
    if (own > 0) this.#bytesOf.set(hostId, own);
    else this.#bytesOf.delete(hostId);
  }
}

function newestOf({ journalId, recordedSeq }: FleetHost, mark: { journalId: string; seq: number } | undefined): number {
  return mark?.journalId === journalId ? Math.max(recordedSeq, mark?.seq ?? 0) : recordedSeq;
}
