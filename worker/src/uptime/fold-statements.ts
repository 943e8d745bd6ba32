import { DAY_MS, dayStartMs } from "@afloat/shared/core/moment";
import type { UptimeDay } from "@afloat/shared/core/uptime";
import { type PackedDay, packDay } from "./core/packed-day.ts";

/** A host whose days are folded, and how long its organization keeps what. */
export interface FoldedHost {
  id: string;
  organizationId: string;
  heard: boolean;
  /** As it was before anything was read. */
  foldTurn: number;
  flipDays: number;
  uptimeDays: number;
  /** The days folded now: the starts of the first, and of the first that is not. */
  fromMs: number;
  toMs: number;
}

/** A service of such a host, with its days. One that was removed has none, but its old rows go like others. */
export interface FoldedService {
  id: string;
  name: string;
  host: FoldedHost;
  days: readonly UptimeDay[];
}

/** Flips removed in one go. */
const FLIPS_AT_ONCE = 20_000;

/**
 * What brings folded days into D1, in one batch, each with one bound value: the days in the place of those that may be there, how
 * far the hosts are folded, and what is too old by now. A flip that came late meanwhile has moved the host's turn on: then its days
 * are not believed, and nothing of it is removed.
 */
export function foldStatements(
  d1: D1Database,
  hosts: readonly FoldedHost[],
  services: readonly FoldedService[],
  nowMs: number,
): D1PreparedStatement[] {
  const today = dayStartMs(nowMs) / DAY_MS;
  const windowOf = (id: string, { fromMs, toMs, uptimeDays }: FoldedHost) => {
    return { id, fromDay: fromMs / DAY_MS, toDay: toMs / DAY_MS, keptDay: today - uptimeDays };
  };
  const byHost = new Map(hosts.map((host) => [host.id, packedDays(host, services)]));
  const hostWindows = hosts.map((host) => ({
    ...windowOf(host.id, host),
    known: [...(byHost.get(host.id)?.keys() ?? [])],
  }));
  const days = hosts.flatMap(({ id, organizationId }) =>
    [...(byHost.get(id) ?? [])].map(([day, packed]) => ({ id, organizationId, day, services: packed })),
  );
  const folded = hosts.map(({ id, foldTurn, toMs, flipDays }) => {
    return { id, foldTurn, toMs, flipsFromMs: Math.min(toMs, (today - flipDays) * DAY_MS) };
  });
  const subjects = [
    ...hosts.map(({ id }) => ({ id, hostId: id })),
    ...services.map(({ id, host }) => ({ id, hostId: host.id })),
  ];
  return [
    d1.prepare(REMOVE_SERVICE_DAYS).bind(JSON.stringify(services.map(({ id, host }) => windowOf(id, host)))),
    d1.prepare(REMOVE_DAYS).bind(JSON.stringify(hostWindows)),
    d1.prepare(PUT_DAYS).bind(JSON.stringify(days)),
    d1.prepare(PUT_FOLDED).bind(JSON.stringify(folded)),
    d1.prepare(REMOVE_OLD_FLIPS).bind(JSON.stringify(subjects), FLIPS_AT_ONCE),
  ];
}

/** What is known of the days of a host, each with its services by name. */
function packedDays(host: FoldedHost, services: readonly FoldedService[]): Map<number, Record<string, PackedDay>> {
  const days = new Map<number, Record<string, PackedDay>>();
  for (const { name, days: own } of services.filter((service) => service.host === host)) {
    for (const { startMs, timeIn } of own) {
      const day = startMs / DAY_MS;
      days.set(day, { ...days.get(day), [name]: packDay(timeIn) });
    }
  }
  return days;
}

/** Rows of one service each, as a Worker of before folded them: from here on its host's rows tell. */
const REMOVE_SERVICE_DAYS = `
  delete from uptime_day where (service_id, day) in (
    select service_id, uptime_day.day from json_each(?) as service
    cross join uptime_day on uptime_day.service_id = service.value ->> 'id'
      and uptime_day.day >= service.value ->> 'fromDay' and uptime_day.day < service.value ->> 'toDay'
    union all
    select service_id, uptime_day.day from json_each(?1) as service
    cross join uptime_day on uptime_day.service_id = service.value ->> 'id' and uptime_day.day < service.value ->> 'keptDay')`;

/** Days of which nothing is known any more, and those that are too old. */
const REMOVE_DAYS = `
  delete from uptime_host_day where (host_id, day) in (
    select host_id, folded.day from json_each(?1) as host
    cross join uptime_host_day as folded on folded.host_id = host.value ->> 'id'
      and folded.day >= host.value ->> 'fromDay' and folded.day < host.value ->> 'toDay'
    where folded.day not in (select value from json_each(host.value -> 'known'))
    union all
    select host_id, folded.day from json_each(?1) as host
    cross join uptime_host_day as folded on folded.host_id = host.value ->> 'id' and folded.day < host.value ->> 'keptDay')`;

/** Folded again to the same, it is left as it is. */
const PUT_DAYS = `
  insert into uptime_host_day (host_id, day, organization_id, services)
  select value ->> 'id', value ->> 'day', value ->> 'organizationId', value -> 'services' from json_each(?) where true
  on conflict do update set services = excluded.services where services <> excluded.services`;

const PUT_FOLDED = `
  update host set folded_until_ms = value ->> 'toMs', flips_from_ms = max(flips_from_ms, value ->> 'flipsFromMs')
  from json_each(?)
  where host.id = value ->> 'id' and fold_turn = value ->> 'foldTurn' and folded_until_ms < value ->> 'toMs'`;

/** The last one before is kept: it tells what held when the first day began of which there are flips. */
const REMOVE_OLD_FLIPS = `
  delete from flip where (subject_id, at_ms, journal_id, seq) in (
    select flip.subject_id, flip.at_ms, flip.journal_id, flip.seq from json_each(?1) as subject
    cross join host on host.id = subject.value ->> 'hostId'
    cross join flip on flip.subject_id = subject.value ->> 'id' and flip.at_ms < host.flips_from_ms
    where flip.at_ms < (
      select max(at_ms) from flip as later where later.subject_id = subject.value ->> 'id' and later.at_ms < host.flips_from_ms
    )
    limit ?2)`;
