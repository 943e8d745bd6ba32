import type { IncidentKind } from "@afloat/shared/domain";
import type { AlertFacts, Setup, Severity } from "../../alerts/core/alert-types.ts";
import {
  channelsOf,
  confirmMsOf,
  maintenanceFor,
  reminderMsOf,
  ruleFor,
  severityOf,
  silenceFor,
  stepsOf,
} from "../../alerts/core/rules.ts";

/** Who would be told of an incident of this kind, host and service, if it began now. */
export interface Preview {
  /** Its name; null: the defaults hold. */
  rule: string | null;
  severity: Severity;
  /** It must stand so long first, milliseconds. */
  confirmMs: number;
  /** Counted from the first. `isFallback`: its own channels are gone. */
  steps: { afterMs: number; channels: string[]; isFallback: boolean }[];
  /** How often it is said again; null for never. */
  reminderMs: number | null;
  /** What keeps it quiet at this moment; null where nothing does. */
  silencedBy: { reason: string; byName: string; untilMs: number } | null;
  maintainedBy: { title: string; untilMs: number } | null;
}

/** What is asked: of a host's own incident `serviceName` is null. */
export interface Asked {
  kind: IncidentKind;
  host: { id: string; name: string; tags: string[] };
  serviceName: string | null;
}

/** By the very rules that alerting goes by. */
export function previewOf(setup: Setup, { kind, host, serviceName }: Asked, nowMs: number): Preview {
  const facts: AlertFacts = {
    ...{ kind, hostId: host.id, hostName: host.name, hostTags: host.tags, serviceName, title: "", cause: "" },
    ...{ subjectId: serviceName === null ? host.id : `${host.id}.${serviceName}`, openedMs: nowMs, closedMs: null },
    evidence: { lastLines: [], exit: null, restarts: null, spanMs: null, causeCode: null },
  };
  const rule = ruleFor(setup, facts);
  const severity = severityOf(rule, kind);
  return {
    ...{ rule: rule.id === "" ? null : rule.name, severity, confirmMs: confirmMsOf(rule) },
    steps: stepsOf(rule).map((step) => {
      const { channels, isFallback } = channelsOf(step, setup);
      return { afterMs: step.afterMs, channels: channels.map(({ name }) => name), isFallback };
    }),
    reminderMs: reminderMsOf(rule, severity),
    silencedBy: silenceFor(setup, facts, nowMs),
    maintainedBy: maintenanceFor(setup, facts, nowMs),
  };
}
