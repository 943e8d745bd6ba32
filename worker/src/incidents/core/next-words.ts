import { durationWords } from "@afloat/shared/core/duration";
import type { IncidentKind, ServiceSnapshot } from "@afloat/shared/domain";
import type { WhySaid } from "../../alerts/core/alert-types.ts";
import { NEXT } from "../../alerts/core/kind-words.ts";
import type { Recorded } from "./timeline-types.ts";

/** What comes of an open incident by itself, in sentences: by the agent, and by us. Nothing where it is over. */
export function nextWords(
  { kind, closedMs }: { kind: IncidentKind; closedMs: number | null },
  seen: {
    snapshot: Pick<ServiceSnapshot, "nextTryMs"> | null;
    acknowledgement: { byName: string } | null;
    notices: Told[];
    whys: { atMs: number; said: WhySaid }[];
  },
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
  const planned = by === undefined ? plannedBy(seen.notices, seen.whys) : [];
  return [words, next, ...planned, quiet].filter((sentence) => sentence !== null);
}

type Told = Pick<Recorded["notices"][number], "createdMs" | "next">;

/** Who is told when if nobody does anything, by what was told last; nothing where that was held back since. */
function plannedBy(notices: Told[], whys: { atMs: number; said: WhySaid }[]): string[] {
  const decided = notices.flatMap(({ createdMs, next }) => (next === null ? [] : { createdMs, next }));
  const newest = decided.toSorted((a, b) => b.createdMs - a.createdMs)[0];
  if (newest === undefined) return [];
  if (whys.some(({ atMs, said }) => said.what === "reminder-held" && atMs > newest.createdMs)) return [];
  return newest.next.filter((sentence) => !OF_KINDS.has(sentence));
}

/** What the agent does is said by the kind of this incident; a message says it of all that it is about. */
const OF_KINDS = new Set(Object.values(NEXT));
