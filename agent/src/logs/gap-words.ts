import { sizeWords } from "@afloat/shared/core/size";
import type { Gap } from "./ledger.ts";

/** What is missing from a log, for people. */
export function gapWords(gap: Gap): string {
  const amount = gap.bytes === null ? "what was written" : sizeWords(gap.bytes);
  switch (gap.why) {
    case "flood":
      return `${amount} came faster than they could be kept, and were dropped`;
    case "cut-short":
      return `${amount} are missing: the file was truncated by somebody, or by the service opening /dev/stdout anew`;
    case "disk-full":
      return `the disk was full; ${amount} meanwhile is lost`;
  }
}
