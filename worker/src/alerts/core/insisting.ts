import type { AlertDraft } from "./alert-draft.ts";
import type { Alert, AlertIncident } from "./alert-types.ts";
import { quietOf } from "./gates.ts";
import { HELD_AGAIN_MS, REMINDERS } from "./limits.ts";
import { messageOf } from "./message-words.ts";
import { channelsOf, ruleById, stepsOf } from "./rules.ts";
import { firstHearers, lookedAfter, namesOf, planOf, toldAndOn } from "./saying.ts";

/** Nobody looks after it: the next step of its rule is told. */
export function escalate(draft: AlertDraft, alertId: string): void {
  const alert = draft.alert(alertId);
  if (alert === undefined) return;
  const step = stepsOf(ruleById(draft.setup, alert.ruleId))[alert.step];
  if (step === undefined) return draft.putAlert({ ...alert, stepMs: null });
  const stands = standing(draft, alert);
  if (isSettled(draft, alert, stands)) return;
  const again = heldUntil(draft, stands, alert.stepMs);
  if (again !== null) return draft.putAlert({ ...(draft.alert(alertId) ?? alert), stepMs: again });
  const channelIds = channelsOf(step, draft.setup).channels.map(({ id }) => id);
  const told = [...new Set([...alert.told, ...channelIds])];
  const taken = { ...alert, told, step: alert.step + 1 };
  const { stepMs } = planOf(draft, taken);
  insist(draft, { ...taken, stepMs }, stands, "escalated", channelIds);
}

/** Nobody looks after it: it is said again that it stands. */
export function remind(draft: AlertDraft, alertId: string): void {
  const alert = draft.alert(alertId);
  if (alert === undefined) return;
  const stands = standing(draft, alert);
  if (isSettled(draft, alert, stands)) return;
  const again = heldUntil(draft, stands, alert.reminderMs);
  if (again !== null) return draft.putAlert({ ...(draft.alert(alertId) ?? alert), reminderMs: again });
  const reminded = { ...alert, reminders: alert.reminders + 1 };
  const { reminderMs } = planOf(draft, reminded);
  // A rule that was changed meanwhile may want no reminder.
  if (reminderMs === null && alert.reminders + 1 < REMINDERS) return draft.putAlert({ ...alert, reminderMs: null });
  if (reminderMs === null) for (const { id } of stands) draft.why(id, { what: "last-reminder" });
  const left = toldAndOn(draft, alert);
  const channelIds = left.length > 0 ? left : firstHearers(draft, alert, stands);
  const told = [...new Set([...alert.told, ...channelIds])];
  insist(draft, { ...reminded, told, reminderMs }, stands, "reminder", channelIds);
}

/** Steps and reminders by what people have set now; what a silence put off that is over is due. */
export function replan(draft: AlertDraft, alert: Alert): void {
  if (alert.firstToldMs === null || alert.acknowledged !== null) return;
  const { stepMs, reminderMs } = planOf(draft, alert);
  const sooner = reminderMs === null ? null : Math.min(reminderMs, alert.reminderMs ?? reminderMs);
  draft.putAlert({ ...alert, stepMs, reminderMs: sooner });
}

/** Somebody looks after it. Those who were told of it are told of that. */
export function acknowledge(draft: AlertDraft, incidentId: string, by: { byId: string; byName: string }): void {
  const incident = draft.incident(incidentId);
  const ofIt = incident === undefined || incident.alertId === null ? undefined : draft.alert(incident.alertId);
  const alert = ofIt ?? draft.alertOfThread(incidentId);
  const acknowledged = { byId: by.byId, byName: by.byName, atMs: draft.nowMs };
  const isNew = alert?.acknowledged === null;
  const lone = incident === undefined || incident.standing === "over" ? [] : [incident];
  for (const { id } of alert === undefined ? lone : draft.members(alert.id)) {
    const each = draft.incident(id);
    if (each === undefined || each.acknowledged !== null) continue;
    draft.putIncident({ ...each, acknowledged });
    draft.why(id, { what: "acknowledged", byName: by.byName });
  }
  const now = alert === undefined ? undefined : draft.alert(alert.id);
  if (now === undefined || !isNew) return;
  const known = { ...now, acknowledged };
  draft.putAlert(known);
  const stands = standing(draft, known);
  if (stands.length > 0 && heldUntil(draft, stands, null) === null) {
    insist(draft, known, stands, "acknowledged", toldAndOn(draft, known));
  }
}

function insist(
  draft: AlertDraft,
  alert: Alert,
  stands: AlertIncident[],
  phase: "escalated" | "reminder" | "acknowledged",
  channelIds: string[],
): void {
  if (channelIds.length === 0) return draft.putAlert(alert);
  const said = { ...alert, messages: alert.messages + 1 };
  draft.putAlert(said);
  const telling = { phase, fresh: [], ended: [], stands, passed: 0, channelIds, flap: null };
  draft.messages.push(messageOf(draft.setup, said, telling, draft.nowMs));
  if (phase === "acknowledged") return;
  for (const { id } of stands) draft.why(id, { what: "told", phase, channels: namesOf(draft, channelIds) });
}

/** Nobody is asked where somebody looks after each that stands by now. */
function isSettled(draft: AlertDraft, alert: Alert, stands: readonly AlertIncident[]): boolean {
  const now = lookedAfter(alert, stands);
  if (now.acknowledged === null) return false;
  draft.putAlert(now);
  return true;
}

function standing(draft: AlertDraft, { id }: Alert): AlertIncident[] {
  return draft.members(id).filter(({ standing, facts }) => standing === "told" && facts.closedMs === null);
}

/** Where all that stands is silenced, maintained or explained by something else: when to look again. Null where it may be said. */
function heldUntil(draft: AlertDraft, stands: readonly AlertIncident[], sinceMs: number | null): number | null {
  let againMs = Number.POSITIVE_INFINITY;
  for (const incident of stands) {
    const quiet = quietOf(draft, incident);
    if (quiet === null) return null;
    againMs = Math.min(againMs, quiet.untilMs ?? draft.nowMs + HELD_AGAIN_MS);
    if (quiet.untilMs !== null && sinceMs !== null) {
      draft.why(incident.id, { what: "reminder-held", because: quiet.because });
    }
  }
  return Number.isFinite(againMs) ? againMs : draft.nowMs + HELD_AGAIN_MS;
}
