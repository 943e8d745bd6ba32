import { durationWords } from "@afloat/shared/core/duration";
import type { IncidentKind, ServiceSnapshot } from "@afloat/shared/domain";
import { NEXT } from "../../alerts/core/kind-words.ts";

/** What comes of an open incident by itself, in sentences: by the agent, and by us. Nothing where it is over. */
export function nextWords(
  { kind, closedMs }: { kind: IncidentKind; closedMs: number | null },
  seen: { snapshot: Pick<ServiceSnapshot, "nextTryMs"> | null; acknowledgement: { byName: string } | null },
  nowMs: number,
): string[] {
  if (closedMs !== null) return [];
  const words = NEXT[kind];
  const nextTryMs = seen.snapshot?.nextTryMs ?? null;
  const next =
    nextTryMs !== null && nextTryMs > nowMs ? `The next try is in ${durationWords(nextTryMs - nowMs)}.` : null;
  const by = seen.acknowledgement?.byName;
  const quiet =
    by === undefined ? null : `${by} looks after it: until it is over nobody is reminded, and nobody else is asked.`;
  return [words, next, quiet].filter((sentence) => sentence !== null);
}
