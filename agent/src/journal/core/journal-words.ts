import { momentWords } from "@afloat/shared/core/moment";
import type { JournalStatus } from "../../control/protocol.ts";

/** What a person has to know of the journal: that its disk takes nothing, or that events were dropped; null where all is well. */
export function journalWords(
  { fault, inMemory, lost }: JournalStatus,
  nowMs: number,
): { what: string; why: string } | null {
  const dropped = `${lost} events were dropped before the cloud had them`;
  if (fault === null) {
    if (lost === 0) return null;
    return { what: dropped, why: "the journal was full; how many of which kind is told to the cloud" };
  }
  const what = `the journal cannot be written since ${momentWords(fault.sinceMs, nowMs)} UTC: ${fault.text}`;
  return {
    what,
    why: `${inMemory} events wait in memory${lost === 0 ? "" : `, ${dropped}`}; an agent that ends now loses them`,
  };
}
