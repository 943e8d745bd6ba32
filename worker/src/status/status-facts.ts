import type { IncidentKind, PublicStatus } from "@afloat/shared/domain";
import { DAY_MS, dayStartMs } from "@afloat/shared/core/moment";
import type { HearingChange, StatusChange } from "@afloat/shared/core/uptime";
import { and, desc, eq, gte, inArray, isNotNull, isNull, sql, type SQL } from "drizzle-orm";
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";
import { flip, host, incident, service, statusComponent, statusPage } from "../db/schema.ts";

/** What D1 holds for one public page. */
export interface StatusFacts {
  page: { title: string; slug: string };
  components: ComponentFact[];
  incidents: { kind: IncidentKind; subjectId: string; openedMs: number; closedMs: number | null }[];
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
  before: PublicStatus;
  changes: StatusChange[];
  heardBefore: boolean;
  hearing: HearingChange[];
}

/** Days shown, today among them. */
export const SHOWN_DAYS = 90;
/** Past incidents shown. */
const PAST_DAYS = 14;
/** Past ones at most; those that are open are all shown. */
const PAST_LIMIT = 100;
/** Changes read for one page: what is older than these is unknown, and days do not turn green by it. */
export const FLIP_LIMIT = 5000;

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
  const { organizationId } = page;
  const earliestMs = dayStartMs(nowMs) - (SHOWN_DAYS - 1) * DAY_MS;
  // Not one batch: D1 answers a batch by column names, and two tables of a join both have a `name`.
  const [services, chosen, flips, links, open, past] = await Promise.all([
    serviceRows(db, organizationId, earliestMs),
    db.select().from(statusComponent).where(eq(statusComponent.pageId, page.id)).orderBy(statusComponent.position),
    flipRows(db, serviceIds(db, organizationId), earliestMs),
    flipRows(db, hostIds(db, organizationId), earliestMs),
    incidentRows(db, organizationId, isNull(incident.closedMs)),
    incidentRows(db, organizationId, gte(incident.closedMs, nowMs - PAST_DAYS * DAY_MS)).limit(PAST_LIMIT),
  ]);
  const incidents = [...open, ...past];
  const record = { changes: recordOf(flips), links: recordOf(links) };
  const several = new Set(services.map(({ hostId }) => hostId)).size > 1;
  const components =
    page.shows === "all"
      ? services.map((row) => componentOf(row, { name: row.name, group: several ? row.hostName : null }, record))
      : chosen.flatMap(({ serviceId, name, groupName }) => {
          const row = services.find(({ id }) => id === serviceId);
          return row === undefined ? [] : [componentOf(row, { name, group: groupName }, record)];
        });
  return { page: { title: page.title, slug }, components, incidents };
}

/** Each with how it and its host stood when the window began: one look into the order of the changes for each. */
function serviceRows(db: DrizzleD1Database, organizationId: string, earliestMs: number) {
  const last = (
    column: typeof flip.publicStatus | typeof flip.verdict,
    subjectId: typeof service.id | typeof host.id,
  ) =>
    sql`(select ${column} from ${flip} where ${flip.subjectId} = ${subjectId} and ${flip.atMs} < ${earliestMs} order by ${flip.atMs} desc, ${flip.seq} desc limit 1)`;
  return db
    .select({
      ...{ id: service.id, name: service.name, hostId: service.hostId, snapshot: service.snapshot },
      ...{ publicStatus: service.publicStatus, createdMs: service.createdMs, hostName: host.name, link: host.link },
      statusBefore: last(flip.publicStatus, service.id).mapWith(flip.publicStatus).as("status_before"),
      linkBefore: last(flip.verdict, host.id).mapWith(flip.verdict).as("link_before"),
    })
    .from(service)
    .innerJoin(host, and(eq(host.id, service.hostId), isNull(host.revokedMs)))
    .where(and(eq(service.organizationId, organizationId), isNull(service.removedMs)))
    .orderBy(host.name, service.createdMs, service.name);
}

const serviceIds = (db: DrizzleD1Database, organizationId: string) =>
  db.select({ id: service.id }).from(service).where(eq(service.organizationId, organizationId));

const hostIds = (db: DrizzleD1Database, organizationId: string) =>
  db.select({ id: host.id }).from(host).where(eq(host.organizationId, organizationId));

/** The latest changes of these subjects, latest first; found by subject, which is how they are kept. */
function flipRows(
  db: DrizzleD1Database,
  subjects: ReturnType<typeof serviceIds> | ReturnType<typeof hostIds>,
  earliestMs: number,
) {
  return db
    .select({ subjectId: flip.subjectId, atMs: flip.atMs, verdict: flip.verdict, publicStatus: flip.publicStatus })
    .from(flip)
    .where(and(inArray(flip.subjectId, subjects), gte(flip.atMs, earliestMs)))
    .orderBy(desc(flip.atMs), desc(flip.seq))
    .limit(FLIP_LIMIT);
}

function incidentRows(db: DrizzleD1Database, organizationId: string, when: SQL) {
  const { kind, subjectId, openedMs, closedMs } = incident;
  return db
    .select({ kind, subjectId, openedMs, closedMs })
    .from(incident)
    .where(and(eq(incident.organizationId, organizationId), inArray(incident.kind, PUBLIC_KINDS), when))
    .orderBy(desc(incident.openedMs));
}

type FlipRow = Awaited<ReturnType<typeof flipRows>>[number];

/** Changes, oldest first for each subject, and since when they are whole: where there were too many, the older ones are missing. */
interface ChangeRecord {
  of: Map<string, FlipRow[]>;
  wholeSinceMs: number | null;
}

function recordOf(rows: readonly FlipRow[]): ChangeRecord {
  const of = new Map<string, FlipRow[]>();
  for (const row of rows.toReversed()) of.set(row.subjectId, [...(of.get(row.subjectId) ?? []), row]);
  return { of, wholeSinceMs: rows.length < FLIP_LIMIT ? null : (rows.at(-1)?.atMs ?? null) };
}

type ServiceRow = Awaited<ReturnType<typeof serviceRows>>[number];

function componentOf(
  row: ServiceRow,
  shown: { name: string; group: string | null },
  record: { changes: ChangeRecord; links: ChangeRecord },
): ComponentFact {
  const { loop, verdict } = row.snapshot;
  const own = changesOf(record.changes, row.id);
  const links = changesOf(record.links, row.hostId);
  const changes = own.map(({ atMs, publicStatus }): StatusChange => ({ atMs, status: publicStatus }));
  const hearing = links.map(({ atMs, verdict: link }): HearingChange => ({ atMs, heard: link === "online" }));
  const { wholeSinceMs } = record.changes;
  const hearingSinceMs = record.links.wholeSinceMs;
  // What did not change since the record is whole was since then what it is now.
  if (wholeSinceMs !== null && own.length === 0) changes.push({ atMs: wholeSinceMs, status: row.publicStatus });
  if (hearingSinceMs !== null && links.length === 0)
    hearing.push({ atMs: hearingSinceMs, heard: row.link === "online" });
  const unchanged = own.length === 0 ? row.publicStatus : "unknown";
  const unchangedLink = links.length === 0 ? row.link : null;
  return {
    serviceId: row.id,
    ...shown,
    status: row.publicStatus,
    looping: loop !== null && loop.closedMs === null && verdict !== "paused",
    heard: row.link === "online",
    createdMs: row.createdMs,
    before: wholeSinceMs === null ? (row.statusBefore ?? unchanged) : "unknown",
    changes,
    heardBefore: hearingSinceMs === null && (row.linkBefore ?? unchangedLink) === "online",
    hearing,
  };
}

const changesOf = (record: ChangeRecord, subjectId: string): FlipRow[] => record.of.get(subjectId) ?? [];
