import { DAY_MS, dayStartMs } from "@afloat/shared/core/moment";
import { inArray } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { service } from "../db/schema.ts";
import { maintenanceOf } from "../maintenance/core/maintenance.ts";
import { readMaintenance } from "../maintenance/read-maintenance.ts";
import { keptDays, withRetention } from "../retention/kept.ts";
import { readChanged, readChanges } from "./changes.ts";
import { foldedDays } from "./core/fold.ts";
import { historyOf } from "./core/history.ts";
import { type FoldedHost, type FoldedService, foldStatements } from "./fold-statements.ts";

/** A day is folded so long after it is over: most of what is told late has come by then, milliseconds. */
const LATE_MS = 3_600_000;
/** Hosts folded in one run, and of these so many together; days of each at a time. */
const HOSTS_A_RUN = 500;
const HOSTS_AT_ONCE = 20;
const DAYS_AT_ONCE = 14;
/** Changes read for hosts folded together. */
const CHANGE_LIMIT = 40_000;

/**
 * Folds the days of every host that are over, one row for each host and day, and removes flips and days that are older than
 * their organization keeps them. A part of it in a run. Answers what was done, in words; null where nothing was.
 */
export async function foldDays(d1: D1Database, nowMs: number): Promise<string | null> {
  const hosts = await hostsToFold(d1, dayStartMs(nowMs - LATE_MS));
  if (hosts.length === 0) return null;
  let days = 0;
  let rowsWritten = 0;
  for (let i = 0; i < hosts.length; i += HOSTS_AT_ONCE) {
    const some = hosts.slice(i, i + HOSTS_AT_ONCE);
    const services = await foldServices(d1, some);
    const results = await d1.batch(foldStatements(d1, some, services, nowMs));
    for (const { meta } of results) rowsWritten += meta.rows_written;
    for (const { days: own } of services) days += own.length;
  }
  return `folded ${days} days of services on ${hosts.length} hosts, and removed what was too old; ${rowsWritten} rows written`;
}

/** Those with a day before `untilMs` that is not folded. */
async function hostsToFold(d1: D1Database, untilMs: number): Promise<FoldedHost[]> {
  const { results } = await d1
    .prepare(
      `select host.id as id, host.organization_id as organizationId, link = 'online' as heard, fold_turn as foldTurn,
         max(folded_until_ms, created_ms - created_ms % ${DAY_MS}) as fromMs,
         ${keptDays("flipDays")} as flipDays, ${keptDays("uptimeDays")} as uptimeDays
       from host ${withRetention("host.organization_id")}
       where folded_until_ms < ?1 and created_ms < ?1 limit ${HOSTS_A_RUN}`,
    )
    .bind(untilMs)
    .all<Omit<FoldedHost, "toMs" | "heard"> & { heard: number }>();
  return results.map((host) => ({
    ...host,
    heard: host.heard === 1,
    toMs: Math.min(untilMs, host.fromMs + DAYS_AT_ONCE * DAY_MS),
  }));
}

async function foldServices(d1: D1Database, hosts: readonly FoldedHost[]): Promise<FoldedService[]> {
  const db = drizzle(d1);
  const ofHost = new Map(hosts.map((host) => [host.id, host]));
  const rows = await db
    .select()
    .from(service)
    .where(inArray(service.hostId, [...ofHost.keys()]));
  const owned = rows.flatMap((row) => {
    const host = ofHost.get(row.hostId);
    return host === undefined ? [] : [{ row, host }];
  });
  const subjects = [
    ...hosts.map((host) => ({ id: host.id, host })),
    ...owned.map(({ row: { id }, host }) => ({ id, host })),
  ];
  const changes = await readChanges(
    db,
    subjects.map(({ id, host: { organizationId, fromMs, toMs } }) => ({ id, organizationId, fromMs, toMs })),
    CHANGE_LIMIT,
  );
  // Nothing up to then, but something later: it was not known yet.
  const later = await readChanged(
    db,
    subjects.map(({ id }) => id).filter((id) => (changes.get(id) ?? []).length === 0),
  );
  const announced = await readAnnounced(d1, hosts);
  return owned.map(({ row, host }) => {
    const { id, hostId } = row;
    const status = later.has(id) ? "unknown" : row.publicStatus;
    const heard = host.heard && !later.has(hostId);
    const history = historyOf({ status, heard }, changes.get(id) ?? [], changes.get(hostId) ?? []);
    const windows = maintenanceOf(announced.get(host.organizationId) ?? [], { hostId, serviceId: id });
    return { id, name: row.name, host, days: foldedDays(history, windows, row, host) };
  });
}

/** Maintenance of each organization, as far as it touches what is folded. */
async function readAnnounced(d1: D1Database, hosts: readonly FoldedHost[]) {
  const db = drizzle(d1);
  const fromMs = Math.min(...hosts.map((host) => host.fromMs));
  const toMs = Math.max(...hosts.map((host) => host.toMs));
  const ids = [...new Set(hosts.map(({ organizationId }) => organizationId))];
  const read = await Promise.all(ids.map((id) => readMaintenance(db, id, { fromMs, toMs })));
  return new Map(ids.map((id, i) => [id, read[i] ?? []]));
}
