import type { PublicStatus } from "@afloat/shared/domain";
import type { SentenceComponent } from "@afloat/shared/core/page-sentence";
import { pageSentence } from "@afloat/shared/core/page-sentence";
import { worstOf } from "@afloat/shared/core/public-status";
import { DAY_MS, dayStartMs } from "@afloat/shared/core/moment";
import { sumOf, type TimeIn, type TimeSpan, type UptimeDay, uptimeOf, unknownDays } from "@afloat/shared/core/uptime";
import { spanOf } from "../maintenance/core/maintenance.ts";
import { SHOWN_DAYS, type StatusFacts } from "./status-facts.ts";

/** What the public sees of an organization. Nothing in it is private: no host, process, path or output is named. */
export interface StatusView {
  title: string;
  slug: string;
  sentence: string;
  status: PublicStatus;
  asOfMs: number;
  groups: { name: string | null; components: ComponentView[] }[];
  /** What is under way, then what is to come. */
  maintenance: PublicMaintenance[];
  /** Open ones first, then the latest. */
  incidents: PublicIncident[];
}

export interface PublicMaintenance {
  title: string;
  note: string;
  standing: "running" | "upcoming";
  startsMs: number;
  endsMs: number;
  /** The zone by whose clocks it was announced. */
  timeZone: string;
  /** Names of what it covers; of all that the page shows: null. */
  components: string[] | null;
}

/** Of one series so many times to come are shown. */
const SHOWN_OF_SERIES = 2;

export interface ComponentView {
  name: string;
  status: PublicStatus;
  looping: boolean;
  /** Percent, rounded down; null where nothing was measured. */
  uptime: number | null;
  /** One for each day since the component exists, 90 at most, oldest first. */
  days: UptimeDay[];
  /** Of these, days of which anything was measured: what the percent goes by. */
  measuredDays: number;
  timeIn: TimeIn;
}

export interface PublicIncident {
  component: string;
  status: PublicStatus;
  /** `Self-learning: outage` */
  title: string;
  openedMs: number;
  closedMs: number | null;
}

/** The page, from what D1 holds. */
export function statusViewOf(facts: StatusFacts, nowMs: number): StatusView {
  const components = facts.components.map((fact) => ({ fact, view: componentOf(fact, nowMs) }));
  const names = [...new Set(facts.components.map(({ group }) => group))];
  const views = components.map(({ view }) => view);
  return {
    title: facts.page.title,
    slug: facts.page.slug,
    sentence: pageSentence(views satisfies SentenceComponent[]),
    status: worstOf(views.map(({ status }) => status)),
    asOfMs: nowMs,
    groups: names.map((name) => ({
      name,
      components: components.filter(({ fact }) => fact.group === name).map(({ view }) => view),
    })),
    maintenance: maintenanceOf(facts, nowMs),
    incidents: facts.incidents.flatMap((incident) => {
      const component = facts.components.find(({ serviceId }) => serviceId === incident.subjectId);
      if (component === undefined) return [];
      const times = seenTimes(incident, component.maintenance, nowMs);
      if (times === null) return [];
      const status = incident.kind === "endpoint-regressed" ? "degraded_performance" : "outage";
      const word = status === "outage" ? "outage" : "degraded performance";
      return [{ component: component.name, status, title: `${component.name}: ${word}`, ...times }];
    }),
  };
}

function maintenanceOf({ maintenance, components }: StatusFacts, nowMs: number): PublicMaintenance[] {
  const shown = new Map<string, number>();
  return maintenance.flatMap((each) => {
    const { title, note, timeZone, seriesId, serviceIds } = each;
    const { fromMs: startsMs, toMs: endsMs } = spanOf(each);
    const standing = startsMs <= nowMs ? "running" : "upcoming";
    const before = seriesId === null ? 0 : (shown.get(seriesId) ?? 0);
    if (standing === "upcoming" && before >= SHOWN_OF_SERIES) return [];
    if (standing === "upcoming" && seriesId !== null) shown.set(seriesId, before + 1);
    const covered = components.filter(({ serviceId }) => serviceIds.includes(serviceId)).map(({ name }) => name);
    const names = covered.length === components.length ? null : covered;
    return [{ title, note, standing, startsMs, endsMs, timeZone, components: names }];
  });
}

/** What began during maintenance is part of it; what outlasts that began for the public with its end. Null where it is not shown. */
function seenTimes(
  { openedMs, closedMs }: { openedMs: number; closedMs: number | null },
  maintenance: readonly TimeSpan[],
  nowMs: number,
) {
  const ends = maintenance.flatMap(({ fromMs, toMs }) => (fromMs <= openedMs && openedMs < toMs ? toMs : []));
  const seenMs = Math.max(openedMs, ...ends);
  return seenMs > openedMs && (closedMs ?? nowMs) <= seenMs ? null : { openedMs: seenMs, closedMs };
}

function componentOf(fact: StatusFacts["components"][number], nowMs: number): ComponentView {
  const earliestMs = dayStartMs(nowMs) - (SHOWN_DAYS - 1) * DAY_MS;
  const fromMs = Math.max(earliestMs, fact.createdMs);
  const { maintenance, history } = fact;
  const later = uptimeOf({ ...history, maintenance, fromMs: Math.max(fromMs, fact.foldedUntilMs), toMs: nowMs });
  const { days, uptime, timeIn } = sumOf([...foldedDaysOf(fact, fromMs), ...later.days]);
  const status = statusNow(fact, nowMs);
  const measuredDays = days.filter((day) => day.uptime !== null).length;
  const looping = fact.looping && status === "outage";
  return { name: fact.name, status, looping, uptime, days, measuredDays, timeIn };
}

/** Every day before those that the history tells; of one that has no row, nothing is known. */
function foldedDaysOf({ folded, foldedUntilMs }: StatusFacts["components"][number], fromMs: number): UptimeDay[] {
  const known = new Map(folded.map((day) => [day.startMs, day]));
  return unknownDays(fromMs, foldedUntilMs).map((day) => known.get(day.startMs) ?? day);
}

function statusNow({ maintenance, heard, status }: StatusFacts["components"][number], nowMs: number): PublicStatus {
  if (maintenance.some(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs)) return "maintenance";
  // While its host is not heard, nothing is known of it.
  return heard ? status : "unknown";
}
