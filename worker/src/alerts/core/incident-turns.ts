import type { AlertDraft } from "./alert-draft.ts";
import type { AlertFacts, AlertIncident, Hold, News, Rule } from "./alert-types.ts";
import { countClosing, countOpening, flapKeyOf, flapToldId, timesOf } from "./flaps.ts";
import { endHoldOf, holdOf, inhibitorOf } from "./gates.ts";
import { join, nudge } from "./joining.ts";
import { forgetMs, INCIDENTS, LINE_CHARACTERS, LINES, RECOVERY_MS, REMEMBERED_MS, WAITS } from "./limits.ts";
import { hostIdsOf, isOnce, ruleById, ruleFor, severityOf, stepsOf } from "./rules.ts";

/** What the Fleet says of an incident. What it said before does nothing. */
export function takeNews(draft: AlertDraft, news: News): void {
  const known = draft.incident(news.incidentId);
  switch (news.phase) {
    case "opened":
      if (known === undefined) open(draft, news);
      return;
    case "reworded":
      if (known !== undefined && known.standing !== "over") reword(draft, known, news.incident);
      return;
    case "closed":
      if (known === undefined) closeUnknown(draft, news);
      else if (known.standing !== "over" && known.facts.closedMs === null) close(draft, known, news);
      return;
  }
}

/** May it be told by now? Asked again whenever that may have changed. */
export function settle(draft: AlertDraft, id: string): void {
  const incident = draft.incident(id);
  if (incident === undefined || incident.standing === "told" || incident.standing === "over") return;
  const rule = ruleById(draft.setup, incident.ruleId);
  if (stepsOf(rule).length === 0) return mute(draft, incident, rule);
  const hold = holdOf(draft, incident);
  if (hold !== null) return isBrief(incident) ? skip(draft, incident, hold) : keepBack(draft, incident, hold);
  if (incident.standing === "waiting") return;
  sayReleased(draft, incident);
  join(draft, draft.incident(id) ?? incident);
}

/** The rule that decides about it by what people have set now. */
export function rematch(draft: AlertDraft, incident: AlertIncident): void {
  const rule = ruleFor(draft.setup, incident.facts);
  const severity = incident.isLate ? "info" : severityOf(rule, incident.facts.kind);
  if (rule.id === incident.ruleId && severity === incident.severity) return;
  const before = incident.alertId;
  // What waited by another rule is told by this one.
  const anew = incident.standing === "waiting" ? { standing: "held" as const, alertId: null } : {};
  draft.putIncident({ ...incident, ...anew, ruleId: rule.id, severity });
  if (before !== null && incident.standing === "waiting") dropIfEmpty(draft, before);
  draft.why(incident.id, { what: "matched", rule: rule.id === "" ? null : rule.name, severity });
}

/** There is nothing more to tell of it. */
export function toOver(draft: AlertDraft, id: string): void {
  const incident = draft.incident(id);
  if (incident === undefined) return;
  const dueMs = forgetMs(draft.nowMs + REMEMBERED_MS);
  draft.putIncident({ ...incident, ...{ standing: "over", hold: null, alertId: null, dueMs }, facts: bare(incident) });
}

/** Nobody is told, since a rule says so or there is nobody. */
export function mute(draft: AlertDraft, incident: AlertIncident, rule: Rule | null): void {
  if (incident.standing !== "muted") {
    draft.why(incident.id, rule === null ? { what: "no-channel" } : { what: "muted", rule: rule.name });
  }
  if (isBrief(incident)) {
    toOver(draft, incident.id);
    if (incident.alertId !== null) dropIfEmpty(draft, incident.alertId);
    return;
  }
  const known = draft.incident(incident.id) ?? incident;
  draft.putIncident({ ...known, ...{ standing: "muted", hold: null, alertId: null, dueMs: null } });
  if (known.alertId !== null) nudge(draft, known.alertId);
  // What nobody hears of explains nothing.
  release(draft, incident.id, hostIdsOf(incident.facts));
}

/** Its end may be told, or until when not. */
export function settleEnd(draft: AlertDraft, id: string): void {
  const incident = draft.incident(id);
  if (incident === undefined || incident.alertId === null) return;
  const hold = endHoldOf(draft, incident);
  const untilMs = hold?.why === "silence" ? hold.untilMs : null;
  if (hold?.why === "silence" && incident.dueMs !== untilMs) {
    draft.why(id, { what: "end-held", reason: hold.reason, untilMs: hold.untilMs });
  }
  draft.putIncident({ ...(draft.incident(id) ?? incident), dueMs: untilMs });
  if (hold === null) nudge(draft, incident.alertId);
}

function open(draft: AlertDraft, news: News): void {
  if (!draft.hasRoom(INCIDENTS)) return draft.whyNot(news.incidentId, { what: "no-room" });
  const incident = keep(draft, news, { ...news.incident, closedMs: null }, false);
  const { facts } = incident;
  if (countOpening(draft, incident)) {
    draft.putIncident({ ...incident, isFlapping: true });
    draft.why(incident.id, { what: "flapping", ...timesOf(draft.flap(flapKeyOf(facts)), draft.nowMs) });
  }
  settle(draft, incident.id);
  // What is about to be told may be explained by this.
  for (const hostId of hostIdsOf(facts)) {
    for (const other of draft.onHost(hostId)) if (other.standing === "waiting") settle(draft, other.id);
  }
}

/** It is kept from now on. */
function keep(draft: AlertDraft, news: News, facts: AlertFacts, isLate: boolean): AlertIncident {
  const rule = ruleFor(draft.setup, facts);
  const severity = isLate ? "info" : severityOf(rule, facts.kind);
  const incident: AlertIncident = {
    ...{ kind: "incident", id: news.incidentId, facts: trimmed(facts), severity, ruleId: rule.id, standing: "held" },
    ...{
      hold: null,
      waited: null,
      alertId: null,
      joins: 0,
      isFlapping: false,
      isLate,
      acknowledged: news.acknowledged ?? null,
    },
    ...{ newsMs: draft.nowMs, dueMs: null, whys: 0 },
  };
  draft.putIncident(incident);
  draft.why(incident.id, { what: "matched", rule: rule.id === "" ? null : rule.name, severity });
  const { acknowledged } = incident;
  if (acknowledged !== null) draft.why(incident.id, { what: "acknowledged", byName: acknowledged.byName });
  return draft.incident(incident.id) ?? incident;
}

function close(draft: AlertDraft, incident: AlertIncident, news: News): void {
  const { id, standing, alertId } = incident;
  // What is told once is told, however soon it ends.
  if (isOnce(incident.facts.kind)) return;
  const closedMs = news.incident.closedMs ?? news.atMs;
  countClosing(draft, incident.facts);
  if (standing === "told") {
    const { isHostRemoved } = news.incident;
    draft.putIncident({ ...incident, facts: { ...incident.facts, closedMs, isHostRemoved } });
    settleEnd(draft, id);
  } else if (isMissed(draft, incident, closedMs)) {
    closeLate(draft, incident, closedMs);
  } else {
    draft.why(id, { what: "over-untold" });
    toOver(draft, id);
    if (alertId !== null) passIn(draft, alertId, standing);
  }
  release(draft, id, hostIdsOf(incident.facts));
}

/** It stood for longer than anybody waits for more, and yet waits to be told first: it was heard of only now. */
function isMissed(draft: AlertDraft, { standing, alertId, facts }: AlertIncident, closedMs: number): boolean {
  const alert = alertId === null ? undefined : draft.alert(alertId);
  if (standing !== "waiting" || alert === undefined || alert.firstToldMs !== null) return false;
  return closedMs - facts.openedMs > WAITS[alert.pace].mostMs;
}

function closeLate(draft: AlertDraft, incident: AlertIncident, closedMs: number): void {
  const { id, alertId, facts } = incident;
  const late = { severity: "info" as const, isLate: true, standing: "held" as const, alertId: null };
  draft.putIncident({ ...incident, ...late, facts: { ...facts, closedMs } });
  if (alertId !== null) nudge(draft, alertId);
  settle(draft, id);
}

/** Late: it is told once. Else nobody was to hear of it: maintenance held it. */
function closeUnknown(draft: AlertDraft, news: News): void {
  if (!draft.hasRoom(INCIDENTS)) return draft.whyNot(news.incidentId, { what: "no-room" });
  const closedMs = news.incident.closedMs ?? news.atMs;
  const incident = keep(draft, news, { ...news.incident, closedMs }, news.late);
  if (news.late) return settle(draft, incident.id);
  draft.why(incident.id, { what: "over-untold" });
  toOver(draft, incident.id);
}

/** Other words for it; of many hosts that are silent, some came back: what was held because of them is looked at again. */
function reword(draft: AlertDraft, incident: AlertIncident, said: AlertFacts): void {
  const { title, cause, evidence } = trimmed(said);
  const before = hostIdsOf(incident.facts);
  const lastLines = incident.facts.evidence.lastLines;
  const { hostTags, tagSets } = said;
  const facts = { ...incident.facts, title, cause, hostTags, tagSets, evidence: { ...evidence, lastLines } };
  draft.putIncident({ ...incident, facts });
  const now = new Set(hostIdsOf(facts));
  release(
    draft,
    incident.id,
    before.filter((id) => !now.has(id)),
  );
}

/** What it explained on these hosts is explained by another, or has a little time to recover as well. */
function release(draft: AlertDraft, id: string, hostIds: readonly string[]): void {
  for (const hostId of hostIds) {
    for (const other of draft.onHost(hostId)) {
      if (other.hold?.why !== "inhibited" || other.hold.byId !== id) continue;
      const next = inhibitorOf(draft, other);
      const untilMs = next === null ? draft.nowMs + RECOVERY_MS : null;
      draft.putIncident({ ...other, hold: { why: "inhibited", byId: next?.id ?? id, untilMs }, dueMs: untilMs });
    }
  }
}

function keepBack(draft: AlertDraft, incident: AlertIncident, hold: Hold): void {
  const { id, alertId } = incident;
  if (incident.hold?.why !== hold.why || incident.standing !== "held") sayHeld(draft, incident, hold);
  const known = draft.incident(id) ?? incident;
  const dueMs = "untilMs" in hold ? hold.untilMs : null;
  const toldId = hold.why === "flapping" ? flapToldId(draft, incident.facts) : null;
  const of = toldId === null ? null : (draft.incident(toldId)?.alertId ?? null);
  const waited = waitedWords(draft, hold) ?? incident.waited;
  draft.putIncident({ ...known, standing: "held", hold, waited, alertId: of, dueMs });
  if (alertId !== null && alertId !== of) dropIfEmpty(draft, alertId);
}

/** What is told once and is over by that has no later. */
function skip(draft: AlertDraft, incident: AlertIncident, hold: Hold): void {
  sayHeld(draft, incident, hold);
  toOver(draft, incident.id);
  if (incident.alertId !== null) dropIfEmpty(draft, incident.alertId);
}

function sayHeld(draft: AlertDraft, { id, facts }: AlertIncident, hold: Hold): void {
  switch (hold.why) {
    case "confirm":
      return draft.why(id, { what: "confirming", untilMs: hold.untilMs });
    case "silence": {
      const silence = draft.setup.silences.find((each) => each.id === hold.silenceId);
      const { reason = "", byName = "" } = silence ?? {};
      return draft.why(id, { what: "silenced", reason, byName, untilMs: hold.untilMs });
    }
    case "inhibited":
      return draft.why(id, { what: "inhibited", by: draft.incident(hold.byId)?.facts.title ?? facts.title });
    case "flapping":
      return draft.why(id, { what: "flapping-quiet" });
  }
}

function sayReleased(draft: AlertDraft, { id, hold, waited }: AlertIncident): void {
  if (hold === null || hold.why === "confirm") return;
  if (hold.why === "flapping") return draft.why(id, { what: "flapping-over", stands: true });
  draft.why(id, { what: hold.why === "silence" ? "silence-over" : "inhibitor-over", because: waited ?? "" });
}

/** What held it, in words for those who are told of it afterwards; null where that is of no interest. */
function waitedWords(draft: AlertDraft, hold: Hold): string | null {
  switch (hold.why) {
    case "confirm":
      return null;
    case "silence":
      return `by the silence “${draft.setup.silences.find(({ id }) => id === hold.silenceId)?.reason ?? ""}”`;
    case "inhibited":
      return `since this explained it: ${draft.incident(hold.byId)?.facts.title ?? "another incident"}`;
    case "flapping":
      return "since it went and came";
  }
}

/** It was over before it could be told; of one that waited for the next message, that one says so. */
function passIn(draft: AlertDraft, alertId: string, standing: AlertIncident["standing"]): void {
  const alert = draft.alert(alertId);
  if (alert !== undefined && standing === "waiting") draft.putAlert({ ...alert, passed: (alert.passed ?? 0) + 1 });
  // Nothing else may be waited for by now.
  nudge(draft, alertId);
}

function dropIfEmpty(draft: AlertDraft, alertId: string): void {
  const alert = draft.alert(alertId);
  if (alert !== undefined && alert.open + alert.waiting + alert.ends === 0) draft.dropAlert(alertId);
}

function isBrief({ isLate, facts }: AlertIncident): boolean {
  return isLate || isOnce(facts.kind);
}

function trimmed(facts: AlertFacts): AlertFacts {
  const lastLines = facts.evidence.lastLines.slice(-LINES).map((line) => line.slice(0, LINE_CHARACTERS).toWellFormed());
  return { ...facts, evidence: { ...facts.evidence, lastLines } };
}

/** Without what only a message needs. */
function bare({ facts }: AlertIncident): AlertFacts {
  const evidence = { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null };
  return { ...facts, title: "", cause: "", hostTags: [], tagSets: undefined, evidence, needs: undefined };
}
