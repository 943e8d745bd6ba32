import { DAY_MS, dayStartMs } from "@afloat/shared/core/moment";
import type { UptimeDay } from "@afloat/shared/core/uptime";

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
  const windows = services.map(({ id, host: { fromMs, toMs, uptimeDays } }) => {
    const [fromDay, toDay] = [fromMs / DAY_MS, toMs / DAY_MS];
    return { id, fromDay, toDay, keptDay: today - uptimeDays };
  });
  const days = services.flatMap(({ id, host: { organizationId }, days: own }) =>
    own.map(({ startMs, timeIn }) => ({ id, organizationId, day: startMs / DAY_MS, ...timeIn })),
  );
  const folded = hosts.map(({ id, foldTurn, toMs, flipDays }) => {
    return { id, foldTurn, toMs, flipsFromMs: Math.min(toMs, (today - flipDays) * DAY_MS) };
  });
  const subjects = [
    ...hosts.map(({ id }) => ({ id, hostId: id })),
    ...services.map(({ id, host }) => ({ id, hostId: host.id })),
  ];
  return [
    d1.prepare(REMOVE_DAYS).bind(JSON.stringify(windows)),
    d1.prepare(PUT_DAYS).bind(JSON.stringify(days)),
    d1.prepare(PUT_FOLDED).bind(JSON.stringify(folded)),
    d1.prepare(REMOVE_OLD_FLIPS).bind(JSON.stringify(subjects), FLIPS_AT_ONCE),
  ];
}

const REMOVE_DAYS = `
  delete from uptime_day where (service_id, day) in (
    select service_id, uptime_day.day from json_each(?) as service
    cross join uptime_day on uptime_day.service_id = service.value ->> 'id'
      and uptime_day.day >= service.value ->> 'fromDay' and uptime_day.day < service.value ->> 'toDay'
    union all
    select service_id, uptime_day.day from json_each(?1) as service
    cross join uptime_day on uptime_day.service_id = service.value ->> 'id' and uptime_day.day < service.value ->> 'keptDay')`;

const PUT_DAYS = `
  insert into uptime_day (service_id, day, organization_id, operational_ms, degraded_ms, outage_ms, maintenance_ms, unknown_ms)
  select value ->> 'id', value ->> 'day', value ->> 'organizationId', value ->> 'operational',
    value ->> 'degraded_performance', value ->> 'outage', value ->> 'maintenance', value ->> 'unknown'
  from json_each(?)`;

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
