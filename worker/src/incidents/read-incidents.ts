import { INCIDENT_KINDS, type IncidentKind } from "@afloat/shared/domain";
import { and, desc, eq, isNotNull, isNull, lt, or, sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import * as v from "valibot";
import { host, incident } from "../db/schema.ts";

/** On one page. */
const PAGE = 50;
/** Where hosts, services or a kind are asked for, so many are looked through: the reader is told how far back that was, and may go on. */
const LOOKED_AT = 1000;

const named = v.pipe(v.string(), v.trim(), v.maxLength(255));
const query = v.object({
  state: v.fallback(v.picklist(["open", "over", "all"]), "all"),
  kind: v.fallback(v.nullable(v.picklist(INCIDENT_KINDS)), null),
  host: v.fallback(named, ""),
  service: v.fallback(named, ""),
  before: v.fallback(v.pipe(v.string(), v.regex(/^\d{1,15}\.[\w.-]{1,200}$/)), ""),
});

/** Which incidents are wanted; empty means any. */
export type IncidentsWanted = v.InferOutput<typeof query>;

/** As an address says it. What cannot be understood is as good as not said. */
export function parseIncidentsWanted(said: Record<string, string>): IncidentsWanted {
  return v.parse(query, { kind: null, ...said });
}

/** One incident in a list. */
export interface IncidentLine {
  id: string;
  kind: IncidentKind;
  /** Null where it is gone for long. */
  hostName: string | null;
  serviceName: string | null;
  title: string;
  cause: string;
  openedMs: number;
  closedMs: number | null;
}

export interface IncidentsRead {
  lines: IncidentLine[];
  /** Where the next page begins; null where there is none. */
  before: string | null;
  /** As far back as was looked for those that fit, milliseconds since the epoch; null where all were looked at. */
  lookedBackToMs: number | null;
}

/** An organization's incidents, the newest first: by an index, up to a page and a limit. */
export async function readIncidents(
  d1: D1Database,
  organizationId: string,
  wanted: IncidentsWanted,
): Promise<IncidentsRead> {
  const isNarrowed = wanted.kind !== null || wanted.host !== "" || wanted.service !== "";
  const limit = isNarrowed ? LOOKED_AT : PAGE + 1;
  const looked = await drizzle(d1)
    .select({
      ...{ id: incident.id, kind: incident.kind, hostName: host.name, serviceName: incident.serviceName },
      ...{ title: incident.title, cause: incident.cause, openedMs: incident.openedMs, closedMs: incident.closedMs },
    })
    .from(incident)
    .leftJoin(host, eq(host.id, incident.hostId))
    .where(and(eq(incident.organizationId, organizationId), ofState(wanted.state), olderThan(wanted.before)))
    .orderBy(desc(wanted.state === "open" ? UNINDEXED_OPENED_MS : incident.openedMs), desc(incident.id))
    .limit(limit);
  const fitting = looked.filter((line) => fits(line, wanted));
  const lines = fitting.slice(0, PAGE);
  const isMore = fitting.length > PAGE || looked.length === limit;
  const last = fitting.length > PAGE ? lines.at(-1) : looked.at(-1);
  if (!isMore || last === undefined) return { lines, before: null, lookedBackToMs: null };
  return { lines, before: `${last.openedMs}.${last.id}`, lookedBackToMs: last.openedMs };
}

/** Few are open: D1 is to find them by that, not to go through all that are over in the order in which they opened. */
const UNINDEXED_OPENED_MS = sql`+${incident.openedMs}`;

function ofState(state: IncidentsWanted["state"]) {
  if (state === "all") return undefined;
  return state === "open" ? isNull(incident.closedMs) : isNotNull(incident.closedMs);
}

function olderThan(before: string) {
  const at = before.indexOf(".");
  if (at === -1) return undefined;
  const ms = Number(before.slice(0, at));
  return or(lt(incident.openedMs, ms), and(eq(incident.openedMs, ms), lt(incident.id, before.slice(at + 1))));
}

function fits(line: IncidentLine, wanted: IncidentsWanted): boolean {
  if (wanted.kind !== null && line.kind !== wanted.kind) return false;
  if (wanted.host !== "" && line.hostName !== wanted.host) return false;
  return wanted.service === "" || line.serviceName === wanted.service;
}
