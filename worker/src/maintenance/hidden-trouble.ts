import type { IncidentKind } from "@afloat/shared/domain";
import { and, eq, gte, inArray, isNull, lt, type SQL, sql } from "drizzle-orm";
import type { DrizzleD1Database } from "drizzle-orm/d1";
import { incident } from "../db/schema.ts";
import { covers, type Maintenance, spanOf } from "./core/maintenance.ts";

/** What was recorded before somebody announced maintenance over it. */
export interface HiddenTrouble {
  id: string;
  kind: IncidentKind;
  title: string;
  openedMs: number;
  /** Null while it is so still. */
  closedMs: number | null;
}

/** So much is said of it at most, the newest first. */
export const HIDDEN_LIMIT = 50;

/** Of each way in which it may fall into the time so much is read; what covers something else is left out after that. */
const READ_LIMIT = 500;

/** Incidents that make time count as an outage, or as not known. A check that looks wrong hides nothing. */
const KINDS: IncidentKind[] = [
  ...(["restart-loop", "service-down", "endpoint-regressed", "port-conflict"] as const),
  ...(["host-offline", "host-flapping", "hosts-silent"] as const),
];

/** Trouble of an organization that one of these covers in time that was before now: it does not count as an outage, of whoever was told. */
export async function readHiddenTrouble(
  db: DrizzleD1Database,
  organizationId: string,
  all: readonly Maintenance[],
  nowMs: number,
): Promise<HiddenTrouble[]> {
  const past = all.filter((one) => spanOf(one).fromMs < Math.min(spanOf(one).toMs, nowMs));
  if (past.length === 0) return [];
  const fromMs = Math.min(...past.map((one) => spanOf(one).fromMs));
  const toMs = Math.min(nowMs, Math.max(...past.map((one) => spanOf(one).toMs)));
  const { openedMs, closedMs } = incident;
  const rows = await db.batch([
    rowsOf(db, organizationId, and(gte(openedMs, fromMs), lt(openedMs, toMs))),
    // The plus keeps the planner to the index by its end.
    rowsOf(db, organizationId, and(sql`+${openedMs} < ${fromMs}`, sql`${closedMs} > ${fromMs}`)),
    rowsOf(db, organizationId, and(sql`+${openedMs} < ${fromMs}`, isNull(closedMs))),
  ]);
  return rows
    .flat()
    .filter((row) => past.some((one) => isHidden(row, one, nowMs)))
    .sort((a, b) => b.openedMs - a.openedMs)
    .slice(0, HIDDEN_LIMIT)
    .map(({ id, kind, title, ...times }) => ({ id, kind, title, openedMs: times.openedMs, closedMs: times.closedMs }));
}

type Row = Awaited<ReturnType<typeof rowsOf>>[number];

function isHidden({ subjectId, hostId, evidence, openedMs, closedMs }: Row, one: Maintenance, nowMs: number): boolean {
  const { fromMs, toMs } = spanOf(one);
  if (openedMs >= Math.min(toMs, nowMs) || (closedMs ?? Infinity) <= fromMs) return false;
  const { many } = evidence;
  if (many !== undefined) return many.hosts.some(({ id }) => covers(one.scope, { hostId: id, serviceId: null }));
  return covers(one.scope, { hostId, serviceId: subjectId === hostId ? null : subjectId });
}

function rowsOf(db: DrizzleD1Database, organizationId: string, when: SQL | undefined) {
  const { id, kind, title, subjectId, hostId, openedMs, closedMs, evidence } = incident;
  return db
    .select({ id, kind, title, subjectId, hostId, openedMs, closedMs, evidence })
    .from(incident)
    .where(and(eq(incident.organizationId, organizationId), when, inArray(kind, KINDS)))
    .limit(READ_LIMIT);
}
