import type { AlertDraft } from "./alert-draft.ts";
import type { Alert, AlertIncident, MessagePhase } from "./alert-types.ts";
import { flapKeyOf, tellFlap, timesOf } from "./flaps.ts";
import { endHoldOf } from "./gates.ts";
import { mute, settle, toOver } from "./incident-turns.ts";
import { messageOf } from "./message-words.ts";
import { REMINDERS } from "./limits.ts";
import { channelsOf, isGraver, isOnce, reminderMsOf, ruleById, stepsOf } from "./rules.ts";

/** An alert says what there is to say: that incidents opened, that some or all of them are over. */
export function say(draft: AlertDraft, alertId: string): void {
  const fresh = readyOf(draft, alertId);
  const alert = draft.alert(alertId);
  if (alert === undefined) return;
  const ended = draft.members(alertId).filter((each) => isEnd(each) && endHoldOf(draft, each) === null);
  draft.putAlert({ ...alert, ...SAID });
  if (fresh.length + ended.length === 0) return;
  const channelIds = hearersOf(draft, alert, fresh);
  if (channelIds.length === 0) unheard(draft, fresh, ended);
  else tell(draft, alert, { fresh, ended, channelIds });
  const left = draft.alert(alertId);
  if (left !== undefined && left.open + left.waiting + left.ends === 0) draft.dropAlert(alertId);
}

/** The names of channels, for those who read why. */
export function namesOf({ setup }: AlertDraft, channelIds: readonly string[]): string[] {
  return setup.channels.filter(({ id }) => channelIds.includes(id)).map(({ name }) => name);
}

/** When the next step of its rule is taken, and when it is said again. */
export function planOf(draft: AlertDraft, { ruleId, severity, stepsFromMs, step, reminders }: Alert) {
  const rule = ruleById(draft.setup, ruleId);
  const next = stepsOf(rule)[step];
  const everyMs = reminderMsOf(rule, severity);
  return {
    stepMs: next === undefined || stepsFromMs === null ? null : stepsFromMs + next.afterMs,
    reminderMs: everyMs === null || reminders >= REMINDERS ? null : draft.nowMs + everyMs,
  };
}

const SAID = { waitFromMs: null, waitUntilMs: null, sayMs: null, isUrgent: false };

interface Said {
  fresh: AlertIncident[];
  ended: AlertIncident[];
  channelIds: string[];
}

function tell(draft: AlertDraft, before: Alert, { fresh, ended, channelIds }: Said): void {
  const { id } = before;
  const isFirst = before.firstToldMs === null;
  const isOver = fresh.length + before.open + before.waiting === 0 && ended.length === before.ends;
  const phase: MessagePhase = isFirst ? firstPhase(fresh) : isOver ? "closed" : "updated";
  const least = isFirst ? (fresh[0]?.severity ?? before.severity) : before.severity;
  const severity = fresh.reduce((most, each) => (isGraver(each.severity, most) ? each.severity : most), least);
  const times = fresh.find(({ isFlapping }) => isFlapping);
  const flap = times === undefined ? null : timesOf(draft.flap(flapKeyOf(times.facts)), draft.nowMs);
  const told = [...new Set([...before.told, ...channelIds])];
  const known = {
    ...before,
    ...SAID,
    ...{ severity, told, lastToldMs: draft.nowMs, firstToldMs: before.firstToldMs ?? draft.nowMs },
    ...{
      passed: undefined,
      messages: before.messages + 1,
      total: before.total + fresh.length,
      threadId: before.threadId ?? fresh[0]?.id ?? id,
    },
  };
  const begins = isFirst || isGraver(severity, before.severity);
  const alert = begins ? begun(draft, known, isFirst && fresh.every((each) => each.acknowledged !== null)) : known;
  draft.putAlert(alert);
  for (const incident of fresh) markTold(draft, incident, phase, channelIds);
  for (const incident of ended) {
    draft.why(incident.id, { what: "told-end", channels: namesOf(draft, channelIds) });
    toOver(draft, incident.id);
  }
  const stands = draft.members(id).filter(({ standing, facts }) => standing === "told" && facts.closedMs === null);
  const isFresh = new Set(fresh.map((each) => each.id));
  const others = stands.filter((each) => !isFresh.has(each.id));
  const now = lookedAfter(draft.alert(id) ?? alert, stands);
  draft.putAlert(now);
  const telling = { phase, fresh, ended, stands: others, passed: before.passed ?? 0, channelIds, flap };
  draft.messages.push(messageOf(draft.setup, now, telling, draft.nowMs));
}

/** Where somebody looks after each that stands, somebody looks after all of it: others may be over by now. */
export function lookedAfter(alert: Alert, stands: readonly AlertIncident[]): Alert {
  if (alert.acknowledged !== null || stands.some(({ acknowledged }) => acknowledged === null)) return alert;
  return { ...alert, acknowledged: stands.at(-1)?.acknowledged ?? null };
}

/** Its steps begin. That somebody looks after some of it, or after what was less grave, is not enough. */
function begun(draft: AlertDraft, alert: Alert, isLookedAfter: boolean): Alert {
  const acknowledged = isLookedAfter ? alert.acknowledged : null;
  const anew = { ...alert, acknowledged, step: 1, stepsFromMs: draft.nowMs, reminders: 0 };
  return { ...anew, ...planOf(draft, anew) };
}

function firstPhase(fresh: readonly AlertIncident[]): MessagePhase {
  if (fresh.every(({ isLate }) => isLate)) return "late";
  return fresh.every(({ facts }) => isOnce(facts.kind)) ? "noted" : "opened";
}

/** What waits and may be told now. */
function readyOf(draft: AlertDraft, alertId: string): AlertIncident[] {
  for (const { id, standing } of draft.members(alertId)) if (standing === "waiting") settle(draft, id);
  return draft.members(alertId).filter(({ standing }) => standing === "waiting");
}

function isEnd({ standing, facts }: AlertIncident): boolean {
  return standing === "told" && facts.closedMs !== null;
}

/** Who was told before, and of an opening those whom its rule tells first: it may have been changed meanwhile. */
function hearersOf(draft: AlertDraft, alert: Alert, fresh: readonly AlertIncident[]): string[] {
  const before = toldAndOn(draft, alert);
  if (fresh.length === 0) return before;
  if (before.length === 0) return firstHearers(draft, alert, fresh);
  const [first] = stepsOf(ruleById(draft.setup, alert.ruleId));
  const now = first === undefined ? null : channelsOf(first, draft.setup);
  if (now === null || now.isFallback) return before;
  return [...new Set([...before, ...now.channels.map(({ id }) => id)])];
}

/** Of those who were told of it, whose channel is on. */
export function toldAndOn({ setup }: AlertDraft, { told }: Alert): string[] {
  return setup.channels.flatMap(({ id, isOff }) => (!isOff && told.includes(id) ? id : []));
}

/** Whom its rule tells first by now; every other channel where these are gone, which is said of `about`. */
export function firstHearers(draft: AlertDraft, { ruleId }: Alert, about: readonly AlertIncident[]): string[] {
  const rule = ruleById(draft.setup, ruleId);
  const [first] = stepsOf(rule);
  if (first === undefined) return [];
  const { channels, isFallback } = channelsOf(first, draft.setup);
  if (isFallback) for (const { id } of about) draft.why(id, { what: "channels-gone", rule: rule.name });
  return channels.map(({ id }) => id);
}

function unheard(draft: AlertDraft, fresh: readonly AlertIncident[], ended: readonly AlertIncident[]): void {
  for (const incident of fresh) mute(draft, draft.incident(incident.id) ?? incident, null);
  for (const { id } of ended) {
    draft.why(id, { what: "told-end", channels: [] });
    toOver(draft, id);
  }
}

function markTold(draft: AlertDraft, { id }: AlertIncident, phase: MessagePhase, channelIds: readonly string[]): void {
  draft.why(id, { what: "told", phase, channels: namesOf(draft, channelIds) });
  const incident = draft.incident(id);
  if (incident === undefined) return;
  if (incident.isLate || isOnce(incident.facts.kind)) return toOver(draft, id);
  tellFlap(draft, incident);
  const evidence = { ...incident.facts.evidence, lastLines: [] };
  draft.putIncident({ ...incident, standing: "told", facts: { ...incident.facts, evidence } });
}
