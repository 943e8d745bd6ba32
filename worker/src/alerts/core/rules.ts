import type { IncidentKind } from "@afloat/shared/domain";
import {
  type AlertChannel,
  type AlertFacts,
  type Matcher,
  type Rule,
  SEVERITIES,
  type Setup,
  type Severity,
  type Silence,
  type Step,
} from "./alert-types.ts";

/** How grave a kind is where no rule says otherwise. */
export const SEVERITY_OF: Record<IncidentKind, Severity> = {
  "restart-loop": "critical",
  "service-down": "critical",
  "host-offline": "critical",
  "hosts-silent": "critical",
  "endpoint-regressed": "error",
  "endpoint-crashes-service": "error",
  "port-conflict": "error",
  "agent-loop": "error",
  "host-cloned": "error",
  "host-flapping": "warning",
  "endpoint-unproven": "info",
  "command-failed": "info",
};

/** What is critical is said again so often until somebody acknowledges it, milliseconds. */
export const REMINDER_MS = 4 * 3_600_000;

/** Where no rule fits: every channel is told, at once. */
const DEFAULTS: Rule = {
  ...{ id: "", position: Number.MAX_SAFE_INTEGER, name: "", match: {}, severity: null },
  tell: { steps: [{ afterMs: 0, channelIds: "all" }] },
  ...{ confirmMs: 0, group: "host" },
};

/** It is told once and is over by that: nothing ends later. */
export function isOnce(kind: IncidentKind): boolean {
  return kind === "command-failed";
}

/** The rule that decides about this incident. */
export function ruleFor({ rules }: Setup, facts: AlertFacts): Rule {
  const fitting = rules.filter(({ match }) => fits(match, facts, "some"));
  return fitting.reduce((first, rule) => (rule.position < first.position ? rule : first), DEFAULTS);
}

/** The rule by its id; the defaults where it is gone. */
export function ruleById({ rules }: Setup, id: string): Rule {
  return rules.find((rule) => rule.id === id) ?? DEFAULTS;
}

export function severityOf(rule: Rule, kind: IncidentKind): Severity {
  return rule.severity ?? SEVERITY_OF[kind];
}

export function isGraver(a: Severity, b: Severity): boolean {
  return SEVERITIES.indexOf(a) < SEVERITIES.indexOf(b);
}

/** Steps in the order in which they are taken, counted from the first: what that waits is part of the confirm time. */
export function stepsOf({ tell }: Rule): Step[] {
  const steps = [...tell.steps].sort((a, b) => a.afterMs - b.afterMs);
  const firstMs = steps[0]?.afterMs ?? 0;
  return steps.map((step) => ({ ...step, afterMs: step.afterMs - firstMs }));
}

/** How long it must stand before the first step tells of it. */
export function confirmMsOf({ confirmMs, tell }: Rule): number {
  const waits = tell.steps.map(({ afterMs }) => afterMs);
  return confirmMs + (waits.length === 0 ? 0 : Math.min(...waits));
}

/** How often it is said again; null for never. */
export function reminderMsOf(rule: Rule, severity: Severity): number | null {
  if (rule.reminderMs !== undefined) return rule.reminderMs;
  return severity === "critical" ? REMINDER_MS : null;
}

/**
 * The channels of a step that there are. Where all that it names are gone, every channel is told instead (`isFallback`): that a channel was removed
 * must not mean that nobody hears.
 */
export function channelsOf(step: Step, setup: Setup): { channels: AlertChannel[]; isFallback: boolean } {
  const open = setup.channels.filter(({ isOff }) => !isOff);
  if (step.channelIds === "all") return { channels: open, isFallback: false };
  const named = open.filter(({ id }) => step.channelIds.includes(id));
  const isFallback = named.length === 0 && step.channelIds.length > 0;
  return { channels: isFallback ? open : named, isFallback };
}

/** The silence that holds for this incident at this moment, of several the one that ends last. */
export function silenceFor({ silences }: Setup, facts: AlertFacts, nowMs: number): Silence | null {
  const holding = silences.filter(
    ({ fromMs, untilMs, match }) => fromMs <= nowMs && nowMs < untilMs && fits(match, facts, "every"),
  );
  return holding.reduce<Silence | null>(
    (last, silence) => (last === null || silence.untilMs > last.untilMs ? silence : last),
    null,
  );
}

/** The announced maintenance that it is in, by its last end. */
export function maintenanceFor({ maintenance }: Setup, facts: AlertFacts, nowMs: number) {
  const holding = maintenance.filter(
    ({ fromMs, untilMs, match }) =>
      fromMs <= nowMs && nowMs < untilMs && match.some((each) => fits(each, facts, "every")),
  );
  return holding.sort((a, b) => b.untilMs - a.untilMs)[0] ?? null;
}

/** The hosts that an incident is about. */
export function hostIdsOf({ hostId, evidence }: AlertFacts): string[] {
  return evidence.many === undefined ? [hostId] : evidence.many.hosts.map(({ id }) => id);
}

/** Of an incident about many hosts, a rule takes it for `some` of them; a silence hides it only where it covers `every` one. */
function fits({ kinds, hosts, services, tags }: Matcher, facts: AlertFacts, many: "some" | "every"): boolean {
  if (isSet(kinds) && !kinds.includes(facts.kind)) return false;
  if (isSet(services) && (facts.serviceName === null || !services.includes(facts.serviceName))) return false;
  if (isSet(tags) && !tagSetsOf(facts)[many]((own) => own.some((tag) => tags.includes(tag)))) return false;
  if (!isSet(hosts)) return true;
  return hostIdsOf(facts)[many]((id) => hosts.includes(id));
}

/** At least one: what is known of no host is hidden by nothing. */
function tagSetsOf({ hostTags, tagSets }: AlertFacts): string[][] {
  return isSet(tagSets) ? tagSets : [hostTags];
}

function isSet<T>(list: T[] | undefined): list is T[] {
  return list !== undefined && list.length > 0;
}
