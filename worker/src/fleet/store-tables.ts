/** The tables of a Fleet's own disk, and how they are written. */

/** How far a host is recorded. */
export interface Mark extends Record<string, SqlStorageValue> {
  host_id: string;
  journal_id: string;
  seq: number;
  position: number;
}

/** Documents in tables without row ids, so that each write is one row. */
export const TABLES = [
  "create table if not exists organization (id text primary key) without rowid",
  "create table if not exists shard (organization_id text primary key, at integer not null, of integer not null) without rowid",
  "create table if not exists host (id text primary key, doc text not null) without rowid",
  "create table if not exists mark (host_id text primary key, journal_id text, seq integer not null, position integer not null) without rowid",
  "create table if not exists service (host_id text, name text, doc text not null, primary key (host_id, name)) without rowid",
  "create table if not exists incident (id text primary key, doc text not null) without rowid",
  "create table if not exists command (id text primary key, doc text not null) without rowid",
];

/** Organizations that were begun, and which part of each is here: the whole, unless it is written down. */
export const ORGANIZATIONS = `select organization.id, coalesce(shard.at, 0) as at, coalesce(shard.of, 1) as of
  from organization left join shard on shard.organization_id = organization.id`;

export const PUT_SHARD = `insert into shard (organization_id, at, of) values (?, ?, ?)
  on conflict do update set at = excluded.at, of = excluded.of`;

/** All rows of these hosts: a JSON list of ids. */
export const FORGET_HOSTS = ["host where id", "mark where host_id", "service where host_id"].map(
  (which) => `delete from ${which} in (select value from json_each(?))`,
);

/** A JSON list of marks: host, journal, number, position. */
export const PUT_MARKS = `insert into mark (host_id, journal_id, seq, position)
  select value ->> 0, value ->> 1, value ->> 2, value ->> 3 from json_each(?) where true
  on conflict do update set journal_id = excluded.journal_id, seq = excluded.seq, position = excluded.position`;

/** A JSON list of services: host, name, document. */
export const PUT_SERVICES = `insert into service (host_id, name, doc)
  select value ->> 0, value ->> 1, value ->> 2 from json_each(?) where true
  on conflict do update set doc = excluded.doc`;
