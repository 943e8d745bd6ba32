import type { AlertDraft } from "./alert-draft.ts";
import type { Alert, AlertEvent, AlertIncident } from "./alert-types.ts";
import { ruleFor, severityOf, stepsOf } from "./rules.ts";
import { namesOf, planOf } from "./saying.ts";

/** An incident of which people were told before alerting knew it: they are told of its end. */
export function adopt(draft: AlertDraft, event: Extract<AlertEvent, { kind: "adopted" }>): void {
  const { incidentId: id, incident: facts, channelIds, toldMs, acknowledged } = event;
  if (draft.incident(id) !== undefined) return;
  const rule = ruleFor(draft.setup, facts);
  const severity = severityOf(rule, facts.kind);
  const alert: Alert = {
    ...{
      kind: "alert",
      id: `${id}~0`,
      threadId: id,
      groupKey: `one|${id}`,
      spreadKey: null,
      pace: "host",
      about: facts.hostName,
    },
    ...{ ruleId: rule.id, severity, open: 0, waiting: 0, ends: 0, waitFromMs: null, waitUntilMs: null, sayMs: null },
    ...{
      isUrgent: false,
      firstToldMs: toldMs,
      lastToldMs: toldMs,
      told: channelIds,
      madeMs: toldMs,
      messages: 1,
      total: 1,
    },
    ...{
      step: stepsOf(rule).length,
      stepsFromMs: toldMs,
      stepMs: null,
      acknowledged,
      reminders: 0,
      reminderMs: null,
      dueMs: null,
    },
  };
  draft.putAlert({ ...alert, reminderMs: planOf(draft, alert).reminderMs });
  const incident: AlertIncident = {
    ...{
      kind: "incident",
      id,
      facts: { ...facts, closedMs: null },
      severity,
      ruleId: rule.id,
      standing: "told",
      hold: null,
      waited: null,
    },
    ...{ alertId: alert.id, joins: 1, isFlapping: false, isLate: false, acknowledged },
    ...{ newsMs: toldMs, dueMs: null, whys: 0 },
  };
  draft.putIncident(incident);
  draft.why(id, { what: "adopted", channels: namesOf(draft, channelIds) });
}
