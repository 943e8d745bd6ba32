import type { IncidentKind } from "@afloat/shared/domain";
import type { AlertDraft } from "./alert-draft.ts";
import type { AlertFacts, AlertIncident, Flap } from "./alert-types.ts";
import { FLAP_STEADY_MS, FLAP_TIMES, FLAP_WITHIN_MS, FLAPS, forgetMs } from "./limits.ts";
import { isOnce } from "./rules.ts";

/** What goes and comes: a kind of incident of one subject. */
export function flapKeyOf({ subjectId, kind }: AlertFacts): string {
  return `${subjectId}/${kind}`;
}

/** One more opening is counted. True where it is to be told as one that goes and comes. */
export function countOpening(draft: AlertDraft, { facts, id }: AlertIncident): boolean {
  const key = flapKeyOf(facts);
  const before = draft.flap(key);
  if (BY_THE_FLEET.includes(facts.kind) || isOnce(facts.kind)) return false;
  if (before === undefined && draft.flapCount() >= FLAPS) return false;
  const { nowMs } = draft;
  const recent = (before?.openedMs ?? []).filter((atMs) => nowMs - atMs < FLAP_WITHIN_MS);
  const openedMs = [...recent, nowMs].slice(-FLAP_TIMES);
  const flaps = before?.sinceMs !== undefined && before.sinceMs !== null;
  const sinceMs = flaps ? before.sinceMs : openedMs.length >= FLAP_TIMES ? nowMs : null;
  const flap = { kind: "flap" as const, id: key, openedMs, sinceMs, turnMs: nowMs, toldId: before?.toldId ?? null };
  put(draft, flap);
  return sinceMs !== null && (flap.toldId === null || flap.toldId === id);
}

/** One closing. */
export function countClosing(draft: AlertDraft, facts: AlertFacts): void {
  const flap = draft.flap(flapKeyOf(facts));
  if (flap !== undefined) put(draft, { ...flap, turnMs: draft.nowMs });
}

/** People are told by this incident that it goes and comes. */
export function tellFlap(draft: AlertDraft, { id, facts, isFlapping }: AlertIncident): void {
  const flap = draft.flap(flapKeyOf(facts));
  if (isFlapping && flap !== undefined && flap.sinceMs !== null && flap.toldId === null) {
    put(draft, { ...flap, toldId: id });
  }
}

/** The incident by which people know that it goes and comes, while it does; null where nobody was told. */
export function flapToldId(draft: AlertDraft, facts: AlertFacts): string | null {
  const flap = draft.flap(flapKeyOf(facts));
  if (flap === undefined || flap.sinceMs === null || flap.toldId === null) return null;
  return (draft.incident(flap.toldId)?.alertId ?? null) === null ? null : flap.toldId;
}

/** It has been one thing for long, or was not seen for long: it is forgotten. Answers the flap that is over, if it was told. */
export function settleFlap(draft: AlertDraft, flap: Flap): Flap | null {
  draft.dropFlap(flap.id);
  return flap.sinceMs === null || flap.toldId === null ? null : flap;
}

/** How often it came within which time, in words' terms. */
export function timesOf(flap: Flap | undefined, nowMs: number): { times: number; withinMs: number } {
  return { times: flap?.openedMs.length ?? 1, withinMs: nowMs - (flap?.openedMs[0] ?? nowMs) };
}

/** The Fleet itself holds these down: core/flapping.ts, core/many-silent.ts. */
const BY_THE_FLEET: readonly IncidentKind[] = ["host-offline", "host-flapping", "hosts-silent", "host-cloned"];

function put(draft: AlertDraft, flap: Omit<Flap, "dueMs">): void {
  const lastMs = flap.openedMs.at(-1) ?? flap.turnMs;
  draft.putFlap({
    ...flap,
    dueMs: flap.sinceMs === null ? forgetMs(lastMs + FLAP_WITHIN_MS) : flap.turnMs + FLAP_STEADY_MS,
  });
}
