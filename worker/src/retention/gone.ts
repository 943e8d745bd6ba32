import { SLOTS } from "../fleet/core/sample-slot.ts";
import { keptMs, withRetention } from "./kept.ts";

/** Hosts and services seen to in one run, and rows removed of each kind. */
const SUBJECTS = 200;
const ROWS = 1000;
/** Samples of a host that says none are older than what is kept, and never written over, milliseconds. */
const SAMPLES_KEPT_MS = SLOTS * 3_600_000;

/** For as long as anything that names it may be shown. */
const KEPT_MS = keptMs("uptimeDays", "incidentDays");

const GONE_HOSTS = `select host.id from host ${withRetention("host.organization_id")}
  where host.revoked_ms < ?1 - ${KEPT_MS} order by host.id limit ${SUBJECTS}`;
/** Those that their host's configuration does not name any more, and all of hosts that are gone. */
const GONE_SERVICES = `select service.id from service ${withRetention("service.organization_id")}
  where service.removed_ms < ?1 - ${KEPT_MS} or service.host_id in (${GONE_HOSTS}) order by service.id limit ${SUBJECTS}`;
const GONE = `select id from (${GONE_HOSTS}) union all select id from (${GONE_SERVICES})`;
const QUIET_HOSTS = `select host.id from host
  where max(coalesce(last_seen_ms, 0), link_since_ms) < ?1 - ${SAMPLES_KEPT_MS} and link <> 'online' or revoked_ms < ?1 - ${SAMPLES_KEPT_MS}`;

/** What hangs on another row goes first; that goes once nothing hangs on it. */
const STATEMENTS = [
  `delete from sample_hour where (host_id, slot) in (select host_id, slot from (${QUIET_HOSTS}) as quiet
    cross join sample_hour on sample_hour.host_id = quiet.id limit ${ROWS})`,
  `delete from flip where (subject_id, at_ms, journal_id, seq) in (
    select subject_id, at_ms, journal_id, seq from (${GONE}) as gone cross join flip on flip.subject_id = gone.id limit ${ROWS})`,
  `delete from uptime_day where (service_id, day) in (
    select service_id, day from (${GONE}) as gone cross join uptime_day on uptime_day.service_id = gone.id limit ${ROWS})`,
  `delete from uptime_host_day where (host_id, day) in (
    select host_id, day from (${GONE_HOSTS}) as gone cross join uptime_host_day on host_id = gone.id limit ${ROWS})`,
  `delete from status_component where service_id in (${GONE_SERVICES})`,
  `delete from service where id in (${GONE_SERVICES})
    and not exists (select 1 from flip where subject_id = service.id)
    and not exists (select 1 from uptime_day where service_id = service.id)`,
  `delete from host where id in (${GONE_HOSTS})
    and not exists (select 1 from flip where subject_id = host.id)
    and not exists (select 1 from service where host_id = host.id)
    and not exists (select 1 from uptime_host_day where host_id = host.id)
    and not exists (select 1 from sample_hour where host_id = host.id)`,
];

/**
 * Removes what is left of hosts that were taken out and of services that their hosts have no more, once nothing that names them is
 * kept; and samples of hosts that have not been heard for as long as samples are kept. A part of it in a run. Answers what it removed, in
 * words; null where nothing was.
 */
export async function removeGone(d1: D1Database, nowMs: number): Promise<string | null> {
  const results = await d1.batch(STATEMENTS.map((statement) => d1.prepare(statement).bind(nowMs)));
  const changes = results.map(({ meta }) => meta.changes);
  if (changes.every((count) => count === 0)) return null;
  const [samples = 0, flips = 0, days = 0, hostDays = 0, , services = 0, hosts = 0] = changes;
  return `removed what was left of those that are gone: ${samples} samples, ${flips} changes, ${days + hostDays} days, ${services} services, ${hosts} hosts`;
}
