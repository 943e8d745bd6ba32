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
  /** The newest mark of each host that was ever held. */
  readonly #held = new Map<string, { journalId: string; seq: number }>();
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
   * Holds an entry until D1 has it; slots of recorded entries are written over, so that holding is one row. An entry that
   * carries only a mark, or a sample, is kept in memory: lost, the host sends it again.
   */
  hold(entry: Entry): void {
    const onlyInMemory = entry.records.length === 0 && Object.keys(entry.patch).length === 0;
    if (onlyInMemory || isRepeated(entry)) return this.#take(entry, null);
    const slot = this.#free.pop() ?? this.#slotsEver++;
    const doc = JSON.stringify(entry);
    this.#take(entry, { slot, bytes: doc.length });
    this.rowsWritten += this.#sql.exec(
      "insert into journal (slot, doc) values (?, ?) on conflict do update set doc = excluded.doc",
      slot,
      doc,
    ).rowsWritten;
  }

  /** These are in D1. Whoever calls this writes how far each host is recorded, in the same turn. */
  settle(entries: readonly Entry[]): void {
    const settled = new Set(entries);
    if (this.pending.length <= entries.length) this.pending.length = 0;
    else this.pending.splice(0, this.pending.length, ...this.pending.filter((entry) => !settled.has(entry)));
    const freed: number[] = [];
    for (const { position, hostId } of entries) {
      const place = this.#slots.get(position);
      if (place === undefined) continue;
      this.#slots.delete(position);
      this.#weigh(hostId, -place.bytes);
      freed.push(place.slot);
    }
    this.#free.push(...freed.sort((a, b) => b - a));
    const past = freed.filter((slot) => slot >= KEPT_SLOTS);
    if (past.length === 0) return;
    const statement = "delete from journal where slot in (select value from json_each(?))";
    this.rowsWritten += this.#sql.exec(statement, JSON.stringify(past)).rowsWritten;
  }

  /** Another Fleet gave positions up to this one. */
  reach(position: number): void {
    this.#position = Math.max(this.#position, position);
  }

  /** These hosts have left, with nothing pending. Their slots must not be read again: by whom they are recorded is not known any more. */
  forget(hostIds: ReadonlySet<string>): void {
    for (const hostId of hostIds) this.#held.delete(hostId);
    const statement = "delete from journal where doc ->> 'hostId' in (select value from json_each(?))";
    this.rowsWritten += this.#sql.exec(statement, JSON.stringify([...hostIds])).rowsWritten;
  }

  /** What waits of these hosts, characters of JSON. */
  bytesOf(hostIds: Iterable<string>): number {
    let bytes = 0;
    for (const hostId of hostIds) bytes += this.#bytesOf.get(hostId) ?? 0;
    return bytes;
  }

  /** The newest event of this host's journal that was held or recorded. */
  heldSeq({ id, journalId, recordedSeq }: FleetHost): number {
    const held = this.#held.get(id);
    return held?.journalId === journalId ? Math.max(recordedSeq, held?.seq ?? 0) : recordedSeq;
  }

  #take(entry: Entry, place: { slot: number; bytes: number } | null): void {
    const { hostId, mark } = entry;
    this.pending.push(entry);
    if (place !== null) {
      this.#slots.set(entry.position, place);
      this.#weigh(hostId, place.bytes);
    }
    const before = this.#held.get(hostId);
    if (mark === null || (before?.journalId === mark.journalId && before.seq >= mark.seq)) return;
    this.#held.set(hostId, mark);
  }

  #weigh(hostId: string, bytes: number): void {
    this.bytes += bytes;
    const own = (this.#bytesOf.get(hostId) ?? 0) + bytes;
    if (own > 0) this.#bytesOf.set(hostId, own);
    else this.#bytesOf.delete(hostId);
  }
}
