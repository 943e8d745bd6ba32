import { VERDICTS, type Verdict } from "@afloat/shared/domain";
import type { FlipOf, TimelineEntry, Tone } from "./timeline-types.ts";

/** What a change of state is on the line. */
export function flipEntry(flip: FlipOf, name: string, of: "service" | "host"): TimelineEntry {
  const { subjectId, atMs, journalId, seq, verdict, reason } = flip;
  const word = of === "service" ? serviceWord(verdict) : linkWord(verdict);
  // Of one moment, in the order of their journal.
  const nth = String(seq).padStart(16, "0");
  return {
    ...{ id: `${subjectId}.${atMs}.${journalId}.${nth}`, atMs, of: "flip", tone: word.tone, lines: [] },
    ...{ title: `${name} ${word.text}`, detail: reason },
  };
}

interface Word {
  tone: Tone;
  text: string;
}

const TONES: Record<Verdict, Tone> = {
  ...{ healthy: "up", completed: "up", starting: "none", waiting: "none" },
  ...{ degraded: "deg", unhealthy: "out", down: "out", paused: "maint" },
};

function serviceWord(verdict: string): Word {
  const known = VERDICTS.find((each) => each === verdict);
  return { tone: known === undefined ? "none" : TONES[known], text: `is ${verdict}` };
}

const LINKS: Record<string, Word> = {
  online: { tone: "up", text: "is heard" },
  silent: { tone: "none", text: "is not heard" },
  away: { tone: "none", text: "left" },
};

function linkWord(verdict: string): Word {
  return LINKS[verdict] ?? { tone: "none", text: `is ${verdict}` };
}
