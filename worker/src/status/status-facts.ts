import type { IncidentKind, PublicStatus } from "@afloat/shared/domain";
import { DAY_MS, dayStartMs } from "@afloat/shared/core/moment";
import type { HearingChange, StatusChange } from "@afloat/shared/core/uptime";
import { and, desc, eq, gte, inArray, isNotNull, isNull, or } from "drizzle-orm";
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
const INCIDENT_LIMIT = 100;
/** Changes read for one page: what is older than these is unknown, and days do not turn green by it. */
const FLIP_LIMIT = 5000;

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
  const [services, chosen, flips, incidents] = await Promise.all([
    serviceRows(db, organizationId),
    db.select().from(statusComponent).where(eq(statusComponent.pageId, page.id)).orderBy(statusComponent.position),
    flipRows(db, organizationId, earliestMs),
    incidentRows(db, organizationId, nowMs),
  ]);
  const several = new Set(services.map(({ hostId }) => hostId)).size > 1;
  const components =
    page.shows === "all"
      ? services.map((row) => componentOf(row, { name: row.name, group: several ? row.hostName : null }, flips))
      : chosen.flatMap(({ serviceId, name, groupName }) => {
          const row = services.find(({ id }) => id === serviceId);
          return row === undefined ? [] : [componentOf(row, { name, group: groupName }, flips)];
        });
  return { page: { title: page.title, slug }, components, incidents };
}

function serviceRows(db: DrizzleD1Database, organizationId: string) {
  return db
    .select({
      ...{ id: service.id, name: service.name, hostId: service.hostId, snapshot: service.snapshot },
      ...{ publicStatus: service.publicStatus, createdMs: service.createdMs, hostName: host.name, link: host.link },
    })
    .from(service)
    .innerJoin(host, and(eq(host.id, service.hostId), isNull(host.revokedMs)))
    .where(and(eq(service.organizationId, organizationId), isNull(service.removedMs)))
    .orderBy(host.name, service.createdMs, service.name);
}

function flipRows(db: DrizzleD1Database, organizationId: string, earliestMs: number) {
  return db
    .select({ subjectId: flip.subjectId, atMs: flip.atMs, verdict: flip.verdict, publicStatus: flip.publicStatus })
    .from(flip)
    .where(and(eq(flip.organizationId, organizationId), gte(flip.atMs, earliestMs)))
    .orderBy(desc(flip.atMs), desc(flip.seq))
    .limit(FLIP_LIMIT);
}

function incidentRows(db: DrizzleD1Database, organizationId: string, nowMs: number) {
  const { kind, subjectId, openedMs, closedMs } = incident;
  return db
    .select({ kind, subjectId, openedMs, closedMs })
    .from(incident)
    .where(
      and(
        eq(incident.organizationId, organizationId),
        inArray(incident.kind, PUBLIC_KINDS),
        or(isNull(incident.closedMs), gte(incident.openedMs, nowMs - PAST_DAYS * DAY_MS)),
      ),
    )
    .orderBy(desc(incident.openedMs))
    .limit(INCIDENT_LIMIT);
}

type ServiceRow = Awaited<ReturnType<typeof serviceRows>>[number];
type FlipRow = Awaited<ReturnType<typeof flipRows>>[number];

function componentOf(
  row: ServiceRow,
  shown: { name: string; group: string | null },
  flips: readonly FlipRow[],
): ComponentFact {
  const own = flips.filter(({ subjectId }) => subjectId === row.id).toReversed();
  const links = flips.filter(({ subjectId }) => subjectId === row.hostId).toReversed();
  const { loop, verdict } = row.snapshot;
  return {
    serviceId: row.id,
    ...shown,
    status: row.publicStatus,
    looping: loop !== null && loop.closedMs === null && verdict !== "paused",
    heard: row.link === "online",
    createdMs: row.createdMs,
    // Without any change in the window, it was all along what it is now; else what was before is not known here.
    before: own.length === 0 ? row.publicStatus : "unknown",
    changes: own.map(({ atMs, publicStatus }) => ({ atMs, status: publicStatus })),
    heardBefore: links.length === 0 ? row.link === "online" : false,
    hearing: links.map(({ atMs, verdict: link }) => ({ atMs, heard: link === "online" })),
  };
}
