import { type ChannelStanding, type LaneItem, newStanding } from "./core/lane.ts";

/** What waits to be heard, on the object's own disk, and in memory. */
export class LaneStore {
  readonly items = new Map<number, LaneItem>();
  readonly #standings = new Map<string, ChannelStanding>();
  readonly #sql: SqlStorage;
  #seq = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec("create table if not exists lane_item (seq integer primary key, doc text not null)");
    sql.exec("create table if not exists standing (id text primary key, doc text not null) without rowid");
    for (const { doc } of sql.exec<{ doc: string }>("select doc from lane_item order by seq")) {
      // What this class itself wrote is trusted.
      const item: LaneItem = JSON.parse(doc);
      this.items.set(item.seq, item);
      this.#seq = Math.max(this.#seq, item.seq);
    }
    for (const { doc } of sql.exec<{ doc: string }>("select doc from standing")) {
      const standing: ChannelStanding = JSON.parse(doc);
      // One of before knows less of it.
      this.#standings.set(standing.channelId, { ...newStanding(standing.channelId), ...standing });
    }
  }

  nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  put(item: LaneItem): void {
    this.items.set(item.seq, item);
    const statement = "insert into lane_item (seq, doc) values (?, ?) on conflict do update set doc = excluded.doc";
    this.#sql.exec(statement, item.seq, JSON.stringify(item));
  }

  remove(seq: number): void {
    if (this.items.delete(seq)) this.#sql.exec("delete from lane_item where seq = ?", seq);
  }

  standing(channelId: string): ChannelStanding {
    return this.#standings.get(channelId) ?? newStanding(channelId);
  }

  standings(): Iterable<ChannelStanding> {
    return this.#standings.values();
  }

  putStanding(standing: ChannelStanding): void {
    this.#standings.set(standing.channelId, standing);
    const statement = "insert into standing (id, doc) values (?, ?) on conflict do update set doc = excluded.doc";
    this.#sql.exec(statement, standing.channelId, JSON.stringify(standing));
  }

  /** The channel was removed: what it was told of is nobody's business any more. */
  forgetStanding(channelId: string): void {
    if (this.#standings.delete(channelId)) this.#sql.exec("delete from standing where id = ?", channelId);
  }
}
