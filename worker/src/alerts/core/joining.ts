import type { AlertDraft } from "./alert-draft.ts";
import type { Alert, AlertIncident, Rule } from "./alert-types.ts";
import {
  ENDS_WAIT_MS,
  FLAP_WITHIN_MS,
  FOLLOW_UP_MS,
  forgetMs,
  JOINABLE_MS,
  SPREAD_MS,
  STORM_ALERTS,
  STORM_WITHIN_MS,
  WAITS,
} from "./limits.ts";
import { isGraver, isOnce, ruleById } from "./rules.ts";

/** It is to be told: by an alert of its own, or together with others. */
export function join(draft: AlertDraft, incident: AlertIncident): void {
  const rule = ruleById(draft.setup, incident.ruleId);
  const alert =
    ownOf(draft, incident) ??
    joinable(draft, groupKeyOf(incident, rule), JOINABLE_MS) ??
    spreadTo(draft, incident, rule) ??
    startAlert(draft, incident, rule);
  if (alert.about !== incident.facts.hostName || alert.firstToldMs !== null) {
    draft.why(incident.id, { what: alert.pace === "storm" ? "storm" : "joined", alert: alert.about });
  }
  const { acknowledged } = incident;
  const isGrave = alert.firstToldMs !== null && isGraver(incident.severity, alert.severity);
  draft.putAlert({
    ...alert,
    isUrgent: alert.isUrgent || isGrave,
    acknowledged: alert.acknowledged ?? (alert.firstToldMs === null ? acknowledged : null),
  });
  const known = draft.incident(incident.id) ?? incident;
  const joined = { alertId: alert.id, joins: known.joins + 1, dueMs: null };
  draft.putIncident({ ...known, standing: "waiting", hold: null, ...joined });
  nudge(draft, alert.id);
}

/** There is something new to say for this alert: when is it said? With nothing left of it, it is dropped. */
export function nudge(draft: AlertDraft, alertId: string): void {
  const alert = draft.alert(alertId);
  if (alert === undefined) return;
  if (alert.open + alert.waiting + alert.ends === 0) return draft.dropAlert(alertId);
  const { nowMs } = draft;
  const waitFromMs = alert.waitFromMs ?? nowMs;
  const waitUntilMs = waitUntil(alert, waitFromMs, nowMs);
  const next = { ...alert, waitFromMs, waitUntilMs };
  draft.putAlert({ ...next, sayMs: sayMsOf(next, waitFromMs, waitUntilMs) });
}

/** A wait that is over, while a follow-up is not due yet, begins anew. */
function waitUntil({ pace, waitUntilMs }: Alert, waitFromMs: number, nowMs: number): number {
  const { firstMs, quietMs, mostMs } = WAITS[pace];
  if (waitUntilMs === null || waitUntilMs <= nowMs) return nowMs + firstMs;
  return Math.min(Math.max(waitUntilMs, nowMs + quietMs), Math.max(waitUntilMs, waitFromMs + mostMs));
}

/** What may be told together: of one host by one rule, what wakes somebody apart from what does not. */
function groupKeyOf({ id, facts, severity, isLate }: AlertIncident, rule: Rule): string {
  if (isLate) return `late|${rule.id}`;
  if (rule.group === "none" || facts.kind === "hosts-silent") return `one|${id}`;
  const loudness = isOnce(facts.kind) ? "once" : severity === "info" ? "info" : "loud";
  return `${loudness}|${rule.id}|${facts.hostId}`;
}

/** What went and came is told where it was told so. */
function ownOf(draft: AlertDraft, { hold, alertId }: AlertIncident): Alert | undefined {
  return hold?.why === "flapping" && alertId !== null ? draft.alert(alertId) : undefined;
}

function joinable(draft: AlertDraft, key: string, forMs: number): Alert | undefined {
  const alert = draft.alertOfGroup(key);
  if (alert === undefined || alert.firstToldMs === null) return alert;
  return draft.nowMs - alert.firstToldMs <= forMs ? alert : undefined;
}

/** The same trouble of the same service, on host after host: a deploy that went wrong is one alert. */
function spreadTo(draft: AlertDraft, incident: AlertIncident, rule: Rule): Alert | undefined {
  const key = spreadKeyOf(incident, rule);
  const alert = key === null ? undefined : joinable(draft, key, SPREAD_MS);
  if (alert === undefined) return undefined;
  // How far it spreads is told soon, and together.
  return { ...alert, about: SEVERAL, pace: alert.firstToldMs === null ? alert.pace : "storm" };
}

function spreadKeyOf({ facts, isLate }: AlertIncident, rule: Rule): string | null {
  if (isLate || rule.group === "none" || facts.serviceName === null || isOnce(facts.kind)) return null;
  return `same|${rule.id}|${facts.kind}|${facts.serviceName}`;
}

const SEVERAL = "several hosts";

/** Of very many alerts at once, those after the first few are one. */
function startAlert(draft: AlertDraft, incident: AlertIncident, rule: Rule): Alert {
  const own = groupKeyOf(incident, rule);
  const keys = { groupKey: own, spreadKey: spreadKeyOf(incident, rule) };
  if (incident.isLate) return newAlert(draft, incident, keys, "late");
  if (own.startsWith("one|")) return newAlert(draft, incident, keys, "host");
  const [loudness] = own.split("|");
  const key = `storm|${loudness}|${rule.id}`;
  const { nowMs } = draft;
  const recent = (draft.storm(key)?.openedMs ?? []).filter((atMs) => nowMs - atMs < STORM_WITHIN_MS);
  const openedMs = [...recent, nowMs].slice(-STORM_ALERTS - 1);
  // It counts for a minute, and is forgotten with what is counted for an hour.
  draft.putStorm({ kind: "storm", id: key, openedMs, dueMs: forgetMs(nowMs + FLAP_WITHIN_MS) });
  if (openedMs.length <= STORM_ALERTS) return newAlert(draft, incident, keys, "host");
  const together = { groupKey: key, spreadKey: null };
  return joinable(draft, key, JOINABLE_MS) ?? newAlert(draft, incident, together, "storm");
}

function newAlert(
  draft: AlertDraft,
  { id, joins, facts, ruleId, severity }: AlertIncident,
  keys: Pick<Alert, "groupKey" | "spreadKey">,
  pace: Alert["pace"],
): Alert {
  const about = pace === "host" ? facts.hostName : SEVERAL;
  return {
    ...{
      kind: "alert",
      id: `${id}~${joins}`,
      threadId: null,
      ...keys,
      pace,
      about,
      ruleId,
      severity,
      open: 0,
      waiting: 0,
      ends: 0,
    },
    ...{ waitFromMs: null, waitUntilMs: null, sayMs: null, isUrgent: false, firstToldMs: null, lastToldMs: null },
    ...{
      told: [],
      madeMs: draft.nowMs,
      step: 0,
      stepsFromMs: null,
      stepMs: null,
      acknowledged: null,
      reminders: 0,
      reminderMs: null,
    },
    ...{ messages: 0, total: 0, dueMs: null },
  };
}

/**
 * The first is told when its wait is over, and so is the end of all. In between there is one follow-up each five minutes at most, but for what is
 * graver than all that was told, and for how far it spread.
 */
function sayMsOf(alert: Alert, waitFromMs: number, waitUntilMs: number): number {
  const { firstToldMs, lastToldMs, isUrgent, open, waiting, pace } = alert;
  if (firstToldMs === null || isUrgent || open + waiting === 0) return waitUntilMs;
  if (pace === "storm" && waiting > 0 && lastToldMs === firstToldMs) return waitUntilMs;
  const followUpMs = (lastToldMs ?? firstToldMs) + FOLLOW_UP_MS;
  return Math.max(followUpMs, waiting > 0 ? waitUntilMs : waitFromMs + ENDS_WAIT_MS);
}
