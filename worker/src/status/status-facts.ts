import type { IncidentKind, PublicStatus } from "@afloat/shared/domain";
import { DAY_MS, dayStartMs } from "@afloat/shared/core/moment";
import type { TimeSpan, UptimeDay } from "@afloat/shared/core/uptime";
import { and, desc, eq, gte, inArray, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { flip, host, incident, service, statusComponent, statusPage } from "../db/schema.ts";
import { covers, maintenanceOf, type Maintenance, standingOf } from "../maintenance/core/maintenance.ts";
import { readMaintenance } from "../maintenance/read-maintenance.ts";
import { readChanges } from "../uptime/changes.ts";
import { type History, historyOf, type RecordedChange } from "../uptime/core/history.ts";
import { readFoldedDays } from "../uptime/folded-days.ts";

/** What D1 holds for one public page. */
export interface StatusFacts {
  page: { title: string; slug: string };
  components: ComponentFact[];
  /** Of what the page shows, by its start: what is under way, and what is announced. */
  maintenance: AnnouncedFact[];
  incidents: { kind: IncidentKind; subjectId: string; openedMs: number; closedMs: number | null }[];
}

/** Maintenance, and the services on the page that it covers. */
export interface AnnouncedFact extends Maintenance {
  title: string;
  note: string;
  timeZone: string;
  seriesId: string | null;
  serviceIds: string[];
}

interface ComponentFact {
  serviceId: string;
  name: string;
  group: string | null;
  status: PublicStatus;
  looping: boolean;
  /** Whether its host is heard now. */
  heard: boolean;
  createdMs: number;
  /** Days before this are told by `folded`, where anything is known of them; from here on `history` tells. */
  foldedUntilMs: number;
  folded: UptimeDay[];
  /** Its first changes may lie before `foldedUntilMs`, and before the days shown. */
  history: History;
  maintenance: TimeSpan[];
}

/** Days shown, today among them. */
export const SHOWN_DAYS = 90;
/** Incidents are shown for so long after they are over. */
const PAST_DAYS = 14;
/** Incidents shown that are over. Those still open are all shown. */
const PAST_LIMIT = 100;

/** Maintenance is announced to the public so long before it begins. */
const AHEAD_MS = 14 * DAY_MS;

/** Changes read for one page. */
const CHANGE_LIMIT = 5000;

/** Kinds that are the public's business. A check that looks wrong is the operator's. */
const PUBLIC_KINDS: IncidentKind[] = ["restart-loop", "service-down", "endpoint-regressed", "port-conflict"];

/** Reads a published page; null where there is none by that name. */
export async function readStatusFacts(d1: D1Database, slug: string, nowMs: number): Promise<StatusFacts | null> {
  const db = drizzle(d1);
  const [page] = await db
    .select()
    .from(statusPage)
    .where(and(eq(statusPage.slug, slug), isNotNull(statusPage.publishedMs)));
  if (page === undefined) return null;
  const shown = await readShown(db, page);
  const { organizationId } = page;
  const fromMs = dayStartMs(nowMs) - (SHOWN_DAYS - 1) * DAY_MS;
  // Each service's days are folded as far as its host's are; both are read from there on.
  const since = new Map(shown.flatMap(({ row }) => [row.id, row.hostId].map((id) => [id, row.foldedUntilMs])));
  const subjects = [...since].map(([id, untilMs]) => ({ id, organizationId, fromMs: Math.max(fromMs, untilMs) }));
  const [changes, folded, announced, incidents] = await Promise.all([
    // What a clock that is ahead said is told by the Fleet as of now; the end is only there to have one.
    readChanges(
      db,
      subjects.map((subject) => ({ ...subject, toMs: nowMs + DAY_MS })),
      CHANGE_LIMIT,
    ),
    readFoldedDays(
      db,
      shown.map(({ row }) => ({ ...row, organizationId, fromMs, toMs: row.foldedUntilMs })),
    ),
    readMaintenance(db, organizationId, { fromMs, toMs: nowMs + AHEAD_MS }),
    readIncidents(db, organizationId, shown, nowMs),
  ]);
  return {
    page: { title: page.title, slug },
    components: shown.map((component) => componentOf(component, { changes, folded, announced })),
    maintenance: announced.flatMap((each) => announcedOf(each, shown, nowMs)),
    incidents,
  };
}

/** What is over is seen in the days. */
function announcedOf(
  { title, note, timeZone, seriesId, ...each }: Omit<AnnouncedFact, "serviceIds">,
  shown: readonly Shown[],
  nowMs: number,
): AnnouncedFact[] {
  const standing = standingOf(each, nowMs);
  if (standing !== "running" && standing !== "upcoming") return [];
  const covered = shown.filter(({ row }) => covers(each.scope, { hostId: row.hostId, serviceId: row.id }));
  const serviceIds = covered.map(({ row }) => row.id);
  return serviceIds.length === 0 ? [] : [{ ...each, title, note, timeZone, seriesId, serviceIds }];
}

/** A service that the page shows, and how it names and groups it. */
interface Shown {
  row: ServiceRow;
  name: string;
  group: string | null;
}

async function readShown(db: DrizzleD1Database, page: typeof statusPage.$inferSelect): Promise<Shown[]> {
  // Not one batch: D1 answers a batch by column names, and two tables of a join both have a `name`.
  const [services, chosen] = await Promise.all([
    serviceRows(db, page.organizationId),
    db.select().from(statusComponent).where(eq(statusComponent.pageId, page.id)).orderBy(statusComponent.position),
  ]);
  if (page.shows === "all") {
    const several = new Set(services.map(({ hostId }) => hostId)).size > 1;
    return services.map((row) => ({ row, name: row.name, group: several ? row.hostName : null }));
  }
  return chosen.flatMap(({ serviceId, name, groupName }) => {
    const row = services.find(({ id }) => id === serviceId);
    return row === undefined ? [] : [{ row, name, group: groupName }];
  });
}

function serviceRows(db: DrizzleD1Database, organizationId: string) {
  return db
    .select({
      ...{ id: service.id, name: service.name, hostId: service.hostId, snapshot: service.snapshot },
      ...{ publicStatus: service.publicStatus, createdMs: service.createdMs, hostName: host.name, link: host.link },
      foldedUntilMs: host.foldedUntilMs,
    })
    .from(service)
    .innerJoin(host, and(eq(host.id, service.hostId), isNull(host.revokedMs)))
    .where(and(eq(service.organizationId, organizationId), isNull(service.removedMs)))
    .orderBy(host.name, service.createdMs, service.name);
}

/**
 * Every open incident, the latest first, and after them those that are over since a few days, the last one to end first. That another
 * process has its port is the public's business only where the service was out for it, and not where it serves on beside that.
 */
async function readIncidents(db: DrizzleD1Database, organizationId: string, shown: readonly Shown[], nowMs: number) {
  const of = { organizationId, serviceIds: shown.map(({ row }) => row.id) };
  // One batch, so that one which closes meanwhile is neither in both nor in none.
  const [open, past] = await db.batch([
    incidentRows(db, of, isNull(incident.closedMs)),
    incidentRows(db, of, and(gte(incident.closedMs, nowMs - PAST_DAYS * DAY_MS), WAS_SEEN))
      .orderBy(desc(incident.closedMs))
      .limit(PAST_LIMIT),
  ]);
  const out = new Set(shown.flatMap(({ row }) => (row.publicStatus === "outage" ? row.id : [])));
  const seen = open.filter(({ kind, subjectId }) => kind !== "port-conflict" || out.has(subjectId));
  return [...seen.toSorted((a, b) => b.openedMs - a.openedMs), ...past];
}

/** Of an incident that is over. What stood when it opened counts as well: that may have been said a moment before. */
const WAS_SEEN = sql`(${incident.kind} <> 'port-conflict' or exists (
  select 1 from ${flip} conflict
  where conflict.subject_id = ${incident.subjectId} and conflict.at_ms <= ${incident.closedMs}
    and conflict.at_ms >= coalesce(
      (select max(at_ms) from ${flip} before where before.subject_id = ${incident.subjectId} and at_ms <= ${incident.openedMs}),
      ${incident.openedMs}
    )
    and conflict.reason_code = 'port-conflict' and conflict.public_status = 'outage'
))`;

function incidentRows(
  db: DrizzleD1Database,
  of: { organizationId: string; serviceIds: string[] },
  which: SQL | undefined,
) {
  const { kind, subjectId, openedMs, closedMs } = incident;
  return db
    .select({ kind, subjectId, openedMs, closedMs })
    .from(incident)
    .where(
      and(
        eq(incident.organizationId, of.organizationId),
        which,
        inArray(kind, PUBLIC_KINDS),
        // All in one bound value: D1 takes 100.
        inArray(subjectId, sql`(select value from json_each(${JSON.stringify(of.serviceIds)}))`),
      ),
    )
    .$dynamic();
}

type ServiceRow = Awaited<ReturnType<typeof serviceRows>>[number];

/** What is read of the services on a page. */
interface Read {
  changes: Map<string, RecordedChange[]>;
  folded: Map<string, UptimeDay[]>;
  announced: readonly Maintenance[];
}

function componentOf({ row, name, group }: Shown, { changes, folded, announced }: Read): ComponentFact {
  const { loop, verdict } = row.snapshot;
  const heard = row.link === "online";
  const { id: serviceId, hostId, publicStatus: status, createdMs, foldedUntilMs } = row;
  return {
    ...{ serviceId, name, group, status, heard, createdMs, foldedUntilMs },
    looping: loop !== null && loop.closedMs === null && verdict !== "paused",
    folded: folded.get(serviceId) ?? [],
    history: historyOf({ status, heard }, changes.get(serviceId) ?? [], changes.get(hostId) ?? []),
    maintenance: maintenanceOf(announced, { hostId, serviceId }),
  };
}
