import type { IncidentKind } from "@afloat/shared/domain";
import type { AlertDraft } from "./alert-draft.ts";
import type { AlertFacts, AlertIncident, Hold } from "./alert-types.ts";
import { flapKeyOf, flapToldId } from "./flaps.ts";
import { confirmMsOf, hostIdsOf, isOnce, maintenanceFor, ruleById, silenceFor } from "./rules.ts";

/** Why nobody is told of it yet; null where it may be told. */
export function holdOf(draft: AlertDraft, incident: AlertIncident): Hold | null {
  const { facts, hold, newsMs, ruleId } = incident;
  const silence = silenceFor(draft.setup, facts, draft.nowMs);
  if (silence !== null) return { why: "silence", silenceId: silence.id, untilMs: silence.untilMs };
  if (incident.isLate || isOnce(facts.kind)) return null;
  const toldId = flapToldId(draft, facts);
  if (toldId !== null && toldId !== incident.id) return { why: "flapping" };
  const inhibitor = inhibitorOf(draft, incident);
  if (inhibitor !== null) return { why: "inhibited", byId: inhibitor.id, untilMs: null };
  if (hold?.why === "inhibited" && hold.untilMs !== null && hold.untilMs > draft.nowMs) return hold;
  const untilMs = newsMs + confirmMsOf(ruleById(draft.setup, ruleId));
  return untilMs > draft.nowMs ? { why: "confirm", untilMs } : null;
}

/** What explains this incident: its host is not heard, its service is in a loop, or what it depends on is broken. */
export function inhibitorOf(draft: AlertDraft, { id, facts }: AlertIncident): AlertIncident | null {
  if (facts.serviceName === null) return null;
  const others = draft.onHost(facts.hostId).filter((other) => other.id !== id && explains(other));
  return (
    others.find(({ facts: { kind } }) => HOST_GONE.includes(kind)) ??
    others.find((other) => isLoopOf(other.facts, facts)) ??
    others.find((other) => isBrokenNeed(other.facts, facts)) ??
    null
  );
}

/** Why it is not said again that it stands, and until when; null where it may be said. */
export function quietOf(
  draft: AlertDraft,
  incident: AlertIncident,
): { because: string; untilMs: number | null } | null {
  const { setup, nowMs } = draft;
  const silence = silenceFor(setup, incident.facts, nowMs);
  if (silence !== null) return { because: `the silence “${silence.reason}”`, untilMs: silence.untilMs };
  const maintenance = maintenanceFor(setup, incident.facts, nowMs);
  if (maintenance !== null) return { because: `the maintenance “${maintenance.title}”`, untilMs: maintenance.untilMs };
  const inhibitor = inhibitorOf(draft, incident);
  return inhibitor === null ? null : { because: inhibitor.facts.title, untilMs: null };
}

/** While its end may not be told: until when; `flapping` where nobody knows. Null where it may. */
export function endHoldOf(
  draft: AlertDraft,
  { facts, isFlapping }: AlertIncident,
): { why: "silence"; reason: string; untilMs: number } | { why: "flapping" } | null {
  const silence = silenceFor(draft.setup, facts, draft.nowMs);
  if (silence !== null) return { why: "silence", reason: silence.reason, untilMs: silence.untilMs };
  const flap = draft.flap(flapKeyOf(facts));
  return isFlapping && flap !== undefined && flap.sinceMs !== null ? { why: "flapping" } : null;
}

/** Hosts of which nothing is known: what their services are said to do is no news. */
const HOST_GONE: readonly IncidentKind[] = ["host-offline", "hosts-silent"];
/** A loop is seen as these, too, each time that it is between two starts. */
const OF_A_LOOP: readonly IncidentKind[] = ["service-down", "endpoint-regressed"];
/** What makes a service one that others cannot rely on. */
const BROKEN: readonly IncidentKind[] = [
  "restart-loop",
  "service-down",
  "endpoint-regressed",
  "endpoint-crashes-service",
  "port-conflict",
];

/** People hear of it, or would: what no rule tells anybody explains nothing, nor what is itself explained by another. */
function explains({ standing, facts, hold, isLate }: AlertIncident): boolean {
  if (standing === "over" || standing === "muted" || facts.closedMs !== null || isLate) return false;
  return hold?.why !== "inhibited";
}

function isLoopOf(other: AlertFacts, facts: AlertFacts): boolean {
  return other.kind === "restart-loop" && other.subjectId === facts.subjectId && OF_A_LOOP.includes(facts.kind);
}

function isBrokenNeed(other: AlertFacts, facts: AlertFacts): boolean {
  if (other.serviceName === null || other.serviceName === facts.serviceName) return false;
  if (!BROKEN.includes(other.kind) || !hostIdsOf(other).includes(facts.hostId)) return false;
  return facts.needs?.includes(other.serviceName) ?? false;
}
