import { durationWords } from "@afloat/shared/core/duration";
import { lateWords } from "@afloat/shared/core/late";
import { momentWords } from "@afloat/shared/core/moment";
import { runbookTopicOfIncident } from "@afloat/shared/core/runbook";
import type { IncidentKind } from "@afloat/shared/domain";
import type { Action, Alert, AlertIncident, Message, MessageIncident, MessagePhase, Setup } from "./alert-types.ts";
import { flapKeyOf } from "./flaps.ts";
import { headlineOf, listOf, namesOf, NEXT, sentencesOf } from "./kind-words.ts";
import { channelsOf, ruleById, stepsOf } from "./rules.ts";

/** What a message is about. `alert` is as it is after it. */
export interface Telling {
  phase: MessagePhase;
  /** Told of for the first time. */
  fresh: AlertIncident[];
  /** Over, and not told so before. */
  ended: AlertIncident[];
  /** What people know of already, and that stands. */
  stands: AlertIncident[];
  /** So many began and were over since the last message. */
  passed: number;
  channelIds: string[];
  /** It goes and comes: so often, within so long. */
  flap: { times: number; withinMs: number } | null;
}

/** Incidents that a message names one by one; of more it says how many. */
export const NAMED = 50;
/** Characters of a title. */
const TITLE = 300;
const SENTENCES = 12;

/** The words of a message, the same for every channel and on the page. */
export function messageOf(setup: Setup, alert: Alert, telling: Telling, nowMs: number): Message {
  const { phase, fresh, ended, stands, channelIds } = telling;
  const about = fresh.length > 0 ? fresh : ended.length > 0 && phase !== "reminder" ? ended : stands;
  const [only] = about.length === 1 ? about : [];
  const all = [...fresh, ...ended, ...stands];
  return {
    id: `${alert.threadId ?? alert.id}.${phase}${MANY.includes(phase) ? `-${alert.messages}` : ""}`,
    alertId: alert.threadId ?? alert.id,
    phase,
    severity: alert.severity,
    isQuiet: alert.severity === "info" || QUIET.includes(phase) || (phase === "updated" && fresh.length === 0),
    atMs: nowMs,
    channelIds,
    title: short(titleOf(alert, telling, about)),
    lines: linesOf(telling, nowMs),
    lastLines: fresh.length === 1 && only !== undefined ? only.facts.evidence.lastLines : [],
    next: nextOf(setup, alert, telling, nowMs),
    actions: actionsOf(alert, telling, about),
    incidents: all.slice(0, NAMED).map((incident) => incidentOf(incident, fresh.includes(incident))),
    more: Math.max(0, all.length - NAMED),
  };
}

/** There may be several of these in one thread. */
const MANY: readonly MessagePhase[] = ["updated", "reminder", "escalated", "acknowledged"];
const QUIET: readonly MessagePhase[] = ["noted", "late", "acknowledged", "closed"];

function titleOf(
  { acknowledged, total }: Alert,
  { phase, fresh, ended, stands, flap }: Telling,
  about: AlertIncident[],
): string {
  const [only, ...others] = about;
  const headline = headlineOf(about);
  const often = flap === null ? "" : ` (${oftenWords(flap)})`;
  const whole = only !== undefined && others.length === 0 ? `${headline}: ${only.facts.cause}${often}` : headline;
  switch (phase) {
    case "opened":
    case "noted":
      return whole;
    case "late":
      return `Over by now, told late: ${headline}`;
    case "updated": {
      const other = othersOf(ended, fresh);
      if (fresh.length > 0 && ended.length > other.length) return `Not over: ${whole}`;
      if (fresh.length > 0 && other.length > 0) return `Also: ${whole}; over: ${headlineOf(other)}`;
      if (fresh.length > 0) return `Also: ${whole}`;
      // Of the others that are over, it is not told yet.
      const still = stands.length === 0 ? "" : `; ${stillWords(stands.length)}`;
      return `${overWords(ended)}: ${headline}${still}`;
    }
    case "reminder":
      return `Still: ${whole}`;
    case "escalated":
      return `Nobody looks after it: ${whole}`;
    case "acknowledged":
      return `${acknowledged?.byName ?? "Somebody"} looks after it: ${headline}`;
    case "closed":
      return `${overWords(ended)}: ${headline}${ended.length < total ? `; that was the last of ${total}` : ""}`;
  }
}

/** Where all of them ended with their hosts, nothing got well: `Over, since worker-2 was removed`. */
function overWords(ended: readonly AlertIncident[]): string {
  const removed = removedOf(ended);
  if (removed.length === 0 || !ended.every(({ facts }) => facts.isHostRemoved === true)) return "Over";
  return `Over, since ${removedWords(removed)}`;
}

function removedOf(ended: readonly AlertIncident[]): string[] {
  return [...new Set(ended.flatMap(({ facts }) => (facts.isHostRemoved === true ? facts.hostName : [])))];
}

function removedWords(hosts: readonly string[]): string {
  return `${listOf(hosts, 3)} ${hosts.length === 1 ? "was" : "were"} removed`;
}

/** Without those that opened again meanwhile. */
function othersOf(ended: readonly AlertIncident[], fresh: readonly AlertIncident[]): AlertIncident[] {
  const again = new Set(fresh.map(({ facts }) => flapKeyOf(facts)));
  return ended.filter(({ facts }) => !again.has(flapKeyOf(facts)));
}

function oftenWords({ times, withinMs }: { times: number; withinMs: number }): string {
  return `${times} times within ${durationWords(withinMs)}`;
}

function stillWords(count: number): string {
  return count === 1 ? "1 still stands" : `${count} still stand`;
}

function linesOf({ phase, fresh, ended, stands, passed, flap }: Telling, nowMs: number): string[] {
  const lines: string[] = [];
  if (fresh.length === 1) lines.push(...freshLines(fresh, nowMs));
  if (fresh.length > 1) lines.push(...sentencesOf(fresh, SENTENCES), ...waitedLines(fresh));
  if (flap !== null) {
    lines.push(`It goes and comes, ${oftenWords(flap)}. You hear of it again once it has been one thing for 30 min.`);
  }
  const over = othersOf(ended, fresh);
  if (over.length > 0) lines.push(endedLine(over, nowMs, fresh.length > 0));
  if (passed > 0) lines.push(`${passed} more began and ${passed === 1 ? "was" : "were"} over meanwhile.`);
  const removed = removedOf(over);
  if (removed.length > 0) {
    lines.push(`${removedWords(removed)} from the fleet: what runs there is not known any more.`);
  }
  if (phase === "updated" && stands.length > 0) lines.push(`Still: ${namesOf(stands)}.`);
  if (phase === "reminder" || phase === "escalated" || phase === "acknowledged") {
    const sinceMs = Math.min(...stands.map(({ facts }) => facts.openedMs));
    const since = `Since ${momentWords(sinceMs, nowMs)} UTC, for ${durationWords(nowMs - sinceMs)}`;
    lines.push(phase === "acknowledged" ? `${since}.` : `${since}; nobody has acknowledged it.`);
    if (stands.length > 1 && phase !== "acknowledged") lines.push(...sentencesOf(stands, SENTENCES));
  }
  return lines;
}

/** Of one: since when, and why it is told only now. */
function freshLines([incident]: AlertIncident[], nowMs: number): string[] {
  if (incident === undefined) return [];
  const { facts, newsMs } = incident;
  const late = lateWords({ beganMs: facts.openedMs, endedMs: facts.closedMs, toldMs: newsMs });
  if (late !== null) {
    const sentence = `${late.slice(0, 1).toUpperCase()}${late.slice(1)}.`;
    return [...(incident.isLate ? [`${facts.cause}.`] : []), sentence, ...waitedLines([incident])];
  }
  return [`Since ${momentWords(facts.openedMs, nowMs)} UTC.`, ...waitedLines([incident])];
}

/** What held them back until now, each reason once. */
function waitedLines(fresh: AlertIncident[]): string[] {
  const reasons = [...new Set(fresh.flatMap(({ waited }) => waited ?? []))];
  return reasons.length === 0 ? [] : [`It was held back until now, ${listOf(reasons, 3)}; it stands still.`];
}

function endedLine(ended: AlertIncident[], nowMs: number, isBeside: boolean): string {
  const fromMs = Math.min(...ended.map(({ facts }) => facts.openedMs));
  const toMs = Math.max(...ended.map(({ facts }) => facts.closedMs ?? nowMs));
  const span = `from ${momentWords(fromMs, nowMs)} to ${momentWords(toMs, nowMs)} UTC, ${durationWords(toMs - fromMs)}`;
  const [only] = ended;
  if (ended.length === 1 && !isBeside) {
    return only?.isFlapping === true ? `It stood ${span}, and has not come again for 30 min.` : `It stood ${span}.`;
  }
  if (!isBeside) return `It stood ${span}: ${namesOf(ended)}.`;
  return `Over: ${namesOf(ended)} (${span}).`;
}

/** What happens next: by itself, and who is told when if nobody does anything. */
function nextOf(setup: Setup, alert: Alert, { phase, fresh, stands }: Telling, nowMs: number): string[] {
  if (phase === "closed" || phase === "late") return [];
  const kinds = new Set([...fresh, ...stands].map(({ facts }) => facts.kind));
  const [kind] = kinds;
  const own = kinds.size === 1 && kind !== undefined ? NEXT[kind] : null;
  const lines = own === null ? [] : [own];
  if (alert.acknowledged !== null || alert.open === 0 || phase === "noted") return lines;
  const step = stepsOf(ruleById(setup, alert.ruleId))[alert.step];
  if (step !== undefined && alert.stepMs !== null) {
    const names = channelsOf(step, setup).channels.map(({ name }) => name);
    lines.push(
      `If nobody acknowledges it by ${momentWords(alert.stepMs, nowMs)} UTC, it goes on to ${listOf(names, 3)}.`,
    );
  }
  if (alert.reminderMs !== null) {
    lines.push(`It is said again at ${momentWords(alert.reminderMs, nowMs)} UTC if nobody acknowledges it.`);
  }
  return lines;
}

/** A restart may help here; it asks before it does anything. */
const RESTARTABLE: readonly IncidentKind[] = ["restart-loop", "service-down", "endpoint-regressed", "port-conflict"];

function actionsOf(alert: Alert, { phase, fresh, stands }: Telling, about: AlertIncident[]): Action[] {
  const actions: Action[] = [];
  const open = phase === "noted" || phase === "late" ? [] : [...stands, ...fresh];
  // One that stands, and that nobody looks after: by another nothing can be acknowledged.
  const left = open.filter(({ acknowledged }) => acknowledged === null);
  const toAcknowledge = left.find(({ id }) => id === alert.threadId) ?? left[0];
  if (toAcknowledge !== undefined && alert.acknowledged === null) {
    actions.push({ kind: "acknowledge", label: "Acknowledge", incidentId: toAcknowledge.id });
  }
  const [first, ...others] = about;
  if (first === undefined) return actions;
  const { kind, subjectId, evidence, closedMs } = first.facts;
  actions.push({ kind: "open", label: "Open", path: `/app/incident/${first.id}` });
  if (others.length === 0 && open.length > 0 && closedMs === null && RESTARTABLE.includes(kind)) {
    actions.push({ kind: "restart", label: "Restart (asks first)", path: `/app#service-${subjectId}` });
  }
  const topics = new Set(about.map(({ facts }) => runbookTopicOfIncident(facts.kind, facts.evidence.causeCode)));
  if (phase !== "closed" && topics.size === 1) {
    const topic = runbookTopicOfIncident(kind, evidence.causeCode);
    actions.push({ kind: "runbook", label: "What to do", path: `/runbook#${topic}` });
  }
  return actions;
}

function incidentOf({ id, facts }: AlertIncident, isNew: boolean): MessageIncident {
  const { kind, hostId, hostName, serviceName, title, cause, openedMs, closedMs, evidence } = facts;
  const { many } = evidence;
  const bounded = many === undefined ? {} : { many: { ...many, hosts: many.hosts.slice(0, NAMED) } };
  const said = { id, kind, hostId, hostName, serviceName, title, cause, openedMs, closedMs, isNew };
  return { ...said, evidence: { ...evidence, lastLines: [], ...bounded } };
}

function short(title: string): string {
  return title.length <= TITLE ? title : `${title.slice(0, TITLE - 1).toWellFormed()}…`;
}
