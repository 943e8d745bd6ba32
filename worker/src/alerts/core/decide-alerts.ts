import { AlertDraft } from "./alert-draft.ts";
import { type AlertState, counts } from "./alert-state.ts";
import type { AlertDecision, AlertEvent, AlertIncident, Setup } from "./alert-types.ts";
import { dueBy } from "./due-queue.ts";
import { flapKeyOf, settleFlap } from "./flaps.ts";
import { rematch, settle, settleEnd, takeNews } from "./incident-turns.ts";
import { acknowledge, escalate, remind, replan } from "./insisting.ts";
import { adopt } from "./adopting.ts";
import { DUE_AT_ONCE } from "./limits.ts";
import { say } from "./saying.ts";

/**
 * Who is told what, and why. Nothing of `state` is changed: `applyDecision` takes over what was decided. What was due before the event is decided
 * first. Only the incidents and alerts that are concerned are touched, however many there are.
 */
export function decideAlerts(state: AlertState, event: AlertEvent, setup: Setup, nowMs: number): AlertDecision {
  const draft = new AlertDraft(state, setup, nowMs);
  decideDue(draft, state);
  switch (event.kind) {
    case "news":
      for (const news of event.news) takeNews(draft, news);
      break;
    case "alarm":
      break;
    case "setup-changed":
      for (const incident of draft.all()) reconsider(draft, incident);
      for (const alert of draft.allAlerts()) replan(draft, alert);
      break;
    case "acknowledged":
      acknowledge(draft, event.incidentId, event);
      break;
    case "adopted":
      adopt(draft, event);
      break;
  }
  return draft.decision();
}

/** Of very much, what was due first; the rest is due still. */
function decideDue(draft: AlertDraft, state: AlertState): void {
  const due = dueBy(state.due, draft.nowMs).filter((each) => counts(state, each));
  for (const { kind, id } of due.slice(0, DUE_AT_ONCE)) {
    switch (kind) {
      case "flap":
        decideFlap(draft, id);
        break;
      case "incident":
        decideIncident(draft, id);
        break;
      case "alert":
        decideAlert(draft, id);
        break;
      case "storm":
        draft.dropStorm(id);
        break;
    }
  }
}

function decideIncident(draft: AlertDraft, id: string): void {
  const incident = draft.incident(id);
  if (incident === undefined) return;
  if (incident.standing !== "over") return reconsider(draft, incident, false);
  // It may be over only since what was due with it.
  if (incident.dueMs !== null && incident.dueMs <= draft.nowMs) draft.dropIncident(id);
}

/** What may be told of it by now. `anew`: also by another rule. */
function reconsider(draft: AlertDraft, incident: AlertIncident, anew = true): void {
  if (incident.standing === "told") {
    if (incident.facts.closedMs !== null) settleEnd(draft, incident.id);
    return;
  }
  if (anew) rematch(draft, incident);
  settle(draft, incident.id);
}

/** It does not flap any more: what was quiet is told, if it stands. */
function decideFlap(draft: AlertDraft, id: string): void {
  const flap = draft.flap(id);
  if (flap === undefined) return;
  const told = settleFlap(draft, flap);
  const by = told?.toldId === null || told === null ? undefined : draft.incident(told.toldId);
  if (by === undefined || by.alertId === null) return;
  for (const each of draft.members(by.alertId)) {
    if (flapKeyOf(each.facts) !== id) continue;
    if (each.standing === "held") settle(draft, each.id);
    else if (each.facts.closedMs !== null) settleEnd(draft, each.id);
    else draft.putIncident({ ...each, isFlapping: false });
  }
}

function decideAlert(draft: AlertDraft, id: string): void {
  const isDue = (ms: number | null | undefined) => ms !== null && ms !== undefined && ms <= draft.nowMs;
  const isLoud = () => {
    const alert = draft.alert(id);
    return alert !== undefined && alert.open > 0 && alert.acknowledged === null;
  };
  if (isDue(draft.alert(id)?.sayMs)) say(draft, id);
  if (isLoud() && isDue(draft.alert(id)?.stepMs)) escalate(draft, id);
  if (isLoud() && isDue(draft.alert(id)?.reminderMs)) remind(draft, id);
}
